using System.Net;
using System.Text;
using System.Text.Json.Nodes;
using DisBack.Client.Http;
using DisBack.Contracts.Grains;
using DisBack.Orchestration.Tests;
using DisBack.Specs.Experiments;
using DisBack.Specs.Reading;
using DisBack.TestKit;

namespace DisBack.Gateway.Tests.Endpoints;

/// <summary>What would become of a spec, told without submitting it.</summary>
public sealed class CheckTests
{
    private const string Experiment = """
        name: checked
        teacher: digits
        recording: {steps: 40}
        backtracking: {steps: 30, batch: 16}
        evaluation: {reference: {resolution: 14}}

        """;

    private const string Search = Experiment + """
        search:
          sampler: grid
          objective: {metric: fid}
          space:
            backtracking.steps: [10, 20]
            recording.steps: [40, 50, 60]

        """;

    private static CancellationToken Cancellation => TestContext.Current.CancellationToken;

    [Fact]
    public async Task A_sound_experiment_is_told_with_its_id_its_work_and_whether_it_is_there()
    {
        await using var site = await GatewaySite.OpenAsync(new ScriptedTraining());
        using var http = site.Http(site.Viewer);

        var (_, check) = await CheckAsync(http, Experiment);

        var id = (string)check["id"]!;
        Assert.Equal(
            $$"""
            {"kind":"experiment","problems":[],"name":"checked","id":"{{id}}","exists":false,"trajectories":{"new":1,"existing":0},"steps":30,"images":480,"recording_steps":40,"measured_runs":0}
            """,
            check.ToJsonString());
        Assert.Empty(await site.Archive.RunsAsync(null, Cancellation));

        using var client = site.Client();
        using var submitted = await SendAsync(site.Http(site.Operator), "runs", Experiment);
        Assert.Equal(id, (string)JsonNode.Parse(await submitted.Content.ReadAsStringAsync(Cancellation))!["id"]!);
        await client.WatchAsync(RunId.Trial(id), 0, Cancellation).LastAsync(Cancellation);
        (_, check) = await CheckAsync(http, Experiment);
        Assert.Equal(
            (true, 1, 0, 1),
            ((bool)check["exists"]!, (int)check["trajectories"]!["existing"]!, (int)check["recording_steps"]!, (int)check["measured_runs"]!));
    }

    [Fact]
    public async Task A_sweep_is_known_by_its_search_and_told_with_its_trials()
    {
        await using var site = await GatewaySite.OpenAsync();
        using var http = site.Http(site.Viewer);

        var (_, check) = await CheckAsync(http, Search);

        Assert.Equal(("sweep", "checked", 6, false), ((string)check["kind"]!, (string)check["name"]!, (int)check["trials"]!, (bool)check["exists"]!));
        Assert.Empty(check["problems"]!.AsArray());
        Assert.Equal((3, 0), ((int)check["trajectories"]!["new"]!, (int)check["trajectories"]!["existing"]!));
        Assert.Equal((90, 150, 90 * 16), ((int)check["steps"]!, (int)check["recording_steps"]!, (int)check["images"]!));
        Assert.StartsWith("checked-", (string)check["id"]!);
    }

    [Fact]
    public async Task The_JSON_of_a_spec_is_one_as_well()
    {
        await using var site = await GatewaySite.OpenAsync();
        using var http = site.Http(site.Viewer);
        var canonical = SpecJson.Canonical(SpecReader.Parse<ExperimentSpec>(Experiment, "spec"));
        var (_, yaml) = await CheckAsync(http, Experiment);
        var (_, json) = await CheckAsync(http, canonical, "application/json");
        Assert.Equal(yaml.ToJsonString(), json.ToJsonString());
    }

    [Theory]
    [InlineData("name: x\nteacher: digits\nbacktracking:\n  stepz: 3\n", "experiment", 4, 3, "there is no key 'stepz'")]
    [InlineData("name: x\nteacher: nobody\n", "experiment", 2, 10, "There is no teacher 'nobody'")]
    [InlineData("name: x\nteacher: digits\nrecording: {from: nothing}\n", "experiment", 3, 19, "nothing")]
    [InlineData("name: x\nteacher: digits\ndata: {source: folder, path: /etc, resolution: 14}\n", "experiment", 3, 30, "where the run trains no")]
    [InlineData("name: [x\n", "experiment", 2, 1, "this is not YAML")]
    [InlineData("", "experiment", 1, 1, "")]
    [InlineData("name: x\nteacher: digits\nsearch: {sampler: grid, objective: {metric: fid}, space: {backtracking.steps: [0]}}\n", "sweep", 3, 80, "")]
    [InlineData("name: x\nteacher: digits\nsearch: {sampler: grid, objective: {metric: fid}, space: {teacher: [digits, other]}}\n", "sweep", 3, 77, "'other'")]
    public async Task Mistakes_are_told_with_where_they_are(string spec, string kind, int line, int column, string message)
    {
        await using var site = await GatewaySite.OpenAsync();
        using var http = site.Http(site.Viewer);

        var (status, check) = await CheckAsync(http, spec);

        Assert.Equal((HttpStatusCode.OK, kind), (status, (string)check["kind"]!));
        var problem = check["problems"]![0]!;
        Assert.Contains(message, (string)problem["message"]!, StringComparison.Ordinal);
        Assert.DoesNotContain("spec:", (string)problem["message"]!, StringComparison.Ordinal);
        Assert.Equal((line, column), ((int)problem["line"]!, (int)problem["column"]!));
    }

    [Fact]
    public async Task More_than_a_submission_may_have_is_refused()
    {
        await using var site = await GatewaySite.OpenAsync(TimeProvider.System, "--Limits:DocumentBytes=1000");
        using var http = site.Http(site.Viewer);
        using var answer = await SendAsync(http, "check", Experiment + new string('#', 1000));
        Assert.Equal(HttpStatusCode.RequestEntityTooLarge, answer.StatusCode);
    }

    [Fact]
    public async Task A_token_has_so_many_specs_checked_in_a_minute()
    {
        await using var site = await GatewaySite.OpenAsync(TimeProvider.System, "--Limits:SubmitsPerMinute=1");
        using var http = site.Http(site.Viewer);
        for (var i = 0; i < 4; i++)
        {
            Assert.Equal(HttpStatusCode.OK, (await CheckAsync(http, Experiment)).Status);
        }
        using var refused = await SendAsync(http, "check", Experiment);
        Assert.Equal(HttpStatusCode.TooManyRequests, refused.StatusCode);
        Assert.Contains("4 specs checked", await refused.Content.ReadAsStringAsync(Cancellation), StringComparison.Ordinal);
    }

    [Theory, InlineData("experiment", "disback"), InlineData("sweep", "sweep"), InlineData("teacher", "teacher")]
    public async Task The_schemas_are_those_of_the_samples(string kind, string file)
    {
        await using var site = await GatewaySite.OpenAsync();
        using var http = site.Http(site.Viewer);
        using var answer = await http.GetAsync(new Uri($"{Api.Prefix}/schemas/{kind}", UriKind.Relative), Cancellation);
        Assert.Equal("application/schema+json", answer.Content.Headers.ContentType?.MediaType);
        var sample = await File.ReadAllTextAsync(Repository.Find($"client/samples/{file}.schema.json")!, Cancellation);
        Assert.Equal(sample, await answer.Content.ReadAsStringAsync(Cancellation));
    }

    [Fact]
    public async Task A_schema_that_is_none_is_a_sentence()
    {
        await using var site = await GatewaySite.OpenAsync();
        using var http = site.Http(site.Viewer);
        using var answer = await http.GetAsync(new Uri($"{Api.Prefix}/schemas/nothing", UriKind.Relative), Cancellation);
        Assert.Equal(HttpStatusCode.NotFound, answer.StatusCode);
        Assert.Contains("one of experiment, sweep, teacher", await answer.Content.ReadAsStringAsync(Cancellation), StringComparison.Ordinal);
    }

    private static async Task<(HttpStatusCode Status, JsonNode Check)> CheckAsync(HttpClient http, string spec, string type = "application/yaml")
    {
        using var answer = await SendAsync(http, "check", spec, type);
        return (answer.StatusCode, JsonNode.Parse(await answer.Content.ReadAsStringAsync(Cancellation))!);
    }

    private static Task<HttpResponseMessage> SendAsync(HttpClient http, string path, string body, string type = "application/yaml") =>
        http.PostAsync(new Uri($"{Api.Prefix}/{path}", UriKind.Relative), new StringContent(body, Encoding.UTF8, type), Cancellation);
}
