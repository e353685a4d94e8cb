using DisBack.Specs.Backtracking;
using DisBack.Specs.Experiments;
using DisBack.Specs.Reading;
using DisBack.Specs.Recording;
using DisBack.Specs.Sweeps;

namespace DisBack.Specs.Tests.Sweeps;

public sealed class SweepPlanTests
{
    private const string Base = """
        name: rates
        teacher: digits
        recording: {steps: 20, nodes: {policy: every, interval: 5}}
        backtracking: {host: dmd, steps: 40, switching: {policy: fixed, interval: 4}}

        """;

    [Fact]
    public void Every_axis_is_put_in_its_place()
    {
        var plan = Plan("""
            search:
              sampler: random
              trials: 3
              space:
                backtracking.generator.learning_rate: {low: 1e-5, high: 1e-3, log: true}
                backtracking.steps: {low: 40, high: 80}
                recording.nodes: [{policy: every, interval: 5}, {policy: log-spaced, first: 2}]
                seed: [3, 4]
            """);
        var spec = plan.ExperimentAt(new Dictionary<string, double>
        {
            ["backtracking.generator.learning_rate"] = 2.5e-4,
            ["backtracking.steps"] = 60,
            ["recording.nodes"] = 1,
            ["seed"] = 1,
        }).Spec;
        Assert.Equal(2.5e-4, ((DmdSettings)spec.Backtracking).Generator.LearningRate);
        Assert.Equal(60, spec.Backtracking.Steps);
        Assert.Equal(new LogSpaced { First = 2 }, spec.Recording.Nodes);
        Assert.Equal(4, spec.Seed);
        Assert.Equal(4, Assert.IsType<FixedInterval>(spec.Backtracking.Switching).Interval);
    }

    [Fact]
    public void A_case_sets_several_keys_wholes_before_parts_and_an_axis_of_its_own_last()
    {
        const string Search = """
            search:
              sampler: grid
              space:
                arm:
                  cases:
                    - name: host
                      set: {recording.steps: 0}
                    - name: path
                      set: {backtracking.switching: {policy: fixed, interval: 19}, seed: 9}
                    - {name: as it is}
                setting:
                  cases:
                    - {name: sds, set: {backtracking: {host: sds, steps: 60}}}
                    - {name: dmd, set: {}}
                seed: {values: [3], when: {arm: [path]}}
            """;
        var plan = Plan(Search);
        var path = At(arm: 1, setting: 0, seed: 0);
        Assert.Equal((60, 3L, 20), (path.Backtracking.Steps, path.Seed, path.Recording.Steps));
        Assert.Equal(19, Assert.IsType<FixedInterval>(path.Backtracking.Switching).Interval);
        Assert.Equal((40, 0), (At(arm: 0, setting: 1).Backtracking.Steps, At(arm: 0, setting: 1).Recording.Steps));
        Assert.Equal((40, 0L, 20), (At(arm: 2, setting: 1).Backtracking.Steps, At(arm: 2, setting: 1).Seed, At(arm: 2, setting: 1).Recording.Steps));
        Assert.Equal("arm=path, seed=3, setting=dmd", plan.Show(Point(1, 1, 0)));
        Assert.Equal(["backtracking.switching", "recording.steps", "seed"], plan.Axes.First().Keys.Order(StringComparer.Ordinal));
        // What is stored means the same as what was written.
        Assert.Equal(plan.Canonical, SweepPlan.Parse(plan.Canonical, "stored").Canonical);
        Assert.Equal(SpecJson.Canonical(path), SpecJson.Canonical(SweepPlan.Parse(plan.Canonical, "stored").ExperimentAt(Point(1, 0, 0)).Spec));

        ExperimentSpec At(int arm, int setting, int? seed = null) => plan.ExperimentAt(Point(arm, setting, seed)).Spec;

        static Dictionary<string, double> Point(int arm, int setting, int? seed)
        {
            var point = new Dictionary<string, double> { ["arm"] = arm, ["setting"] = setting };
            if (seed is { } coordinate)
            {
                point["seed"] = coordinate;
            }
            return point;
        }
    }

    [Fact]
    public void A_case_may_take_a_value_away()
    {
        var plan = Plan("search: {sampler: grid, space: {arm: {cases: [{name: a, set: {recording.seed: null}}, {name: b, set: {recording.seed: 4}}]}}}");
        Assert.Equal(4, plan.ExperimentAt(new Dictionary<string, double> { ["arm"] = 1 }).Spec.Recording.Seed);
        Assert.Null(plan.ExperimentAt(new Dictionary<string, double> { ["arm"] = 0 }).Spec.Recording.Seed);
        Assert.Equal(plan.Canonical, SweepPlan.Parse(plan.Canonical, "stored").Canonical);
    }

    [Fact]
    public void A_unit_is_in_the_heading_of_its_axis_and_in_no_value()
    {
        var plan = Plan("search: {sampler: grid, space: {backtracking.batch: {values: [16, 32], unit: images}, seed: [1]}}");
        Assert.Equal(["backtracking.batch (images)", "seed"], plan.Axes.Select(axis => axis.Label));
        Assert.Equal("16", plan.Axes.First().Show(0));
        Assert.Equal(plan.Axes.First().Label, SweepPlan.Parse(plan.Canonical, "stored").Axes.First().Label);
        plan.RequireWidens(Plan("search: {sampler: grid, space: {backtracking.batch: [16, 32], seed: [1]}}"));
    }

    [Theory]
    [InlineData("student: {cases: [{name: a}]}", "'student' has cases and is a key of the experiment")]
    [InlineData("arm: {cases: [{name: a}, {name: a}]}", "two cases have one name")]
    [InlineData("arm: {cases: [{name: a}], values: [1]}", "either 'values' or 'cases'")]
    [InlineData("arm: {cases: [{name: a, set: {name: other}}]}", "'name' varies")]
    [InlineData("arm: {cases: [{name: a, set: {recording.stpes: 3}}]}", "there is no key 'stpes' in 'recording'")]
    [InlineData("arm: {cases: [{name: a, set: {recording.steps: -3}}]}", "'recording.steps' is")]
    [InlineData("arm: {cases: [{name: a}]}, seed: {values: [1], when: {arm: [b]}}", "'arm' is never \"b\"")]
    public void A_case_that_cannot_be_is_refused_where_it_was_written(string space, string complaint)
    {
        var refused = Assert.Throws<SpecException>(() => Plan($"search: {{sampler: grid, space: {{{space}}}}}"));
        Assert.Contains(complaint, refused.Message, StringComparison.Ordinal);
        Assert.Contains("sweep.yaml:5:", refused.Message, StringComparison.Ordinal);
    }

    [Fact]
    public void Trials_that_are_never_evaluated_on_their_way_cannot_be_stopped_early()
    {
        const string Search = """
            search:
              sampler: random
              trials: 3
              stopping: {rule: successive-halving, first: 10}
              space: {seed: [1, 2]}
            """;
        Assert.Equal(new SuccessiveHalvingStopping { First = 10, Factor = 4, By = RungUnit.Steps }, Plan(Search).Search.Stopping);
        var refused = Assert.Throws<SpecException>(() => Plan("evaluation: {every: 0}\n" + Search));
        Assert.Contains("evaluation.every", refused.Message, StringComparison.Ordinal);
        Assert.Contains("sweep.yaml:", refused.Message, StringComparison.Ordinal);
    }

    [Fact]
    public void A_host_is_an_axis_and_its_settings_count_with_it_alone()
    {
        var plan = Plan("""
            search:
              sampler: random
              trials: 3
              space:
                backtracking.host: [dmd, sid]
                backtracking.alpha: {low: 0.8, high: 1.4, when: {backtracking.host: [sid]}}
            """);
        var sid = plan.ExperimentAt(new Dictionary<string, double> { ["backtracking.host"] = 1, ["backtracking.alpha"] = 1.1 }).Spec;
        Assert.Equal(1.1, Assert.IsType<SidSettings>(sid.Backtracking).Alpha);
        Assert.IsType<DmdSettings>(plan.ExperimentAt(new Dictionary<string, double> { ["backtracking.host"] = 0 }).Spec.Backtracking);
        Assert.Equal("backtracking.alpha=1.1, backtracking.host=sid", plan.Show(new Dictionary<string, double>
        {
            ["backtracking.host"] = 1,
            ["backtracking.alpha"] = 1.1,
        }));
    }

    [Fact]
    public void Whether_numbers_are_whole_follows_from_the_key()
    {
        var plan = Plan("search: {sampler: random, trials: 1, space: {backtracking.steps: {low: 40, high: 80}, student.sigma_init: {low: 1, high: 9}}}");
        Assert.Equal(
            [("backtracking.steps", true), ("student.sigma_init", false)], plan.Axes.Select(axis => (axis.Key, axis.IsWhole)));
    }

    [Fact]
    public void The_canonical_form_says_the_same_and_nothing_of_the_order_of_keys()
    {
        var plan = Plan("search: {sampler: grid, space: {seed: [1, 2], backtracking.steps: {low: 40, high: 80, count: 3}}}");
        var stored = SweepPlan.Parse(plan.Canonical, "stored");
        Assert.Equal(plan.Canonical, stored.Canonical);
        Assert.Equal(
            plan.Canonical, Plan("search: {space: {backtracking.steps: {count: 3, high: 80, low: 40}, seed: [1, 2]}, sampler: grid}").Canonical);
        var point = new Dictionary<string, double> { ["seed"] = 1, ["backtracking.steps"] = 60 };
        Assert.Equal(SpecJson.Canonical(plan.ExperimentAt(point).Spec), SpecJson.Canonical(stored.ExperimentAt(point).Spec));
    }

    [Theory]
    [InlineData("{sampler: tpe, space: {seed: [1]}}", "sweep.yaml:5:9: 'search.trials' is missing")]
    [InlineData("{sampler: grid, space: {}}", "'search.space' is a section; expected a section with at least one key")]
    [InlineData("{sampler: grid, space: {sed: [1]}}", "sweep.yaml:5:39: there is no key 'sed'; expected one of")]
    [InlineData("{sampler: grid, space: {seed: [1, one]}}", "sweep.yaml:5:43: 'seed' is 'one'; expected a whole number")]
    [InlineData("{sampler: grid, space: {seed: [1, 1]}}", "a value is given twice")]
    [InlineData("{sampler: grid, space: {seed: {low: 1, high: 3}}}", "a grid needs to know which numbers of a range")]
    [InlineData("{sampler: grid, space: {seed: {low: 1}}}", "both 'low' and 'high'")]
    [InlineData("{sampler: grid, space: {seed: {low: 3, high: 1, step: 1}}}", "'low' is not below 'high'")]
    [InlineData("{sampler: random, trials: 2, space: {seed: {low: 0, high: 1, log: true}}}", "a logarithmic axis begins above 0")]
    [InlineData("{sampler: random, trials: 2, space: {seed: {low: 0.5, high: 1}}}", "'seed' is '0.5'; expected a whole number")]
    [InlineData("{sampler: random, trials: 2, space: {backtracking.host: {low: 0.5, high: 1}}}", "'backtracking.host' is '0.5'; expected one of dmd")]
    [InlineData("{sampler: random, trials: 2, space: {backtracking.generator.learning_rate: {low: -1, high: 1}}}", "is '-1'; expected a number")]
    [InlineData("{sampler: grid, space: {backtracking.switching.interval: [4, 400]}}", "the student needs")]
    [InlineData("{sampler: grid, space: {name: [a, b]}}", "'name' varies")]
    [InlineData("{sampler: grid, space: {seed: {values: [1], when: {nosuch: [1]}}}}", "which does not vary")]
    [InlineData("{sampler: grid, space: {seed: [1, 2], backtracking.steps: {values: [40], when: {seed: [7]}}}}", "'seed' is never 7")]
    [InlineData("{sampler: grid, space: {seed: [1, 2], backtracking.steps: {values: [40], when: {seed: []}}}}", "counts with no value of 'seed'")]
    [InlineData(
        "{sampler: grid, space: {seed: {values: [1], when: {backtracking.steps: [40]}}, backtracking.steps: {values: [40], when: {seed: [1]}}}}",
        "depend on each other")]
    [InlineData("{sampler: gird, space: {seed: [1]}}", "did you mean 'grid'?")]
    public void Mistakes_are_named_where_they_are(string search, string expected)
    {
        var error = Assert.Throws<SpecException>(() => Plan($"search: {search}"));
        Assert.Contains(expected, error.Message, StringComparison.Ordinal);
        Assert.All(error.Problems, problem => Assert.NotEqual(0, problem.Location.Line));
    }

    [Fact]
    public void An_experiment_without_a_search_is_named_as_one()
    {
        var error = Assert.Throws<SpecException>(() => Plan(""));
        Assert.Contains("'search' is missing", error.Message, StringComparison.Ordinal);
    }

    [Fact]
    public void A_sweep_that_is_read_as_one_experiment_is_recognised()
    {
        var error = Assert.Throws<SpecException>(() =>
            SpecReader.Parse<ExperimentSpec>(Base + "search: {sampler: grid, space: {seed: [1]}}", "sweep.yaml"));
        Assert.True(SweepPlan.Explains(error));
    }

    private static SweepPlan Plan(string search) => SweepPlan.Parse(Base + search, "sweep.yaml");
}
