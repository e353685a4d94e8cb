using System.Globalization;
using DisBack.TestKit.Soak;

namespace DisBack.Cluster.Tests.Soak;

/// <summary>
/// Two hundred faults of all kinds, one over the other, while trials keep coming. <c>DISBACK_SOAK_SEED</c> chooses another schedule,
/// <c>DISBACK_TEST_MEMBERSHIP</c> who keeps the membership.
/// </summary>
public sealed class FaultSoakTests
{
    [Fact]
    public async Task Faults_change_no_bit_of_any_student()
    {
        // Some find their silo down already, or nothing stored to damage: two hundred hit something.
        const int count = 230;
        // Unless told otherwise a schedule in which every kind occurs.
        var seed = int.Parse(Environment.GetEnvironmentVariable("DISBACK_SOAK_SEED") ?? "7", CultureInfo.InvariantCulture);
        var told = new List<string>();

        var report = await FaultSoak.RunAsync(seed, count, line =>
        {
            lock (told)
            {
                told.Add(line);
            }
        });

        TestContext.Current.TestOutputHelper!.WriteLine($"{report}");
        Assert.True(
            report.Failures.Count == 0,
            $"{report}\nReplay: dotnet run -c Release --project tests/DisBack.Benchmarks -- faults --seed {seed} --count {count} "
                + $"--membership {report.Membership}\n{string.Join('\n', told)}");
        Assert.InRange(report.Trials, 1, report.Attempts - 1);
        if (report.NoNetwork is not null)
        {
            return;
        }
        // A soak that hits nothing would find nothing.
        Assert.Empty(report.Scheduled.Keys.Except(report.Faults.Keys));
        Assert.InRange(report.Faults.Values.Sum(), count * 8 / 10, count);
    }
}
