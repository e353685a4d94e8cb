using System.Text.Json;
using DisBack.Diffusion.Networks;
using DisBack.Diffusion.Noise;
using DisBack.Diffusion.Randomness;
using DisBack.Distillation.Optimization;
using DisBack.Distillation.Runs;
using DisBack.Specs.Networks;
using DisBack.Specs.Recording;
using static TorchSharp.torch;

namespace DisBack.Distillation.Recording;

/// <summary>
/// Stage 1: a copy of the teacher is trained on the samples of the untrained, frozen generator, and its weights are kept along the way
/// (paper, Eq. (7) and Algorithm 1). The denoising loss is the teacher's own.
/// </summary>
/// <remarks>
/// Node 0 is the exact teacher and the last node the most degraded network. The generator G_0 is the one stage 2 starts from, so the last node
/// models exactly the distribution that stage 2 begins with. Dropout is off in both stages, as in DMD2.
/// </remarks>
public sealed class DegradationRecording : ITrainingRun
{
    private readonly RecordingSettings _settings;
    private readonly double _sigmaInit;
    private readonly Func<long, Draw> _draw;
    private readonly Denoiser _generator;
    private readonly TrainedNetwork _degraded;
    private readonly Tensor _lastNode;
    private readonly LossLedger _losses = new(new Dictionary<string, string> { ["loss/degradation"] = "degrading network" });
    private int _nodes = 1;

    /// <summary>Prepares stage 1.</summary>
    /// <param name="open">Makes a network with the teacher's weights; called twice, for D' and for G_0.</param>
    /// <param name="settings">Steps, batch, optimizer, noise levels and nodes.</param>
    /// <param name="sigmaInit">The generator's noise level.</param>
    /// <param name="streams">The randomness of the run.</param>
    /// <param name="device">Where to compute.</param>
    public DegradationRecording(Func<Denoiser> open, RecordingSettings settings, double sigmaInit, RandomStreams streams, Device device)
        : this(open, settings, sigmaInit, network => step => Draw.At(streams, "recording", step, network, settings.Noise, settings.Batch, device))
    {
    }

    /// <summary>Prepares stage 1 with draws given from outside.</summary>
    internal DegradationRecording(Func<Denoiser> open, RecordingSettings settings, double sigmaInit, Func<NetworkSettings, Func<long, Draw>> draws)
    {
        (_settings, _sigmaInit) = (settings, sigmaInit);
        _generator = open();
        _draw = draws(_generator.Settings);
        _generator.eval();
        _degraded = new TrainedNetwork(open(), settings.Optimizer, settings.Steps);
        _degraded.Network.eval();
        _lastNode = _degraded.Parameters.Weights.detach().clone();
    }

    /// <inheritdoc/>
    public string Stage => "recording";

    /// <inheritdoc/>
    public long Step { get; private set; }

    /// <inheritdoc/>
    public long Steps => _settings.Steps;

    /// <inheritdoc/>
    public void Begin(ITrainingListener listener) => Record(listener, index: 0, loss: double.NaN);

    /// <inheritdoc/>
    public void Advance(ITrainingListener listener)
    {
        using var scope = NewDisposeScope();
        var draw = _draw(Step);
        Tensor images;
        using (no_grad())
        {
            images = OneStepGenerator.Generate(_generator, draw.Latents, _sigmaInit, draw.Labels);
        }

        var loss = DenoisingLoss.Of(_degraded.Network, images, draw.Sigma, draw.Noise, draw.Labels).sum() / images.shape[0];
        _degraded.Descend(loss);
        Step++;
        _losses.Add(Step, "loss/degradation", loss);
        if (Step == Steps || _settings.Nodes.Records(Step, DistanceToLastNode))
        {
            Record(listener, _nodes++, loss.item<float>());
            using var noGrad = no_grad();
            _lastNode.copy_(_degraded.Parameters.Weights);
        }
    }

    /// <inheritdoc/>
    public IReadOnlyList<Measurement> ReadMeasurements() => _losses.Drain();

    /// <inheritdoc/>
    public RunState Capture() => new(
        [.. _degraded.State("degraded"), ("last_node", _lastNode)],
        JsonSerializer.Serialize(new Progress(Step, _nodes, _degraded.Updates)));

    /// <inheritdoc/>
    public void Restore(RunState state)
    {
        state.CopyTo([.. _degraded.State("degraded"), ("last_node", _lastNode)]);
        (Step, _nodes, _degraded.Updates) = state.ProgressAs<Progress>();
    }

    /// <inheritdoc/>
    public void Complete(ITrainingListener listener)
    {
    }

    /// <inheritdoc/>
    public void Dispose()
    {
        _losses.Dispose();
        _lastNode.Dispose();
        _degraded.Dispose();
        _generator.Dispose();
    }

    private void Record(ITrainingListener listener, int index, double loss)
    {
        using var scope = NewDisposeScope();
        var network = _degraded.Network;
        listener.Reached(new RecordedNode(index, Step, loss, NetworkFile.TensorsOf(network), NetworkMetadata.Of(network.Settings)).ToMilestone());
    }

    private double DistanceToLastNode()
    {
        using var scope = NewDisposeScope();
        using var noGrad = no_grad();
        return ((_degraded.Parameters.Weights - _lastNode).norm() / _lastNode.norm()).item<float>();
    }

    private sealed record Progress(long Step, int Nodes, long Updates);
}
