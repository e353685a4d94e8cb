using DisBack.Diffusion.Networks;
using DisBack.Diffusion.Parameters;
using DisBack.Distillation.Optimization;
using DisBack.Specs.Training;
using static TorchSharp.torch;

namespace DisBack.Distillation.Hosts;

/// <summary>The one-step generator G in training: its network and optimizer, and the average of its weights that is evaluated and exported.</summary>
internal sealed class TrainedGenerator : IDisposable
{
    private readonly TrainedNetwork _network;
    private readonly MovingAverage _ema;
    private readonly EmaSettings _emaSettings;

    /// <param name="network">G, with its first weights; owned from now on.</param>
    /// <param name="sigmaInit">The noise level that the network is told.</param>
    /// <param name="optimizer">How it is updated.</param>
    /// <param name="ema">How its weights are averaged.</param>
    /// <param name="updates">Updates of the whole run, for the learning rate's schedule.</param>
    public TrainedGenerator(Denoiser network, double sigmaInit, OptimizerSettings optimizer, EmaSettings ema, long updates)
    {
        (SigmaInit, _emaSettings) = (sigmaInit, ema);
        _network = new TrainedNetwork(network, optimizer, updates);
        _ema = new MovingAverage(_network.Parameters);
        network.eval();
    }

    /// <summary>The noise level that the network is told.</summary>
    public double SigmaInit { get; }

    /// <summary>The network.</summary>
    public Denoiser Network => _network.Network;

    /// <summary>The average of the weights, float32 [n].</summary>
    public Tensor AveragedWeights => _ema.Weights;

    /// <summary>Updates made so far.</summary>
    public long Updates
    {
        get => _network.Updates;
        set => _network.Updates = value;
    }

    /// <summary>Images behind these updates, which the average counts in.</summary>
    public long Images { get; set; }

    /// <summary>Weights, moments and average by name: with the counters its whole state.</summary>
    public IEnumerable<(string Name, Tensor Value)> State => [.. _network.State("generator"), ("generator.ema", _ema.Weights)];

    /// <summary>Images x0 [B,C,H,W] from latents; with gradients where the caller enables them.</summary>
    public Tensor Generate(Tensor latents, Tensor? labels) => OneStepGenerator.Generate(Network, latents, SigmaInit, labels);

    /// <summary>One update of the weights along a loss, and of their average.</summary>
    /// <param name="loss">A scalar that depends on what <see cref="Generate"/> returned.</param>
    /// <param name="batch">Images behind the loss.</param>
    public void Descend(Tensor loss, long batch)
    {
        _network.Descend(loss);
        Images += batch;
        _ema.Update(_emaSettings.DecayAt(batch, Images));
    }

    public void Dispose()
    {
        _ema.Dispose();
        _network.Dispose();
    }
}
