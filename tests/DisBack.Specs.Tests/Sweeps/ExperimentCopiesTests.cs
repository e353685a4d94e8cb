using CsCheck;
using DisBack.Specs.Reading;
using DisBack.Specs.Sweeps;

namespace DisBack.Specs.Tests.Sweeps;

/// <summary>Most experiments of a plan are copies of one that was read: they must be what a reading gives, or the mistakes that it finds.</summary>
public sealed class ExperimentCopiesTests
{
    private const string Spec = """
        name: rates
        teacher: digits
        recording: {steps: 20, nodes: {policy: every, interval: 5}}
        backtracking: {host: dmd, steps: 40, switching: {policy: fixed, interval: 4}}
        search:
          sampler: random
          trials: 3
          space:
            backtracking.generator.learning_rate: {low: 1e-5, high: 1e-3, log: true}
            backtracking.host: [dmd, sid]
            backtracking.alpha: {low: 0.8, high: 1.4, when: {backtracking.host: [sid]}}
            backtracking.steps: {low: 20, high: 23}
            backtracking.switching.interval: [3, 6]
            evaluation.every: [0, 50]
            evaluation.statistics: [null, "sha256:0123456789012345678901234567890123456789012345678901234567890123"]
            hardware.precision: [fp32, bf16]
            hardware.slot: {low: 0.25, high: 1}
            recording.nodes: [{policy: every, interval: 5}, {policy: log-spaced, first: 2}]
            recording.optimizer.weight_decay: {low: 0, high: 0.1}
            seed: [3, 4]
            student.sigma_init: {low: 1, high: 80}
            teacher: [digits, other]
        """;

    [Fact]
    public void A_copy_is_what_a_reading_gives_and_has_the_same_mistakes()
    {
        var plan = SweepPlan.Parse(Spec, "sweep.yaml");
        var (good, bad) = (0, 0);
        Gen.Double[0, 1].Array[plan.Axes.Count()].Sample(parts =>
        {
            var point = new Dictionary<string, double>();
            foreach (var (axis, part) in plan.Axes.Zip(parts))
            {
                var settings = axis.Settings;
                var value = settings.Values is { } values ? Math.Min(Math.Floor(part * values.Count), values.Count - 1)
                    : settings.Low!.Value + part * (settings.High!.Value - settings.Low.Value);
                point[axis.Key] = axis.IsWhole ? Math.Round(value) : value;
            }
            if (point["backtracking.host"] == 0)
            {
                point.Remove("backtracking.alpha");
            }
            // The first experiment of a plan is always read.
            var (copied, read) = (Outcome(plan, point), Outcome(SweepPlan.Parse(Spec, "sweep.yaml"), point));
            Assert.Equal(read, copied);
            _ = read.Contains("sweep.yaml", StringComparison.Ordinal) ? bad++ : good++;
        }, iter: 300, threads: 1, seed: "0000000000000");
        // The seed is of the first point alone; of 100 points about seven are bad.
        Assert.True(good > 0 && bad > 0, $"{good} good and {bad} bad points");
    }

    [Fact]
    public async Task A_copy_knows_where_its_own_values_were_written()
    {
        var plan = SweepPlan.Parse(Spec, "sweep.yaml");
        var point = plan.Probes.First().ToDictionary();
        point["teacher"] = 0;
        var first = await Assert.ThrowsAsync<SpecException>(
            () => plan.ExperimentAt(point).CheckAsync(() => throw new SpecMistakeException("teacher", "is lost")));
        point["teacher"] = 1;
        var second = await Assert.ThrowsAsync<SpecException>(
            () => plan.ExperimentAt(point).CheckAsync(() => throw new SpecMistakeException("teacher", "is lost")));
        var elsewhere = await Assert.ThrowsAsync<SpecException>(
            () => plan.ExperimentAt(point).CheckAsync(() => throw new SpecMistakeException("name", "is lost")));

        Assert.Equal(first.Problems[0].Location.Line, second.Problems[0].Location.Line);
        Assert.True(first.Problems[0].Location.Column < second.Problems[0].Location.Column);
        Assert.Equal(1, elsewhere.Problems[0].Location.Line);
    }

    private static string Outcome(SweepPlan plan, IReadOnlyDictionary<string, double> point)
    {
        try
        {
            return SpecJson.Canonical(plan.ExperimentAt(point).Spec);
        }
        catch (SpecException mistaken)
        {
            return mistaken.Message;
        }
    }
}
