using DisBack.Contracts.Grains;

namespace DisBack.Orchestration.Grains;

/// <summary>Who owns a run.</summary>
internal static class Owners
{
    public static IRunOwner Owner(this IGrainFactory grains, RunKind kind, string key) => kind switch
    {
        RunKind.Teacher => grains.GetGrain<ITeacherGrain>(key),
        RunKind.Recording => grains.GetGrain<ITrajectoryGrain>(key),
        RunKind.Backtracking => grains.GetGrain<ITrialGrain>(key),
        _ => throw new ArgumentOutOfRangeException(nameof(kind), kind, "Not a kind of run."),
    };
}
