using System.Collections.Immutable;
using System.Text.Json.Nodes;
using DisBack.Cli.Terminal;
using DisBack.Cli.Tests.Comparisons;
using DisBack.Contracts.Documents;
using DisBack.Specs.Sweeps;

namespace DisBack.Cli.Tests.Commands;

/// <summary>What <c>disback importance</c> says of sweeps whose results are known.</summary>
public sealed class ImportanceCommandTests : IDisposable
{
    private const string Spec = """
        name: s
        teacher: digits
        search:
          sampler: random
          trials: 24
          space:
            backtracking.generator.learning_rate: { low: 1.0e-5, high: 1.0e-3, log: true }
            backtracking.host: [dmd, sid]
            backtracking.alpha: { low: 0.8, high: 1.4, when: { backtracking.host: [sid] } }
            seed: [0, 1, 2]
        """;

    private readonly StoredRuns _stored = new();

    public void Dispose() => _stored.Dispose();

    [Fact]
    public async Task The_axis_that_decides_comes_first_and_one_that_counts_too_seldom_last()
    {
        await KeepAsync(Spec, 18);
        var (code, output, error) = await _stored.AskAsync("importance s");
        Assert.Equal((ExitCode.Ok, ""), (code, error));
        var rows = output.Split('\n');
        Assert.Equal("s-00000000: what explains the variance of fid over 18 complete trials, each axis by itself", rows[0]);
        Assert.Matches(@"^backtracking\.host +18 +2 +9\d\.\d % +9\d\.\d % +0\.0005$", rows[2]);
        Assert.Matches(@"^backtracking\.alpha +9 +3 +- +- +-$", rows[5]);
        Assert.Contains("backtracking.alpha: too few trials have it; it takes 10.", output, StringComparison.Ordinal);
        Assert.DoesNotContain("take P as a hint", output, StringComparison.Ordinal);

        var said = JsonNode.Parse((await _stored.AskAsync("importance sweep/s --json")).Output)!;
        Assert.Equal(("fid", 18, 4), ((string)said["metric"]!, (int)said["trials"]!, said["axes"]!.AsArray().Count));
        Assert.Equal("backtracking.host", (string)said["axes"]![0]!["axis"]!);
        Assert.InRange((double)said["axes"]![0]!["adjusted"]!, 0.9, 1);
        Assert.All(said["remarks"]!.AsArray(), remark => Assert.Contains((string)remark!, rows));
    }

    [Fact]
    public async Task Too_few_complete_trials_are_said_and_points_that_depend_on_results_as_well()
    {
        await KeepAsync(Spec.Replace("sampler: random", "sampler: tpe", StringComparison.Ordinal), 9);
        Assert.Equal("s-00000000 has too few complete trials, 9; it takes 10 to tell what fid depends on.\n", (await _stored.AskAsync("importance s")).Output);
        await KeepAsync(Spec.Replace("sampler: random", "sampler: tpe", StringComparison.Ordinal), 18);
        Assert.Contains("take P as a hint", (await _stored.AskAsync("importance s")).Output, StringComparison.Ordinal);
    }

    /// <summary>So many complete trials, in which the host decides, and one each that is deleted and under way.</summary>
    private async Task KeepAsync(string spec, int complete)
    {
        await _stored.KeepAsync(DocumentNames.Sweep, "s-00000000", new SweepDocument
        {
            Id = "s-00000000",
            Name = "s",
            Spec = SweepPlan.Parse(spec, "s.yaml").Canonical,
            TrialCount = 24,
            Teachers = ImmutableSortedDictionary<string, ContentRef>.Empty.Add("digits", new(new string('a', 64), 1)),
        });
        var random = new Random(2);
        var trials = Enumerable.Range(0, complete).Select(ordinal =>
        {
            var point = ImmutableSortedDictionary.CreateRange(
            [
                KeyValuePair.Create("backtracking.generator.learning_rate", 1e-5 + random.NextDouble() * 9e-4),
                KeyValuePair.Create("backtracking.host", (double)(ordinal % 2)),
                KeyValuePair.Create("seed", (double)(ordinal / 2 % 3)),
            ]);
            point = ordinal % 2 == 0 ? point : point.Add("backtracking.alpha", 0.8 + random.NextDouble() * 0.6);
            return new SweepTrial { Ordinal = ordinal, Point = point, Status = RunStatus.Completed, Value = 2 + ordinal % 2 + 0.2 * random.NextDouble() };
        });
        var page = new SweepPage
        {
            Trials = [.. trials, new() { Ordinal = complete, Deleted = true, Value = 1 }, new() { Ordinal = complete + 1, Status = RunStatus.Running }],
        };
        await _stored.KeepAsync(DocumentNames.SweepPage, "s-00000000/0", page);
    }
}
