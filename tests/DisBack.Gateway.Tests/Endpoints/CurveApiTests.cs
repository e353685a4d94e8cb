using System.Net;
using System.Net.Http.Headers;
using System.Text.Json;
using DisBack.Client.Curves;
using DisBack.Client.Http;
using DisBack.Contracts.Documents;
using DisBack.Contracts.Grains;
using DisBack.Storage.Blobs;
using DisBack.Storage.Documents;
using DisBack.Storage.Metrics;

namespace DisBack.Gateway.Tests.Endpoints;

/// <summary>Curves over HTTP are those of the folder itself, and are sent again only where they have changed.</summary>
public sealed class CurveApiTests
{
    private static readonly DateTimeOffset s_start = new(2026, 1, 1, 0, 0, 0, TimeSpan.Zero);

    private static CancellationToken Cancellation => TestContext.Current.CancellationToken;

    [Fact]
    public async Task A_question_over_HTTP_has_the_answer_of_the_folder_however_many_runs_it_names()
    {
        await using var site = await GatewaySite.OpenAsync();
        string[] ids = [.. Enumerable.Range(0, 60).Select(ordinal => GrainKeys.Trial("curves-00000000", ordinal))];
        foreach (var (index, id) in ids.Index())
        {
            await WriteAsync(site, id, 1, index + 1, 30);
        }
        var query = new CurveQuery(ids, ["loss/fake", "gap"]) { Parts = 7 };
        using var client = site.Client();

        var curves = await client.CurvesAsync(query, Cancellation);

        Assert.Equal(120, curves.Curves.Count);
        Assert.Equal(JsonSerializer.Serialize(await site.Archive.CurvesAsync(query, Cancellation)), JsonSerializer.Serialize(curves));
    }

    [Fact]
    public async Task A_range_has_parts_of_its_own_and_every_extreme_within_it()
    {
        await using var site = await GatewaySite.OpenAsync();
        var id = GrainKeys.Trial("curves-00000000", 0);
        await WriteAsync(site, id, 1, 1, 30);
        var query = new CurveQuery([id], ["gap", "loss/fake"]) { Parts = 4, From = 4.5, To = 12 };
        using var client = site.Client();

        var curves = (await client.CurvesAsync(query, Cancellation)).Curves;

        Assert.Equal((8, 5.0, 12.0), (curves[0].Measured, curves[0].First, curves[0].Last));
        Assert.All([curves[0].From, curves[0].Low], column => Assert.Equal([5, 7, 9, 11], column));
        Assert.All([curves[0].To, curves[0].High], column => Assert.Equal([6, 8, 10, 12], column));
        var whole = (await client.CurvesAsync(query with { Parts = 30, From = double.NegativeInfinity, To = 12 }, Cancellation)).Curves[1];
        Assert.Equal((whole.Low.Skip(4).Min(), whole.High.Skip(4).Max()), (curves[1].Low.Min(), curves[1].High.Max()));
        Assert.Empty((await client.CurvesAsync(query with { From = 1e16, To = double.PositiveInfinity }, Cancellation)).Curves);
    }

    [Fact]
    public async Task A_teacher_has_curves_over_its_steps_and_finer_ones_in_a_range()
    {
        await using var site = await GatewaySite.OpenAsync();
        await new FolderBlobStore(site.Folder).WriteAsync(
            StateNames.Of(DocumentNames.Service, DocumentNames.Teacher, "taught", DocumentNames.Teacher),
            StateDocument.Write(new TeacherDocument { Id = "taught" }),
            BlobCondition.None,
            Cancellation);
        await WriteAsync(site, new RunId(RunKind.Teacher, "taught"), 1, 1, 30);
        using var http = site.Http(site.Viewer);

        var whole = await CurvesAsync("teachers/taught/curves?metric=gap&metric=none&points=4");
        var part = await CurvesAsync("teachers/taught/curves?metric=gap&points=4&from=4.5&to=12");

        var curve = Assert.Single(whole);
        Assert.Equal(("taught", "gap", 30, 4), (curve.Run, curve.Metric, curve.Measured, curve.From.Count));
        Assert.Equal(8, Assert.Single(part).Measured);
        Assert.Equal([5, 7, 9, 11], part[0].From);
        using var none = await http.GetAsync(new Uri("api/v1/teachers/another/curves?metric=gap", UriKind.Relative), Cancellation);
        Assert.Equal(HttpStatusCode.NotFound, none.StatusCode);

        async Task<IReadOnlyList<ThinnedCurve>> CurvesAsync(string address) =>
            JsonSerializer.Deserialize<CurveSet>(await http.GetStringAsync(new Uri($"api/v1/{address}", UriKind.Relative), Cancellation), Api.Json)!.Curves;
    }

    [Fact]
    public async Task What_has_not_changed_is_not_sent_again_and_what_has_is_seen()
    {
        await using var site = await GatewaySite.OpenAsync();
        var id = GrainKeys.Trial("curves-00000000", 0);
        await WriteAsync(site, id, 1, 1, 30);
        using var http = site.Http(site.Viewer);
        var address = new Uri($"api/v1/curves?run={Uri.EscapeDataString(id)}&metric=gap", UriKind.Relative);
        using var first = await http.GetAsync(address, Cancellation);
        http.DefaultRequestHeaders.IfNoneMatch.Add(EntityTagHeaderValue.Parse(first.Headers.ETag!.ToString()));

        Assert.Equal(HttpStatusCode.NotModified, (await http.GetAsync(address, Cancellation)).StatusCode);
        await WriteAsync(site, id, 2, 2, 10);
        using var changed = await http.GetAsync(address, Cancellation);
        Assert.Equal(HttpStatusCode.OK, changed.StatusCode);
        var curve = Assert.Single(JsonSerializer.Deserialize<CurveSet>(await changed.Content.ReadAsStringAsync(Cancellation), Api.Json)!.Curves);
        Assert.Equal(40, curve.Measured);
    }

    [Theory]
    [InlineData("curves?metric=gap", HttpStatusCode.BadRequest, "names 0 runs")]
    [InlineData("curves?run=a%2F0", HttpStatusCode.BadRequest, "names 0 metrics")]
    [InlineData("curves?run=a%2F0&metric=gap&by=moon", HttpStatusCode.BadRequest, "no place 'moon'; by is one of step, images, device-seconds")]
    [InlineData("curves?run=a%2F0&metric=gap&points=0", HttpStatusCode.BadRequest, "1 to 5000")]
    [InlineData("curves?run=a%2F0&metric=gap&from=3.5&to=2", HttpStatusCode.BadRequest, "from 3.5 to 2")]
    [InlineData("curves?run=a%2F0&metric=gap&from=NaN", HttpStatusCode.BadRequest, "from NaN")]
    [InlineData("curves?run=a%2F0&metric=gap", HttpStatusCode.NotFound, "a/0")]
    [InlineData("curves?run=..%2F..%2Fetc&metric=gap", HttpStatusCode.NotFound, "etc")]
    public async Task A_wrong_question_is_refused_with_a_sentence(string path, HttpStatusCode status, string sentence)
    {
        await using var site = await GatewaySite.OpenAsync();
        using var http = site.Http(site.Viewer);
        using var answer = await http.GetAsync(new Uri($"api/v1/{path}", UriKind.Relative), Cancellation);
        Assert.Equal(status, answer.StatusCode);
        Assert.Contains(sentence, await answer.Content.ReadAsStringAsync(Cancellation), StringComparison.Ordinal);
    }

    private static Task WriteAsync(GatewaySite site, string id, int attempt, int seed, int steps) =>
        WriteAsync(site, new RunId(RunKind.Backtracking, id), attempt, seed, steps);

    private static async Task WriteAsync(GatewaySite site, RunId run, int attempt, int seed, int steps)
    {
        var random = new Random(seed);
        var name = GrainKeys.Metrics(run.Kind, run.Owner);
        await using var writer = new MetricWriter(new FolderBlobStore(site.Folder), name, attempt, attempt == 1 ? 0 : 30);
        for (var step = 1; step <= steps; step++)
        {
            var at = attempt == 1 ? step : 30 + step;
            writer.Add(new MetricPoint(at, "loss/fake", random.NextDouble(), s_start.AddSeconds(at)));
            writer.Add(new MetricPoint(at, "gap", step, s_start.AddSeconds(at)));
        }
        await writer.FlushAsync(Cancellation);
    }
}
