using System.Text.Json;
using DisBack.Search.Histories;
using DisBack.Search.Samplers;
using DisBack.Search.Spaces;

namespace DisBack.Search.Tests.Oracles;

/// <summary>The good trials and the densities of both estimators are those of Optuna's TPESampler.</summary>
public sealed class TpeOracleTests
{
    private const double Tolerance = 1e-9;

    public static TheoryData<string> Files => OracleFiles.Of("tpe");

    [Theory, MemberData(nameof(Files))]
    public void Splits_and_densities_are_equal(string file)
    {
        var oracle = OracleFiles.Read(file);
        var domains = oracle.GetProperty("space").EnumerateObject().ToDictionary(entry => entry.Name, entry => DomainOf(entry.Value));
        var choices = oracle.GetProperty("space").EnumerateObject()
            .Where(entry => entry.Value.TryGetProperty("choices", out _))
            .ToDictionary(entry => entry.Name, entry => entry.Value.GetProperty("choices").EnumerateArray().Select(choice => choice.ToString()).ToList());
        var direction = oracle.GetProperty("settings").GetProperty("direction").GetString() == "minimize" ? Direction.Minimize : Direction.Maximize;
        var history = new History(direction, [.. oracle.GetProperty("trials").EnumerateArray().Select(TrialOf)]);
        var split = TrialSplit.Of(history, countRunning: false);
        var compared = 0;
        foreach (var expected in oracle.GetProperty("expected").EnumerateArray())
        {
            var name = expected.GetProperty("parameter").GetString()!;
            var parameter = new Parameter(name, domains[name]);
            Assert.Equal(expected.GetProperty("good_trials").EnumerateArray().Select(trial => trial.GetInt64()), split.Good.Select(trial => trial.Ordinal));
            var points = expected.GetProperty("points").EnumerateArray().Select(point => ValueOf(name, point)).ToList();
            AssertDensities(expected.GetProperty("log_density_good"), split.Good);
            AssertDensities(expected.GetProperty("log_density_rest"), split.Rest);

            void AssertDensities(JsonElement densities, IReadOnlyList<TrialRecord> trials)
            {
                var estimator = ParzenEstimator.Of(parameter.Domain, TrialSplit.ValuesOf(parameter, trials));
                foreach (var (point, density) in points.Zip(densities.EnumerateArray()))
                {
                    var difference = Math.Abs(density.GetDouble() - estimator.LogDensity(point));
                    Assert.True(difference <= Tolerance, $"{name} at {point} is off by {difference:e1}.");
                    compared++;
                }
            }
        }
        Assert.True(compared > 0);

        TrialRecord TrialOf(JsonElement trial) => new(
            trial.GetProperty("number").GetInt64(),
            trial.GetProperty("params").EnumerateObject().ToDictionary(entry => entry.Name, entry => ValueOf(entry.Name, entry.Value)),
            trial.GetProperty("state").GetString() switch
            {
                "complete" => new CompleteOutcome(trial.GetProperty("value").GetDouble()),
                "pruned" => new PrunedOutcome(trial.GetProperty("last_step").GetDouble(), trial.GetProperty("last_value").GetDouble()),
                "running" => new RunningOutcome(),
                _ => new FailedOutcome(),
            });

        double ValueOf(string name, JsonElement value) => choices.TryGetValue(name, out var names) ? names.IndexOf(value.ToString()) : value.GetDouble();
    }

    private static Domain DomainOf(JsonElement domain)
    {
        if (domain.TryGetProperty("choices", out var choices))
        {
            return new CategoricalDomain(choices.GetArrayLength());
        }
        var (low, high) = (domain.GetProperty("low"), domain.GetProperty("high"));
        var isLogarithmic = domain.TryGetProperty("log", out var log) && log.GetBoolean();
        var hasStep = domain.TryGetProperty("step", out var step) && step.ValueKind == JsonValueKind.Number;
        // Whole numbers are written without a point in the domains of integers alone.
        return low.GetRawText().All(character => char.IsDigit(character) || character == '-')
            ? new IntegerDomain(low.GetInt64(), high.GetInt64(), isLogarithmic, hasStep ? step.GetInt64() : 1)
            : new RealDomain(low.GetDouble(), high.GetDouble(), isLogarithmic, hasStep ? step.GetDouble() : null);
    }
}
