using System.Globalization;

namespace DisBack.TestKit.Soak;

/// <summary>One fault of a schedule.</summary>
/// <param name="Index">Its place, from 0.</param>
/// <param name="Kind">What.</param>
/// <param name="Target">A number that chooses the silo, the file or the run among those there are.</param>
/// <param name="Length">How long it lasts.</param>
/// <param name="Pause">Until the next fault begins, whether or not this one is over.</param>
public sealed record Fault(int Index, FaultKind Kind, int Target, TimeSpan Length, TimeSpan Pause)
{
    public override string ToString() => string.Create(
        CultureInfo.InvariantCulture,
        $"#{Index} {Kind} (target {Target}) for {Length.TotalSeconds:0.0} s, next after {Pause.TotalSeconds:0.0} s");
}

/// <summary>Which faults come when: a pure function of the seed, so that a schedule that found something finds it again.</summary>
public static class FaultSchedule
{
    private const double MeanPause = 1.9;

    /// <summary>How often, and how many seconds at least and at most, each kind.</summary>
    private static readonly (FaultKind Kind, int Weight, double Least, double Most)[] s_kinds =
    [
        (FaultKind.KillWorker, 22, 0, 2),
        (FaultKind.KillControl, 8, 0, 2),
        (FaultKind.KillAllControls, 3, 0, 3),
        (FaultKind.KillEverything, 1, 0, 2),
        (FaultKind.FreezeWorkerShortly, 8, 0.2, 3),
        (FaultKind.FreezeWorkerLong, 3, 18, 26),
        (FaultKind.FreezeControl, 4, 0.5, 10),
        (FaultKind.TerminateWorker, 8, 0, 1),
        (FaultKind.TerminateControl, 4, 0, 1),
        (FaultKind.FailMembership, 4, 0, 3),
        (FaultKind.ForgetMembership, 1, 0, 0),
        (FaultKind.StopBlobs, 2, 0.5, 3),
        (FaultKind.RefuseBlobs, 3, 0.5, 4),
        (FaultKind.BusyBlobs, 4, 0.5, 4),
        (FaultKind.SlowBlobs, 3, 1, 4),
        (FaultKind.DropBlobs, 3, 0.5, 3),
        (FaultKind.HangBlobs, 2, 0.5, 8),
        (FaultKind.LoseBlobAnswers, 4, 0.5, 2),
        (FaultKind.FillDisk, 3, 1, 6),
        (FaultKind.FlipCachedBit, 4, 0, 0),
        (FaultKind.FlipStoredBit, 3, 0, 0),
        (FaultKind.TearStored, 2, 0, 0),
        (FaultKind.CutWorkerOff, 3, 1, 24),
        (FaultKind.DeafenWorker, 2, 1, 24),
        (FaultKind.MuteWorker, 2, 1, 24),
    ];

    /// <summary>The faults of a seed. A longer schedule begins with the shorter one.</summary>
    public static IEnumerable<Fault> Create(int seed, int count)
    {
        var random = new Random(seed);
        var weights = s_kinds.Sum(kind => kind.Weight);
        for (var index = 0; index < count; index++)
        {
            var drawn = random.Next(weights);
            var (kind, _, least, most) = s_kinds.First(kind => (drawn -= kind.Weight) < 0);
            yield return new(
                index,
                kind,
                random.Next(),
                TimeSpan.FromSeconds(least + random.NextDouble() * (most - least)),
                TimeSpan.FromSeconds(random.NextDouble() * 2 * MeanPause));
        }
    }
}
