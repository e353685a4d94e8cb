using System.Collections.Immutable;
using System.Text.RegularExpressions;
using System.Xml.Linq;
using DisBack.Cli.Terminal;
using DisBack.Cli.Tests.Comparisons;
using DisBack.Cli.Tests.Report;
using DisBack.Contracts.Documents;
using DisBack.Contracts.Grains;
using DisBack.Specs.Sweeps;
using DisBack.Storage.Blobs;
using DisBack.Storage.Content;
using DisBack.Storage.Metrics;
using SkiaSharp;

namespace DisBack.Cli.Tests.Commands;

/// <summary>What <c>disback report</c> writes of sweeps whose results are known.</summary>
public sealed partial class ReportCommandTests : IDisposable
{
    private const string Spec = """
        name: s
        teacher: digits
        evaluation: { every: 50 }
        search:
          sampler: random
          trials: 60
          stopping: { rule: bound, at: 50, worst: 9 }
          objective: { metric: fid }
          space:
            backtracking.generator.learning_rate: { low: 1.0e-5, high: 1.0e-3, log: true }
            backtracking.host: [dmd, sid]
            backtracking.alpha: { low: 0.8, high: 1.4, when: { backtracking.host: [sid] } }
            seed: [0, 1, 2]
        """;

    private readonly StoredRuns _stored = new();

    public void Dispose() => _stored.Dispose();

    [Fact]
    public async Task One_file_shows_the_sweep_its_best_trial_what_explains_it_and_why_others_ended_and_asks_no_network()
    {
        var html = await WrittenAsync(Spec, 60);
        foreach (var part in new[]
        {
            "Which values of backtracking.alpha, backtracking.generator.learning_rate, backtracking.host, seed give the lowest fid?", // the question
            "60 trials: ", "device time of the trials", "1:40", // ten runs that the table knows, of ten seconds each
            ">s-00000000/0004</td>", // the best one
            "fid of each complete trial, and the best so far", "fid against backtracking.generator.learning_rate", "fid against seed",
            "backtracking.host</th><td>50</td><td>2</td>", "ADJUSTED is EXPLAINED less", "what two do only together",
            "fid of the best trials",
            "failed: diverged", "The loss is NaN.", "stopped early", "9.5 is worse than 9.",
            "disback sweep s.yaml", "disback show s-00000000/0004 --spec", "low: 1E-05", "DisBack</th><td>0.",
        })
        {
            Assert.Contains(part, html, StringComparison.Ordinal);
        }
        Assert.Empty(OutsideResources.Of(html));
        Assert.Contains($"data:image/png;base64,{Convert.ToBase64String(Picture())}", html, StringComparison.Ordinal);
        Assert.Equal(60, Regex.Count(html, "<tr( class=\"best\")?><td data-v="));

        // A chart for the order, one for each axis and one for each metric of the best, which say what they are and share no names.
        var charts = Svg().Matches(html).Select(match => XElement.Parse(match.Value)).ToList();
        Assert.Equal(1 + 4 + 2, charts.Count);
        Assert.All(charts, chart => Assert.Equal(("img", true), ((string?)chart.Attribute("role"), ((string?)chart.Attribute("aria-label"))?.Length > 0)));
        var names = charts.SelectMany(chart => chart.Descendants().Attributes("id")).Select(id => id.Value).ToList();
        Assert.Equal(names.Count, names.Distinct().Count());
    }

    [Fact]
    public async Task Text_is_escaped_wherever_it_comes_from()
    {
        const string hostile = "<script>alert('&')</script>";
        var spec = Spec.Replace("metric: fid", $"metric: \"{hostile}\"", StringComparison.Ordinal)
            .Replace("seed: [0, 1, 2]", $"evaluation.reference.path: [\"{hostile}\", \"</title>{hostile}\"]", StringComparison.Ordinal)
            .Replace("evaluation: {", "evaluation: { reference: { source: folder, path: \"x\" },", StringComparison.Ordinal);
        var html = await WrittenAsync(spec, 60, hostile);

        Assert.Single(Regex.Matches(html, "<script"));
        Assert.Contains("&lt;script&gt;", html, StringComparison.Ordinal);
        Assert.Single(Regex.Matches(html, "</title>"));
    }

    [Fact]
    public async Task Ten_thousand_trials_make_a_file_that_opens_and_says_what_it_leaves_out()
    {
        var html = await WrittenAsync(Spec.Replace("trials: 60", "trials: 10000", StringComparison.Ordinal), 10_000);

        Assert.InRange(html.Length, 500_000, 6_000_000);
        Assert.Equal(2000, Regex.Count(html, "<tr( class=\"best\")?><td data-v="));
        Assert.Contains("8,000 of 10,000 trials are left out", html, StringComparison.Ordinal);
        Assert.Contains("of 9,990 complete trials are not drawn", html, StringComparison.Ordinal);
        Assert.Contains("class=\"best\"", html, StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_sweep_without_results_says_so_and_a_file_is_put_where_it_is_wanted()
    {
        await KeepAsync(Spec, []);
        var path = Path.Combine(_stored.Folder, "mine.html");
        var (code, output, error) = await _stored.AskAsync($"report s -o {path}");

        Assert.Equal((ExitCode.Ok, path + "\n", ""), (code, output, error));
        var html = await File.ReadAllTextAsync(path, TestContext.Current.CancellationToken);
        Assert.Contains("No trial is complete and has measured fid yet.", html, StringComparison.Ordinal);
        Assert.DoesNotContain("<svg", html, StringComparison.Ordinal);
        Assert.Equal(ExitCode.NotFound, (await _stored.AskAsync("report other")).Code);
    }

    /// <summary>The report of a sweep of which ten trials have runs, trial 4 is the best, five have failed and five were stopped early.</summary>
    private async Task<string> WrittenAsync(string spec, int count, string text = "")
    {
        var random = new Random(3);
        var metric = SweepPlan.Parse(spec, "s.yaml").Search.Objective.Metric;
        var trials = Enumerable.Range(0, count).Select(ordinal =>
        {
            var host = ordinal % 2;
            var point = ImmutableSortedDictionary.CreateRange(
            [
                KeyValuePair.Create("backtracking.generator.learning_rate", Math.Pow(10, -5 + 2 * random.NextDouble())),
                KeyValuePair.Create("backtracking.host", (double)host),
                text.Length > 0 ? KeyValuePair.Create("evaluation.reference.path", (double)(ordinal / 2 % 2)) : KeyValuePair.Create("seed", ordinal % 3.0),
            ]);
            point = host == 0 ? point : point.Add("backtracking.alpha", 0.8 + random.NextDouble() * 0.6);
            var trial = new SweepTrial { Ordinal = ordinal, Point = point, Step = 300, Steps = 300, Updated = StoredRuns.Start };
            return ordinal switch
            {
                >= 10 and < 15 => trial with { Status = RunStatus.Failed, Step = 20 },
                >= 15 and < 20 => trial with { Status = RunStatus.Cancelled, Pruned = true, Step = 50, Reason = $"9.5 is worse than 9.{text}" },
                4 => trial with { Status = RunStatus.Completed, Value = 0.5 },
                _ => trial with { Status = RunStatus.Completed, Value = 1 + host + Math.Exp(3 * random.NextDouble()) },
            };
        }).ToList();
        await KeepAsync(spec, trials, text);
        await StoreAsync(metric, text);
        var (code, output, error) = await _stored.AskAsync("report sweep/s");
        Assert.Equal((ExitCode.Ok, ""), (code, error));
        Assert.EndsWith(Path.Combine("runs", "s-00000000", "report.html") + "\n", output, StringComparison.Ordinal);
        return await File.ReadAllTextAsync(output.Trim(), TestContext.Current.CancellationToken);
    }

    private async Task KeepAsync(string spec, List<SweepTrial> trials, string text = "")
    {
        await _stored.KeepAsync(DocumentNames.Sweep, "s-00000000", new SweepDocument
        {
            Id = "s-00000000",
            Name = "s" + text,
            Spec = SweepPlan.Parse(spec, "s.yaml").Canonical,
            TrialCount = Math.Max(60, trials.Count),
            Teachers = ImmutableSortedDictionary<string, ContentRef>.Empty.Add("digits" + text, new(new string('a', 64), 1)),
        });
        foreach (var (page, part) in trials.Chunk(SweepPage.Size).DefaultIfEmpty([]).Index())
        {
            await _stored.KeepAsync(
                DocumentNames.SweepPage, FormattableString.Invariant($"s-00000000/{page:D4}"), new SweepPage { Trials = [.. part] });
        }
    }

    /// <summary>The runs of trials 4 to 13, the failed among them; those of the others cannot be read from here and are not missed.</summary>
    private async Task StoreAsync(string metric, string text)
    {
        var blobs = new FolderBlobStore(_stored.Folder);
        var picture = await new ContentStore(blobs).PutAsync(new BinaryData(Picture()), TestContext.Current.CancellationToken);
        for (var ordinal = 4; ordinal < 14; ordinal++)
        {
            var id = GrainKeys.Trial("s-00000000", ordinal);
            await _stored.KeepAsync(DocumentNames.Trial, id, new TrialDocument
            {
                Id = id,
                Name = "s" + text,
                Spec = """{"name":"s","teacher":"digits"}""",
                Run = new RunRecord
                {
                    Status = ordinal < 10 ? RunStatus.Completed : RunStatus.Failed,
                    Cause = ordinal < 10 ? null : FailureCause.Diverged,
                    Reason = ordinal < 10 ? null : $"The loss is NaN.{text}",
                    Seconds = 10,
                    Artifacts = ImmutableSortedDictionary<string, ArtifactRef>.Empty.Add("samples.png", new("samples.png", picture, 300)),
                    Latest = ImmutableSortedDictionary<string, MetricValue>.Empty.Add("accuracy", new(0.5, 300)),
                },
            });
            await using var writer = new MetricWriter(blobs, GrainKeys.Metrics(RunKind.Backtracking, id), attempt: 1, resumedAt: 0);
            for (var step = 0; step <= 300; step += 50)
            {
                writer.Add(new MetricPoint(step, metric, ordinal + 300 - step, StoredRuns.Start));
                writer.Add(new MetricPoint(step, "loss/fake" + text, 1 + step, StoredRuns.Start));
            }
            await writer.FlushAsync(TestContext.Current.CancellationToken);
        }
    }

    private static byte[] Picture()
    {
        using var bitmap = new SKBitmap(8, 8);
        bitmap.Erase(SKColors.Teal);
        using var png = bitmap.Encode(SKEncodedImageFormat.Png, 100);
        return png.ToArray();
    }

    [GeneratedRegex("<svg.*?</svg>", RegexOptions.Singleline)]
    private static partial Regex Svg();
}
