using DisBack.Diffusion.Networks;
using DisBack.Distillation.Optimization;
using DisBack.Specs.Backtracking;
using static TorchSharp.torch;

namespace DisBack.Distillation.Hosts;

/// <summary>A fake score in training, and how checkpoints know it. It drops activations under a <see cref="SeededDropout"/> only.</summary>
internal sealed class FakeScore : IDisposable
{
    /// <summary>The name under which checkpoints count its updates.</summary>
    private const string Updates = "FakeUpdates";

    /// <param name="context">What the host is made from.</param>
    /// <param name="settings">How it is updated.</param>
    /// <param name="rank">The rank of adapters that are trained in place of its weights; null trains those.</param>
    public FakeScore(HostContext context, ScoreMatchingSettings settings, int? rank = null)
    {
        Network = context.OpenFakeScore();
        Network.eval();
        if (rank is { } adapters)
        {
            using var init = context.Streams.For("fake adapters");
            Network.AddAdapters(adapters, init);
        }
        Training = new TrainedNetwork(Network, settings.Fake, settings.Steps, context.Hold, rank is null ? null : Denoiser.IsOfAdapter);
    }

    /// <summary>D_phi.</summary>
    public Denoiser Network { get; }

    public TrainedNetwork Training { get; }

    /// <inheritdoc cref="IDistillationHost.State"/>
    public IEnumerable<(string Name, Tensor Value)> State => Training.State("fake");

    /// <inheritdoc cref="IDistillationHost.Counters"/>
    public IReadOnlyDictionary<string, long> Counters
    {
        get => new Dictionary<string, long> { [Updates] = Training.Updates };
        set => Training.Updates = value[Updates];
    }

    public void Dispose()
    {
        Training.Dispose();
        Network.Dispose();
    }
}
