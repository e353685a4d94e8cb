using System.Globalization;
using DisBack.Contracts.Hosting;
using DisBack.TestKit.Silos;

namespace DisBack.TestKit.Soak;

/// <summary>What a soak has seen.</summary>
public sealed record SoakReport
{
    public required int Seed { get; init; }

    /// <summary>Who kept the membership.</summary>
    public MembershipKind Membership { get; init; }

    /// <summary>Why no host could be cut off and no disk filled; null if they could.</summary>
    public string? NoNetwork { get; init; }

    /// <summary>Faults of the schedule, by kind.</summary>
    public required IReadOnlyDictionary<FaultKind, int> Scheduled { get; init; }

    /// <summary>Faults that hit something, by kind.</summary>
    public required IReadOnlyDictionary<FaultKind, int> Faults { get; init; }

    /// <summary>Exit codes of silos and how often they were seen.</summary>
    public required IReadOnlyDictionary<int, int> Exits { get; init; }

    /// <summary>Single trials.</summary>
    public required int Trials { get; init; }

    /// <summary>What has come of each sweep.</summary>
    public IReadOnlyList<SweepOutcome> Sweeps { get; init; } = [];

    /// <summary>Faults that hit something before the first sweep had settled.</summary>
    public int FaultsInFirstSweep { get; init; }

    /// <summary>Attempts of all runs, recordings included.</summary>
    public required int Attempts { get; init; }

    public required int Checkpoints { get; init; }

    /// <summary>Steps of students that were made more than once, as far as heartbeats reported.</summary>
    public required long StepsRepeated { get; init; }

    /// <summary>Steps of students.</summary>
    public required long Steps { get; init; }

    /// <summary>Everything that must not have happened, one sentence each; none if all is well.</summary>
    public required IReadOnlyList<string> Failures { get; init; }

    public required TimeSpan Duration { get; init; }

    public override string ToString() => string.Join('\n',
    [
        string.Create(
            CultureInfo.InvariantCulture,
            $"seed {Seed}, membership on {Membership}: {Faults.Values.Sum()} of {Scheduled.Values.Sum()} faults hit something, in {Duration.TotalSeconds:0} s: "
            + $"{string.Join(", ", Faults.OrderByDescending(fault => fault.Value).Select(fault => $"{fault.Key} {fault.Value}"))}"),
        .. NoNetwork is null ? [] : new[] { $"no partition and no full disk: {NoNetwork}" },
        FormattableString.Invariant($"{Trials} trials, {Attempts} attempts, {Checkpoints} checkpoints, {StepsRepeated} of {Steps} steps repeated"),
        .. Sweeps.Select(sweep => FormattableString.Invariant(
            $"a sweep of {sweep.Trials.Count - 1} trials in {sweep.Attempts} attempts, at most {sweep.MostUnderWay} under way at a time; {sweep.Trials[^1]}")),
        .. Sweeps.Count == 0 ? [] : new[] { FormattableString.Invariant($"{FaultsInFirstSweep} faults hit something before the first of them had settled") },
        $"exit codes: {string.Join(", ", Exits.OrderBy(exit => exit.Key).Select(exit => $"{exit.Key} x{exit.Value}"))}",
        Failures.Count == 0
            ? "every student has the bytes of the fault-free run, every sweep its trials, and the history has no contradictions"
            : $"{Failures.Count} failures:",
        .. Failures,
    ]);
}
