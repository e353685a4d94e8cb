using System.Globalization;
using System.Text.Json;
using System.Text.Json.Nodes;
using DisBack.Diffusion.Conditions;
using DisBack.Diffusion.Networks;
using DisBack.Diffusion.Noise;
using DisBack.Diffusion.Parameters;
using DisBack.Distillation.Evaluations;
using DisBack.Distillation.Generators;
using DisBack.Distillation.Hosts.Dmd2;
using DisBack.Distillation.Optimization;
using DisBack.Distillation.Runs;
using DisBack.Specs.Backtracking;
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
    private const string DegradationLoss = "loss/degradation";
    private const string DiscriminatorLoss = "loss/discriminator";

    /// <summary>Samples on which each node is compared with the one before: enough for two digits of a distance, and less than a step.</summary>
    private const int ComparedSamples = 32;

    private readonly RecordingSettings _settings;
    private readonly StageInputs _inputs;
    private readonly IDraws _draws;
    private readonly IRealSamples? _data;
    private readonly IGenerator _generator;
    private readonly Denoiser _degraded;
    private readonly StateHold _hold = new();
    private readonly TrainedNetwork _training;
    private readonly StepGraphs _graphs;
    private readonly IReadOnlyList<Tensor> _weights;
    private readonly IReadOnlyList<Tensor> _lastNode;
    private readonly OutputProbe? _probe;
    private readonly StudentProbe _samples;
    private readonly NodePictures _pictures;
    private readonly PlateauWatch? _plateau;
    private readonly CalibrationWatch? _calibration;
    private readonly LossLedger _losses = new(new Dictionary<string, string>
    {
        [DegradationLoss] = "degrading network", [DiscriminatorLoss] = "discriminator",
    });
    private int _nodes = 1;

    /// <summary>Prepares stage 1.</summary>
    /// <param name="inputs">The teacher, the untrained student G_0, and everything random.</param>
    /// <param name="settings">Steps, batch, optimizer, noise levels and nodes.</param>
    /// <param name="signal">What the host of stage 2 hears; null is all noise levels of the recording alike. Only settings that watch calibration ask.</param>
    /// <param name="data">Real samples for a discriminator, owned from now on; null where the settings have none.</param>
    /// <exception cref="DisBackException">The settings have a discriminator and there are no samples.</exception>
    public DegradationRecording(StageInputs inputs, RecordingSettings settings, HostSignal? signal = null, IRealSamples? data = null)
    {
        (_settings, _inputs, _data) = (settings, inputs, data);
        _graphs = new StepGraphs(inputs.Workers);
        if (settings.GanWeight > 0 && data is null)
        {
            throw new DisBackException("The recording's discriminator needs real samples: name them under 'data' in the spec, or leave gan_weight out.");
        }
        _generator = inputs.OpenStudent();
        _generator.Network.eval();
        Critic = new Critic(inputs.OpenTeacher(), settings.GanWeight > 0, inputs.Streams);
        _degraded = Critic.Score;
        _training = new TrainedNetwork(Critic, settings.Optimizer, settings.Steps, _hold, workers: inputs.Workers);
        _weights = [.. _training.Parameters.Trained.Select(group => group.Weights.narrow(0, 0, Hosts.Dmd2.Critic.ElementsOfScore(group)))];
        _lastNode = [.. _weights.Select(weights => weights.clone())];
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

    /// <summary>What is trained.</summary>
    internal Critic Critic { get; }

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
        var seen = DrawSeen();
        // Same with 'false': there is one computation.
        var losses = _graphs.Compute(
            null,
            variant: true,
            [draw.Latents, draw.Sigma, draw.Noise, .. seen?.Tensors ?? []],
            draw.Condition,
            (draws, condition) => Differentiate(draws, condition, seen?.With([.. draws.Skip(3)])));
        _training.Update(Step);
        Step++;
        var loss = losses[0];
        _losses.Add(Step, DegradationLoss, loss);
        if (seen is not null)
        {
            _losses.Add(Step, DiscriminatorLoss, losses[1]);
        }
        _plateau?.Add(Step, loss);
        Calibrate(listener);
        if (Step == Steps || _settings.Nodes.Records(Step, new NodeDistance(DistanceToLastNode, () => _probe!.Distance())))
        {
            Record(listener, _nodes++, loss.item<float>(), DistanceToLastNode(), OutputDistanceToLastNode());
            using var noGrad = no_grad();
            foreach (var (last, weights) in _lastNode.Zip(_weights))
            {
                last.copy_(weights);
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
        foreach (var weights in _lastNode.Concat(_weights))
        {
            weights.Dispose();
        }

        _probe?.Dispose();
        _samples.Dispose();
        _plateau?.Dispose();
        _calibration?.Dispose();
        _graphs.Dispose();
        _training.Dispose();
        Critic.Dispose();
        _generator.Dispose();
        _data?.Dispose();
        (_inputs.Conditions as IDisposable)?.Dispose();
    }

    private IEnumerable<(string Name, Tensor Value)> State =>
    [
        .. _training.State("degraded"), .. TrainedNetwork.Named("last_node", _lastNode), .. _probe?.State ?? [], .. _plateau?.State ?? [],
        .. _calibration?.State ?? [],
    ];

    private bool HasEnded => _plateau is { IsReached: true } || _calibration is { IsReached: true };

    /// <summary>What the discriminator sees in the present step; null where there is none.</summary>
    private DiscriminatorBatch? DrawSeen()
    {
        if (_settings.GanWeight == 0)
        {
            return null;
        }
        var (generated, real) = (Of("generated"), Of("real"));
        var (samples, condition) = _data!.Batch(Step, _settings.Batch);
        return new(generated.Sigma, generated.Noise, samples, real.Sigma, real.Noise, condition);

        Draw Of(string purpose) => _draws.At(Step, _settings.Noise, _settings.Batch, purpose);
    }

    private IReadOnlyList<Tensor> Differentiate(IReadOnlyList<Tensor> draws, Condition? condition, DiscriminatorBatch? seen)
    {
        List<Tensor> losses = [], ofDiscriminator = [];
        _training.Differentiate(LossesOfParts());
        return [.. BatchRows.OfAll(seen is null ? [losses] : [losses, ofDiscriminator], _inputs.Workers).Select(BatchRows.Mean)];

        // One part after the other, so that only one has a graph.
        IEnumerable<Tensor> LossesOfParts()
        {
            foreach (var part in BatchRows.Of(_settings.Batch, _settings.BatchPart, _inputs.Workers))
            {
                var (latents, sigma, noise, shown) = (part.Of(draws[0]), part.Of(draws[1]), part.Of(draws[2]), part.Of(condition));
                Tensor images;
                using (no_grad())
                {
                    images = _generator.Generate(latents, shown);
                }
                var ofElements = DenoisingLoss.Of(_degraded, images, sigma, noise, shown);
                var loss = _settings.Loss == LossReduction.Mean ? ofElements.mean() : ofElements.sum() / part.Count;
                losses.Add(loss.detach());
                if (seen is not null)
                {
                    var discriminator = Critic.Discriminate(images, shown, seen.Rows(part));
                    ofDiscriminator.Add(discriminator.detach());
                    loss += _settings.GanWeight * discriminator;
                }
                yield return loss * part.Share;
            }
        }
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
        var node = new RecordedNode(index, Step, loss, NetworkFile.TensorsOf(_degraded), NetworkFile.MetadataOf(_degraded))
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
        var moved = _lastNode.Zip(_weights, (last, weights) => weights - last);
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
            foreach (var (last, weights) in _lastNode.Zip(_weights))
            {
                using var present = weights.clone();
                weights.copy_(last);
                last.copy_(present);
            }
        }
    }

    private sealed record Progress(long Step, int Nodes, long Updates);
}
