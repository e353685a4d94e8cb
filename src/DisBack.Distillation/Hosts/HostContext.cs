using DisBack.Diffusion.Networks;
using DisBack.Distillation.Generators;
using DisBack.Distillation.Optimization;
using DisBack.Distillation.Runs;
using DisBack.Specs.Backtracking;

namespace DisBack.Distillation.Hosts;

/// <summary>What a host is made from.</summary>
/// <param name="Generator">The generator; owned by stage 2, updated by the host.</param>
/// <param name="OpenFakeScore">Makes a fake score with its first weights, those of the most degraded node; the host owns what it returns.</param>
/// <param name="Settings">Stage 2 of the spec.</param>
/// <param name="Draws">The randomness of the run.</param>
/// <param name="Hold">What the weights of every network that is in a checkpoint wait for before they move.</param>
/// <param name="Data">Real images; null for an experiment that names none.</param>
internal sealed record HostContext(
    TrainedGenerator Generator, Func<Denoiser> OpenFakeScore, BacktrackingSettings Settings, IDraws Draws, StateHold Hold, RealImages? Data)
{
    /// <summary>The real images, for a host that cannot do without.</summary>
    /// <exception cref="DisBackException">The experiment names none.</exception>
    public RealImages RequireData() =>
        Data ?? throw new DisBackException($"The host of {Settings.GetType().Name} needs real images: name them under 'data' in the spec, for example 'data: "
            + "{ source: digits }'.");
}
