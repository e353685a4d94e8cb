using DisBack.Search.Histories;
using DisBack.Search.Stopping;

namespace DisBack.Search.Tests.Oracles;

/// <summary>Trials are pruned at the same reports as by Optuna's SuccessiveHalvingPruner.</summary>
public sealed class HalvingOracleTests
{
    public static TheoryData<string> Files => OracleFiles.Of("asha");

    [Theory, MemberData(nameof(Files))]
    public void Decisions_are_equal(string file)
    {
        var oracle = OracleFiles.Read(file);
        Assert.Equal(0, oracle.GetProperty("bootstrap_count").GetInt32());
        var factor = oracle.GetProperty("reduction_factor").GetInt32();
        var halving = new SuccessiveHalving
        {
            FirstRung = oracle.GetProperty("min_resource").GetInt32() * Math.Pow(factor, oracle.GetProperty("min_early_stopping_rate").GetInt32()),
            Factor = factor,
        };
        var direction = oracle.GetProperty("direction").GetString() == "minimize" ? Direction.Minimize : Direction.Maximize;
        var reports = oracle.GetProperty("reports").EnumerateArray().ToList();
        var expected = reports.Select(report => report.GetProperty("prune").GetBoolean()).ToList();
        Assert.Contains(true, expected);
        Assert.Equal(expected, halving.Prune(direction, reports.Select(report => new ProgressReport(
            report.GetProperty("trial").GetInt64(), report.GetProperty("step").GetDouble(), report.GetProperty("value").GetDouble()))));
    }
}
