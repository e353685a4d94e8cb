using DisBack.Search.Histories;
using DisBack.Search.Samplers;
using DisBack.Search.Spaces;

namespace DisBack.Search.Tests.Samplers;

/// <summary>What the sampler makes of its history.</summary>
public sealed class TpeSamplerTests
{
    private static readonly SearchSpace s_line = new([new Parameter("x", new RealDomain(0, 1))]);

    [Fact]
    public void The_first_ten_points_are_random_and_failed_trials_do_not_count()
    {
        var random = new RandomSampler { Seed = 3 };
        var tpe = new TpeSampler { Seed = 3 };
        TrialRecord[] trials = [.. Enumerable.Range(0, 10).Select(i => Trial(i, i / 10.0, new CompleteOutcome(i)))];
        TrialRecord[] useless = [Trial(10, 0.5, new FailedOutcome()), Trial(11, 0.5, new RunningOutcome()), Trial(12, 0.5, new CompleteOutcome(double.NaN))];
        Assert.Equal(random.Propose(s_line, Of(trials), 20), tpe.Propose(s_line, Of([.. trials[1..], .. useless]), 20));
        Assert.NotEqual(random.Propose(s_line, Of(trials), 20), tpe.Propose(s_line, Of(trials), 20));
        Assert.Equal(tpe.Propose(s_line, Of(trials), 20), tpe.Propose(s_line, Of([.. trials, .. useless]), 20));
    }

    [Fact]
    public void Proposals_gather_where_good_trials_lie()
    {
        var history = Of([.. Enumerable.Range(0, 50).Select(i => Trial(i, i / 50.0, new CompleteOutcome(Math.Abs(i - 35))))]);
        var proposals = Enumerable.Range(0, 100).Select(i => new TpeSampler().Propose(s_line, history, 50 + i)["x"]).ToList();
        Assert.InRange(proposals.Count(x => Math.Abs(x - 0.7) < 0.1), 90, 100);
    }

    /// <summary>Trials that run where the good ones lie keep further proposals from there, if they count.</summary>
    [Fact]
    public void Running_trials_count_as_bad_ones_for_the_constant_liar()
    {
        TrialRecord[] finished = [.. Enumerable.Range(0, 20).Select(i => Trial(i, i / 20.0, new CompleteOutcome(Math.Abs(i - 10))))];
        TrialRecord[] running = [.. Enumerable.Range(20, 20).Select(i => Trial(i, 0.5, new RunningOutcome()))];
        var honest = Distance(new TpeSampler(), [.. finished, .. running]);
        Assert.Equal(Distance(new TpeSampler(), finished), honest);
        Assert.True(Distance(new TpeSampler { ConstantLiar = true }, [.. finished, .. running]) > 1.5 * honest);

        double Distance(TpeSampler sampler, TrialRecord[] trials) =>
            Enumerable.Range(0, 50).Average(i => Math.Abs(sampler.Propose(s_line, Of(trials), 100 + i)["x"] - 0.5));
    }

    /// <summary>The estimators are distributions: what they draw has the probabilities that they state.</summary>
    [Fact]
    public void Draws_have_the_stated_probabilities()
    {
        foreach (var domain in new Domain[] { new CategoricalDomain(4), new IntegerDomain(-2, 3), new RealDomain(0, 1, Step: 0.25) })
        {
            var random = new Random(1);
            var estimator = ParzenEstimator.Of(domain, [.. Enumerable.Range(0, 30).Select(_ => domain.FromUniform(Math.Pow(random.NextDouble(), 3)))]);
            const int Draws = 20_000;
            var counts = Enumerable.Range(0, Draws)
                .Select(_ => estimator.Sample(random.NextDouble(), random.NextDouble()))
                .CountBy(value => value)
                .ToDictionary();
            var values = Enumerable.Range(0, (int)domain.Count!.Value).Select(i => domain.Separate(i)).ToList();
            Assert.Equal(1, values.Sum(value => Math.Exp(estimator.LogDensity(value))), 1e-12);
            foreach (var value in values)
            {
                var expected = Math.Exp(estimator.LogDensity(value));
                Assert.Equal(expected, counts.GetValueOrDefault(value) / (double)Draws, 4 * Math.Sqrt(expected / Draws));
            }
        }
    }

    [Fact]
    public void A_parameter_that_no_trial_had_is_drawn_from_the_prior()
    {
        var space = new SearchSpace([new Parameter("on", new CategoricalDomain(2)), new Parameter("x", new RealDomain(-1, 1), new Condition("on", [1]))]);
        var history = Of([.. Enumerable.Range(0, 20).Select(i => new TrialRecord(i, new Dictionary<string, double> { ["on"] = 0 }, new CompleteOutcome(i)))]);
        var proposals = Enumerable.Range(20, 200).Select(i => new TpeSampler().Propose(space, history, i)).Where(point => point.Count == 2).ToList();
        Assert.NotEmpty(proposals);
        Assert.All(proposals, point => Assert.InRange(point["x"], -1, 1));
    }

    [Fact]
    public void A_history_that_makes_no_sense_is_refused()
    {
        var twice = Of([.. Enumerable.Range(0, 20).Select(i => Trial(i / 2, 0.5, new CompleteOutcome(i)))]);
        var outside = Of([.. Enumerable.Range(0, 20).Select(i => Trial(i, 1.5, new CompleteOutcome(i)))]);
        Assert.Contains("trial 0 more than once", Refusal(twice), StringComparison.Ordinal);
        Assert.Contains("'x' = 1.5", Refusal(outside), StringComparison.Ordinal);

        string Refusal(History history) => Assert.Throws<DisBackException>(() => new TpeSampler().Propose(s_line, history, 99)).Message;
    }

    [Fact]
    public void Equal_numbers_are_sorted_as_all_others()
    {
        var random = new Random(2);
        foreach (var (length, values) in new[] { (0, 1), (1, 1), (16, 3), (17, 3), (300, 4), (5000, 40), (5000, int.MaxValue) })
        {
            double[] numbers = [.. Enumerable.Range(0, length).Select(_ => random.Next(values))];
            double[] sorted = [.. numbers];
            var order = SortedOrder.Sort(sorted);
            Assert.Equal(numbers.Order(), sorted);
            Assert.Equal(sorted, order.Select(i => numbers[i]));
            Assert.Equal(Enumerable.Range(0, length), order.Order());
        }
    }

    private static History Of(TrialRecord[] trials) => new(Direction.Minimize, trials);

    private static TrialRecord Trial(long ordinal, double x, TrialOutcome outcome) => new(ordinal, new Dictionary<string, double> { ["x"] = x }, outcome);
}
