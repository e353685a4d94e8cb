using System.Globalization;
using DisBack.TestKit.Soak;

namespace DisBack.Cluster.Tests.Soak;

/// <summary>
/// Faults of all kinds, one over the other, while trials keep coming. <c>DISBACK_SOAK_SEED</c> chooses another schedule,
/// <c>DISBACK_TEST_MEMBERSHIP</c> who keeps the membership.
/// </summary>
public sealed class FaultSoakTests
{
    // Some find their silo down already, or nothing stored to damage: so many are scheduled that about a hundred, or two hundred, hit something.
    [Fact]
    public Task A_hundred_faults_change_no_bit_of_any_student() => SoakAsync(count: 120);

    [Fact, Trait("Length", "Long")]
    public Task Two_hundred_faults_change_no_bit_of_any_student() => SoakAsync(count: 230);

    private static async Task SoakAsync(int count)
    {
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
