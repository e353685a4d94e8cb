using DisBack.Specs.Reading;
using DisBack.Specs.Sweeps;

namespace DisBack.Specs.Tests.Sweeps;

/// <summary>An amended sweep adds to what there is; whatever would change the meaning of a trial that has begun is named where it was written.</summary>
public sealed class SweepWideningTests
{
    private const string Spec = """
        name: rates
        teacher: digits
        backtracking: { steps: 300 }
        search:
          sampler: random
          trials: 8
          space:
            backtracking.generator.learning_rate: { low: 1.0e-5, high: 1.0e-3, log: true }
            backtracking.batch: { low: 16, high: 64, step: 16 }
            backtracking.host: [dmd, sid]
            backtracking.alpha: { low: 0.8, high: 1.4, when: { backtracking.host: [sid] } }
            seed: [0, 1]
            arm: { cases: [{ name: host, set: { recording.steps: 0 } }, { name: path }] }
        """;

    [Theory]
    [InlineData("trials: 8", "trials: 80")]
    [InlineData("trials: 8", "trials: 8\n  max_concurrent: 3")]
    [InlineData("trials: 8", "trials: 8\n  budget: { steps: 10000 }")]
    [InlineData("low: 1.0e-5, high: 1.0e-3", "low: 1.0e-6, high: 1.0e-2")]
    [InlineData("high: 64, step", "high: 128, step")]
    [InlineData("seed: [0, 1]", "seed: [0, 1, 2]")]
    [InlineData("seed: [0, 1]", "seed: [0, 1]\n    recording.seed: [0]")]
    [InlineData("{ name: path }", "{ name: path }, { name: half, set: { recording.steps: 9 } }")]
    [InlineData("1.0e-5", "0.00001")]
    public void What_adds_is_an_amendment(string before, string after) => Amended(before, after);

    [Theory]
    [InlineData("steps: 300", "steps: 301", "3:17: 'backtracking.steps' is not what the sweep was submitted with")]
    [InlineData("teacher: digits", "teacher: digits\ncheckpoints: { every: 5 }", "3:1: 'checkpoints' is not what")]
    [InlineData("name: rates", "name: paces", "1:1: 'name' is not what")]
    [InlineData("sampler: random", "sampler: sobol", "another sampler or another seed")]
    [InlineData("trials: 8", "trials: 8\n  seed: 1", "another sampler or another seed")]
    [InlineData("trials: 8", "trials: 8\n  objective: { metric: kid }", "'objective' and 'stopping' cannot change")]
    [InlineData("trials: 8", "trials: 7", "a sweep of 8 trials cannot have 7")]
    [InlineData("low: 1.0e-5", "low: 2.0e-5", "8:43: the axis 'backtracking.generator.learning_rate' is narrower")]
    [InlineData(", log: true", "", "has other numbers between its ends")]
    [InlineData("low: 16, high: 64, step", "low: 8, high: 64, step", "has other numbers between its ends")]
    [InlineData("seed: [0, 1]", "seed: [1, 0]", "12:11: the axis 'seed' has other values than before; add values behind")]
    [InlineData("seed: [0, 1]", "seed: { low: 0, high: 9 }", "is values where it was a range, or a range where it was values")]
    [InlineData("recording.steps: 0", "recording.steps: 1", "the axis 'arm' has other values than before")]
    [InlineData("name: host", "name: plain", "the axis 'arm' has other values than before")]
    [InlineData("    seed: [0, 1]", "    recording.seed: [0, 1]", "the axis 'seed' is gone")]
    [InlineData(", when: { backtracking.host: [sid] }", ", when: { backtracking.host: [sid] }, step: 0.1", "has other numbers between its ends")]
    public void What_does_more_is_refused_where_it_was_written(string before, string after, string sentence)
    {
        var refused = Assert.Throws<SpecException>(() => Amended(before, after));
        Assert.Contains(sentence, refused.Message, StringComparison.Ordinal);
    }

    private static void Amended(string before, string after)
    {
        Assert.Contains(before, Spec, StringComparison.Ordinal);
        var amended = SweepPlan.Parse(Spec.Replace(before, after, StringComparison.Ordinal), "sweep.yaml");
        var known = SweepPlan.Parse(Spec, "sweep.yaml").Canonical;
        // As it is stored.
        amended.RequireWidens(SweepPlan.Parse(known, "rates-01234567"));
    }
}
