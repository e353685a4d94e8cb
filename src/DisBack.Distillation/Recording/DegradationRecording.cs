using System.Globalization;
using System.Text.Json;
using System.Text.Json.Nodes;
using DisBack.Diffusion.Conditions;
using DisBack.Diffusion.Networks;
using DisBack.Diffusion.Noise;
using DisBack.Diffusion.Parameters;
using DisBack.Distillation.Evaluations;
using DisBack.Distillation.Generators;
using DisBack.Distillation.Optimization;
using DisBack.Distillation.Runs;
using DisBack.Specs.Backtracking;
using DisBack.Specs.Networks;
using DisBack.Specs.Noise;
using DisBack.Specs.Recording;
using static TorchSharp.torch;

namespace DisBack.Distillation.Recording;

/// <summary>
/// Stage 1: a copy of the teacher is trained on the samples of the untrained, frozen generator, and its weights are kept along the way
/// (paper, Eq. (7) and Algorithm 1). The denoising loss is the teacher's own.
/// </summary>
/// <remarks>
/// Node 0 is the exact teacher and the last node the most degraded network. The generator G_0 is the one stage 2 starts from, so the last node
/// models exactly the distribution that stage 2 begins with. Dropout is off, as in DMD2.
/// </remarks>
public sealed class DegradationRecording : ITrainingRun
{
    private const string StageName = "recording";
    private const string PictureFolder = "nodes";

    /// <summary>Samples on which each node is compared with the one before: enough for two digits of a distance, and less than a step.</summary>
    private const int ComparedSamples = 32;

    private readonly RecordingSettings _settings;
    private readonly StageInputs _inputs;
    private readonly IDraws _draws;
    private readonly IGenerator _generator;
    private readonly Denoiser _degraded;
    private readonly StateHold _hold = new();
    private readonly TrainedNetwork _training;
    private readonly StepGraphs _graphs = new();
    private readonly IReadOnlyList<Tensor> _lastNode;
    private readonly OutputProbe? _probe;
    private readonly StudentProbe _samples;
    private readonly NodePictures _pictures;
    private readonly PlateauWatch? _plateau;
    private readonly CalibrationWatch? _calibration;
    private readonly LossLedger _losses = new(new Dictionary<string, string> { ["loss/degradation"] = "degrading network" });
    private int _nodes = 1;

    /// <summary>Prepares stage 1.</summary>
    /// <param name="inputs">The teacher, the untrained student G_0, and everything random.</param>
    /// <param name="settings">Steps, batch, optimizer, noise levels and nodes.</param>
    /// <param name="signal">What the host of stage 2 hears; null is all noise levels of the recording alike. Only settings that watch calibration ask.</param>
    public DegradationRecording(StageInputs inputs, RecordingSettings settings, HostSignal? signal = null)
    {
        (_settings, _inputs) = (settings, inputs);
        _generator = inputs.OpenStudent();
        _generator.Network.eval();
        _degraded = inputs.OpenTeacher();
        _degraded.eval();
        _training = new TrainedNetwork(_degraded, settings.Optimizer, settings.Steps, _hold);
        _lastNode = [.. _training.Parameters.Trained.Select(group => group.Weights.clone())];
        _draws = inputs.DrawsFor(StageName, _degraded, _generator);
        _probe = settings.Nodes is WhenChanged ? new OutputProbe(_degraded, Probe(settings.Noise, "probe", settings.Batch)) : null;
        _samples = Probe(settings.Noise, "neighbours", Math.Min(settings.Batch, ComparedSamples));
        _plateau = settings.UntilPlateau is { } plateau ? new PlateauWatch(plateau, inputs.Device) : null;
        _calibration = settings.UntilCalibrated is { } goal
            ? new CalibrationWatch(goal, signal ??= new(settings.Noise), _degraded, Probe(signal.Noise, "calibration", settings.Batch))
            : null;
        _pictures = new NodePictures(inputs, new PictureNoise(inputs, _generator, _degraded), _degraded, settings);

        StudentProbe Probe(NoiseLaw law, string purpose, int size) => new(_generator, _draws.At(0, law, size, purpose));
    }

    /// <summary>Turns samples [B,C,H,W] into images in [-1, 1], for the pictures of nodes; null where samples are images, not latents.</summary>
    public Func<Tensor, Tensor>? ToPixels { get; init; }

    /// <inheritdoc/>
    public string Stage => StageName;

    /// <inheritdoc/>
    public long Step { get; private set; }

    /// <inheritdoc/>
    /// <remarks>Those that are planned, until what the settings watch for is reached; then those that have been made.</remarks>
    public long Steps => HasEnded ? Step : _settings.Steps;

    /// <summary>The name of the picture that a node leaves, with what it draws from the noise that the student's pictures are drawn from.</summary>
    public static string PictureOf(int node) => string.Create(CultureInfo.InvariantCulture, $"{PictureFolder}/{node:D4}.png");

    /// <inheritdoc/>
    public void Begin(ITrainingListener listener)
    {
        Record(listener, index: 0, loss: double.NaN, weights: double.NaN, outputs: double.NaN);
        Calibrate(listener);
    }

    /// <inheritdoc/>
    public void Advance(ITrainingListener listener)
    {
        using var scope = NewDisposeScope();
        using var turn = _inputs.TakeTurn();
        var draw = _draws.At(Step, _settings.Noise, _settings.Batch);
        // Same with 'false': there is one computation.
        var loss = _graphs.Compute(null, variant: true, [draw.Latents, draw.Sigma, draw.Noise], draw.Condition, Differentiate)[0];
        _training.Update();
        Step++;
        _losses.Add(Step, "loss/degradation", loss);
        _plateau?.Add(Step, loss);
        Calibrate(listener);
        if (Step == Steps || _settings.Nodes.Records(Step, new NodeDistance(DistanceToLastNode, () => _probe!.Distance())))
        {
            Record(listener, _nodes++, loss.item<float>(), DistanceToLastNode(), OutputDistanceToLastNode());
            using var noGrad = no_grad();
            foreach (var (last, group) in _lastNode.Zip(_training.Parameters.Trained))
            {
                last.copy_(group.Weights);
            }
            _probe?.Keep();
        }
    }

    /// <inheritdoc/>
    public IReadOnlyList<Measurement> ReadMeasurements() => _losses.Drain();

    /// <inheritdoc/>
    public RunState Capture() => new(
        [.. State],
        JsonSerializer.Serialize(new Progress(Step, _nodes, _training.Updates)));

    /// <inheritdoc/>
    public void Hold(Action untilCopied) => _hold.Begin(untilCopied);

    /// <inheritdoc/>
    public void Restore(RunState state)
    {
        state.CopyTo(State);
        (Step, _nodes, _training.Updates) = state.ProgressAs<Progress>();
    }

    /// <inheritdoc/>
    public void Complete(ITrainingListener listener)
    {
    }

    /// <inheritdoc/>
    public void Dispose()
    {
        _losses.Dispose();
        foreach (var weights in _lastNode)
        {
            weights.Dispose();
        }

        _probe?.Dispose();
        _samples.Dispose();
        _plateau?.Dispose();
        _calibration?.Dispose();
        _graphs.Dispose();
        _training.Dispose();
        _degraded.Dispose();
        _generator.Dispose();
    }

    private IEnumerable<(string Name, Tensor Value)> State =>
    [
        .. _training.State("degraded"), .. TrainedNetwork.Named("last_node", _lastNode), .. _probe?.State ?? [], .. _plateau?.State ?? [],
        .. _calibration?.State ?? [],
    ];

    private bool HasEnded => _plateau is { IsReached: true } || _calibration is { IsReached: true };

    private IReadOnlyList<Tensor> Differentiate(IReadOnlyList<Tensor> draws, Condition? condition)
    {
        Tensor images;
        using (no_grad())
        {
            images = _generator.Generate(draws[0], condition);
        }

        var loss = DenoisingLoss.Of(_degraded, images, draws[1], draws[2], condition).sum() / images.shape[0];
        _training.Differentiate(loss);
        return [loss];
    }

    private void Calibrate(ITrainingListener listener)
    {
        if (_calibration?.After(Step) is not { } known)
        {
            return;
        }
        listener.Measured([new Measurement(Step, "calibration", known)]);
        if (_calibration.IsReached)
        {
            listener.Reached(new Milestone("calibrated", Step, new JsonObject { ["known"] = Math.Round(known, 3) }));
        }
    }

    private void Record(ITrainingListener listener, int index, double loss, double weights, double outputs)
    {
        using var scope = NewDisposeScope();
        var node = new RecordedNode(index, Step, loss, NetworkFile.TensorsOf(_degraded), NetworkMetadata.Of(_degraded.Settings))
        {
            WeightDistance = weights, OutputDistance = outputs,
        };
        listener.Reached(node.ToMilestone());
        _pictures.Draw(listener, PictureOf(index), ToPixels);
    }

    private double DistanceToLastNode()
    {
        using var scope = NewDisposeScope();
        using var noGrad = no_grad();
        var moved = _lastNode.Zip(_training.Parameters.Trained, (last, group) => group.Weights - last);
        return (ParameterGroups.NormOf(moved) / ParameterGroups.NormOf(_lastNode)).item<float>();
    }

    /// <summary>The weights of the newest node stand in for the present ones meanwhile: that needs no second network, and no outputs in checkpoints.</summary>
    private double OutputDistanceToLastNode()
    {
        using var scope = NewDisposeScope();
        using var noGrad = no_grad();
        var now = _samples.Denoise(_degraded);
        Exchange();
        var before = _samples.Denoise(_degraded);
        Exchange();
        return OutputProbe.Distance(now, before, _samples.Images);

        void Exchange()
        {
            foreach (var (last, group) in _lastNode.Zip(_training.Parameters.Trained))
            {
                using var present = group.Weights.clone();
                group.Weights.copy_(last);
                last.copy_(present);
            }
        }
    }

    private sealed record Progress(long Step, int Nodes, long Updates);
}
