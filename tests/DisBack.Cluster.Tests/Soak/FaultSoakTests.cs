using System.Globalization;
using DisBack.TestKit.Soak;

namespace DisBack.Cluster.Tests.Soak;

/// <summary>
/// Faults of all kinds, one over the other, while trials keep coming. <c>DISBACK_SOAK_SEED</c> chooses another schedule,
/// <c>DISBACK_TEST_MEMBERSHIP</c> who keeps the membership.
/// </summary>
public sealed class FaultSoakTests
{
    // Unless told otherwise a schedule in which every kind occurs.
    private static readonly int s_seed = int.Parse(Environment.GetEnvironmentVariable("DISBACK_SOAK_SEED") ?? "7", CultureInfo.InvariantCulture);

    // Some find their silo down already, or nothing stored to damage: so many are scheduled that about a hundred, or two hundred, hit something.
    [Fact]
    public async Task A_hundred_faults_change_no_bit_of_any_student()
    {
        var report = await SoakAsync(new SoakOptions(s_seed, Count: 120));

        Assert.InRange(report.Trials, 1, report.Attempts - 1);
    }

    [Fact, Trait("Length", "Long")]
    public async Task A_hundred_faults_change_no_bit_of_any_student_and_no_trial_of_any_sweep()
    {
        // A sweep that has just begun to learn, beside single trials.
        var report = await SoakAsync(new SoakOptions(s_seed, Count: 120) { Lanes = 3, SweepTrials = 13, SweepSteps = 30, MaxConcurrent = 3 });

        Assert.InRange(report.Trials, 1, report.Attempts - 1);
        Assert.NotEmpty(report.Sweeps);
    }

    [Fact, Trait("Length", "Long")]
    public async Task Two_hundred_faults_change_no_bit_of_any_student()
    {
        var report = await SoakAsync(new SoakOptions(s_seed, Count: 230));

        Assert.InRange(report.Trials, 1, report.Attempts - 1);
    }

    [Fact, Trait("Length", "Long")]
    public async Task A_sweep_of_fifty_trials_that_learns_comes_through_two_hundred_faults_as_through_none()
    {
        var report = await SoakAsync(new SoakOptions(s_seed, Count: 240) { Lanes = 0, SweepTrials = 50 });

        Assert.Equal(50 + 1, report.Sweeps[0].Trials.Count);
        Assert.InRange(report.Sweeps[0].Attempts, 50 + 1, int.MaxValue);
        // Fewer at a time than it may would find fewer mistakes.
        Assert.Equal(4, report.Sweeps[0].MostUnderWay);
        if (report.NoNetwork is null)
        {
            Assert.InRange(report.FaultsInFirstSweep, 190, 240);
        }
    }

    private static async Task<SoakReport> SoakAsync(SoakOptions options)
    {
        var told = new List<string>();

        var report = await FaultSoak.RunAsync(options, line =>
        {
            lock (told)
            {
                told.Add(line);
            }
        });

        TestContext.Current.TestOutputHelper!.WriteLine($"{report}");
        Assert.True(
            report.Failures.Count == 0,
            $"{report}\nReplay: {(options with { Membership = report.Membership }).Replay}\n{string.Join('\n', told)}");
        if (report.NoNetwork is null)
        {
            // A soak that hits nothing would find nothing.
            Assert.Empty(report.Scheduled.Keys.Except(report.Faults.Keys));
            Assert.InRange(report.Faults.Values.Sum(), options.Count * 8 / 10, options.Count);
        }
        return report;
    }
}
