using DisBack.Search.Histories;
using DisBack.Search.Sweeps;
using DisBack.Specs.Backtracking;
using DisBack.Specs.Sweeps;

namespace DisBack.Search.Tests.Sweeps;

/// <summary>Whatever a spec lets vary, each point that is proposed is an experiment with values that the spec allows.</summary>
public sealed class SweepSamplerTests
{
    private const string Spec = """
        name: swept
        teacher: digits
        search:
          sampler: SAMPLER
          trials: 40
          space:
            backtracking.host: [dmd, sid]
            backtracking.alpha: {low: 0.8, high: 1.4, step: 0.2, when: {backtracking.host: [sid]}}
            backtracking.generator.learning_rate: {low: 1e-5, high: 1e-3, log: true, count: 3}
            backtracking.steps: {low: 400, high: 410, step: 1}
        """;

    [Theory]
    [InlineData("grid", 40)]
    [InlineData("random", 40)]
    [InlineData("sobol", 40)]
    [InlineData("tpe", 40)]
    public void Every_point_is_an_experiment_within_its_axes(string name, long total)
    {
        var plan = SweepPlan.Parse(Spec.Replace("SAMPLER", name, StringComparison.Ordinal), "sweep.yaml");
        var sampler = new SweepSampler(plan);
        var known = new List<TrialRecord>();
        for (var ordinal = 0; ordinal < total; ordinal++)
        {
            var point = sampler.Propose(ordinal, known);
            var spec = plan.ExperimentAt(point).Spec;

            Assert.InRange(spec.Backtracking.Steps, 400, 410);
            Assert.Equal(spec.Backtracking is SidSettings, point.ContainsKey("backtracking.alpha"));
            Assert.True(spec.Backtracking is not SidSettings { Alpha: var alpha } || new[] { 0.8, 1.0, 1.2, 1.4 }.Any(step => Math.Abs(step - alpha) < 1e-9));
            known.Add(new TrialRecord(ordinal, point, new CompleteOutcome(spec.Backtracking.Steps)));
        }
        Assert.Equal((total, name == "tpe"), (sampler.Total, sampler.Learns));
    }

    [Fact]
    public void A_grid_ends_with_its_points_and_a_sampler_that_learns_goes_where_it_was_good()
    {
        var grid = new SweepSampler(SweepPlan.Parse(
            Spec.Replace("SAMPLER", "grid", StringComparison.Ordinal).Replace("trials: 40", "trials: 4000", StringComparison.Ordinal), "sweep.yaml"));
        // dmd with 3 rates of 11 numbers of steps, sid with 4 values of alpha as well.
        Assert.Equal(3 * 11 * (1 + 4), grid.Total);

        var tpe = new SweepSampler(SweepPlan.Parse(Spec.Replace("SAMPLER", "tpe", StringComparison.Ordinal), "sweep.yaml"));
        var known = new List<TrialRecord>();
        for (var ordinal = 0; ordinal < 60; ordinal++)
        {
            var point = tpe.Propose(ordinal, known);
            known.Add(new TrialRecord(ordinal, point, new CompleteOutcome(point["backtracking.steps"])));
        }
        Assert.True(known.Skip(40).Average(trial => trial.Point["backtracking.steps"]) < known.Take(10).Average(trial => trial.Point["backtracking.steps"]));
    }
}
