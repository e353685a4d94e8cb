using static TorchSharp.torch;

namespace DisBack.Distillation.Hosts;

/// <summary>
/// A score-distillation method: it trains the generator against one target, and owns whatever networks it needs beside the generator (a fake score,
/// a discriminator, none) with their optimizers, update order and ratios.
/// </summary>
/// <remarks>
/// It knows nothing of trajectories. Stage 2 supplies the generator, the first weights of the fake score, the random numbers with the conditions, the
/// target, and the moment the target changes. A new host is a class of this kind, a line in <see cref="HostRegistry"/>, and a settings record.
/// </remarks>
internal interface IDistillationHost : IDisposable
{
    /// <summary>One iteration against a target, of which it may update the generator or not.</summary>
    /// <param name="iteration">From 0.</param>
    /// <param name="target">The target score D_i, only for this call.</param>
    HostStep Iterate(long iteration, TargetScore target);

    /// <summary>The host's own weights and optimizer moments by name, live and in a fixed order: with <see cref="Counters"/> its whole state.</summary>
    IEnumerable<(string Name, Tensor Value)> State { get; }

    /// <summary>The host's own counters by name, part of every checkpoint. The names are fixed for good: stored checkpoints have them.</summary>
    IReadOnlyDictionary<string, long> Counters { get; set; }

    /// <summary>Which network a loss belongs to, for the message when it is not finite.</summary>
    IReadOnlyDictionary<string, string> Losses { get; }
}
