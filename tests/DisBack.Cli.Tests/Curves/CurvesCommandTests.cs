using System.Text.Json.Nodes;
using DisBack.Cli.Terminal;
using DisBack.Cli.Tests.Comparisons;
using DisBack.Client;
using DisBack.Client.Curves;
using DisBack.Contracts.Documents;
using DisBack.Contracts.Grains;
using DisBack.Storage.Blobs;
using DisBack.Storage.Metrics;

namespace DisBack.Cli.Tests.Curves;

/// <summary>Curves of stored runs: those of the whole reading, thinned, over whatever they are laid.</summary>
public sealed class CurvesCommandTests : IDisposable
{
    private readonly StoredRuns _stored = new();

    private static CancellationToken Cancellation => TestContext.Current.CancellationToken;

    public void Dispose() => _stored.Dispose();

    [Theory]
    [InlineData(PlaceKind.Step)]
    [InlineData(PlaceKind.Images)]
    [InlineData(PlaceKind.DeviceSeconds)]
    [InlineData(PlaceKind.WallTime)]
    [InlineData(PlaceKind.Position)]
    public async Task They_are_the_curves_of_the_whole_reading_thinned_before_and_after_compaction(PlaceKind by)
    {
        var ids = new[] { "a-00000000/0000", "b-00000000/0000" };
        await RunAsync("a", 1);
        await RunAsync("b", 2);
        var query = new CurveQuery(ids, ["fid", "accuracy", "other"]) { Parts = 20, By = by };
        var archive = new DataFolder(_stored.Folder).Archive;

        var before = await archive.CurvesAsync(query, Cancellation);
        Assert.Equal(await ExpectedAsync(archive, query), Text(before.Curves));
        Assert.Equal(4, before.Curves.Count);
        foreach (var id in ids)
        {
            await new MetricCompactor(new FolderBlobStore(_stored.Folder)).CompactAsync(GrainKeys.Metrics(RunKind.Backtracking, id), _ => true, Cancellation);
        }
        Assert.Equal(Text(before.Curves), Text((await archive.CurvesAsync(query, Cancellation)).Curves));
        Assert.Equal(Text(before.Curves), Text((await new DataFolder(_stored.Folder).Archive.CurvesAsync(query, Cancellation)).Curves));
    }

    [Fact]
    public async Task A_range_of_positions_is_one_of_nodes()
    {
        await RunAsync("a", 1);
        var curve = Assert.Single((await new DataFolder(_stored.Folder).Archive.CurvesAsync(
            new CurveQuery(["a-00000000/0000"], ["fid"]) { By = PlaceKind.Position, From = 1, To = 2, Parts = 10 }, Cancellation)).Curves);
        Assert.Equal((2, 1), (curve.From[0], curve.To[^1]));
        // From the beginning to the switch at step 900, which comes after what was measured there.
        Assert.Equal(301, curve.Measured);
    }

    [Fact]
    public async Task The_command_prints_a_line_for_each_curve_its_parts_and_everything_as_JSON()
    {
        await RunAsync("a", 1);
        var (code, output, error) = await _stored.AskAsync("curves a --metric fid --points 10");
        Assert.Equal((ExitCode.Ok, ""), (code, error));
        Assert.Matches(@"^a-00000000/0000 +fid +400 +", output.Split('\n')[1]);
        var lines = (await _stored.AskAsync("curves a --metric fid --points 10 --csv")).Output.TrimEnd().Split('\n');
        Assert.Equal(("run,metric,from,to,low,mean,high", 11), (lines[0], lines.Length));
        var said = JsonNode.Parse((await _stored.AskAsync("curves a --metric fid --metric accuracy --points 10 --json")).Output)!;
        Assert.Equal((2, 10), (said["curves"]!.AsArray().Count, said["curves"]![0]!["low"]!.AsArray().Count));
        Assert.StartsWith("These runs have not measured that", (await _stored.AskAsync("curves a --metric nothing")).Output, StringComparison.Ordinal);
        Assert.Equal(ExitCode.NotFound, (await _stored.AskAsync("curves b --metric fid")).Code);
    }

    [Fact]
    public async Task A_question_that_asks_for_too_much_is_refused_with_what_there_can_be()
    {
        var archive = new DataFolder(_stored.Folder).Archive;
        foreach (var query in new CurveQuery[]
        {
            new([], ["fid"]), new([.. Enumerable.Repeat("a/0", 101)], ["fid"]), new(["a/0"], []), new(["a/0"], ["fid"]) { Parts = 5001 },
            new([.. Enumerable.Repeat("a/0", 100)], ["fid", "x"]) { Parts = 5000 },
        })
        {
            await Assert.ThrowsAsync<DisBackException>(() => archive.CurvesAsync(query, Cancellation));
        }
        await Assert.ThrowsAsync<NotFoundException>(() => archive.CurvesAsync(new CurveQuery(["a/0"], ["fid"]), Cancellation));
    }

    /// <summary>A run of 400 measurements that has switched its target twice.</summary>
    private Task RunAsync(string name, int seed)
    {
        var random = new Random(seed);
        return _stored.RunAsync(name, [], [.. Enumerable.Range(0, 400).Select(step => ((long)(3 * step), Math.Exp(random.NextDouble())))], trial => trial with
        {
            Run = trial.Run with
            {
                Seconds = 200,
                Attempts =
                [
                    new() { Number = 1, Started = StoredRuns.Start, Ended = StoredRuns.Start.AddSeconds(150) },
                    new() { Number = 2, Started = StoredRuns.Start.AddSeconds(250), Ended = StoredRuns.Start.AddSeconds(300) },
                ],
                Switches = [Switch(300, 2, 1), Switch(900, 1, 0)],
            },
        });
    }

    private static SwitchRecord Switch(long step, int from, int to) => new(step, from, to, null);

    private static async Task<string> ExpectedAsync(IArchive archive, CurveQuery query)
    {
        var curves = new List<ThinnedCurve>();
        foreach (var id in query.Runs)
        {
            var trial = (await archive.TrialAsync(id, Cancellation))!;
            var places = new RunPlaces(trial, query.By, null);
            var history = await archive.MetricsAsync(RunId.Trial(id), Cancellation);
            foreach (var metric in query.Metrics)
            {
                var points = history.Curve(metric).ToList();
                if (Thinning.Of(
                    id, metric, points.Select(point => places.Of(point.Step, point.Time)).ToArray(), points.Select(point => point.Value).ToArray(), query.Parts)
                    is { } curve)
                {
                    curves.Add(query.By == PlaceKind.Position
                        ? curve with { From = [.. curve.From.Select(place => 0 - place)], To = [.. curve.To.Select(place => 0 - place)] }
                        : curve);
                }
            }
        }
        return Text(curves);
    }

    private static string Text(IReadOnlyList<ThinnedCurve> curves) => System.Text.Json.JsonSerializer.Serialize(curves);
}
