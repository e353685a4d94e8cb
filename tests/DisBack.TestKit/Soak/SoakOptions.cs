using DisBack.Contracts.Hosting;

namespace DisBack.TestKit.Soak;

/// <summary>What a soak does.</summary>
/// <param name="Seed">Decides the schedule of faults.</param>
/// <param name="Count">How many faults it has.</param>
public sealed record SoakOptions(int Seed, int Count)
{
    /// <summary>The first fault that is injected.</summary>
    public int From { get; init; }

    /// <summary>Who keeps the membership; null is what the options of test clusters say.</summary>
    public MembershipKind? Membership { get; init; }

    /// <summary>How many single trials are under way at a time.</summary>
    public int Lanes { get; init; } = 4;

    /// <summary>Trials of each sweep, of which one follows another; 0 for no sweep.</summary>
    public int SweepTrials { get; init; }

    /// <summary>Steps of each trial of a sweep.</summary>
    public int SweepSteps { get; init; } = 90;

    /// <summary>How many trials of a sweep are under way at a time, at most.</summary>
    public int MaxConcurrent { get; init; } = 4;

    /// <summary>How to do the same again.</summary>
    public string Replay => $"dotnet run -c Release --project tests/DisBack.Benchmarks -- faults --seed {Seed} --count {Count} --lanes {Lanes} "
        + $"--sweep {SweepTrials} --sweep-steps {SweepSteps} --max-concurrent {MaxConcurrent}{(Membership is { } kind ? $" --membership {kind}" : "")}";
}
