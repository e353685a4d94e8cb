using DisBack.Diffusion.Networks;
using DisBack.Specs.Backtracking;

namespace DisBack.Distillation.Hosts;

/// <summary>What a host is made from.</summary>
/// <param name="Generator">The generator; owned by stage 2, updated by the host.</param>
/// <param name="OpenFakeScore">Makes a fake score with its first weights, those of the most degraded node; the host owns what it returns.</param>
/// <param name="Settings">Stage 2 of the spec.</param>
internal sealed record HostContext(TrainedGenerator Generator, Func<Denoiser> OpenFakeScore, BacktrackingSettings Settings);
