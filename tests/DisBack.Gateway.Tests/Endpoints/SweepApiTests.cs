using System.Collections.Immutable;
using System.Net;
using System.Net.Http.Json;
using System.Text;
using System.Text.Json;
using DisBack.Client.Http;
using DisBack.Contracts.Documents;
using DisBack.Contracts.Grains;
using DisBack.Orchestration.Tests;
using DisBack.Specs.Sweeps;

namespace DisBack.Gateway.Tests.Endpoints;

/// <summary>A sweep over HTTP: submitted, read in pages and steered; what cannot be run is refused before anything begins.</summary>
public sealed class SweepApiTests
{
    private const string Spec = """
        name: swept
        teacher: few-bytes
        recording: {steps: 40, seed: 0}
        backtracking: {steps: 40}
        checkpoints: {every: 10}
        evaluation: {reference: {source: digits, resolution: 14}}
        search: {sampler: grid, space: {seed: [1, 2, 3, 4, 5]}}
        """;

    private static CancellationToken Cancellation => TestContext.Current.CancellationToken;

    [Fact]
    public async Task A_sweep_is_submitted_and_read_in_pages_and_the_same_spec_is_the_same_sweep()
    {
        await using var site = await GatewaySite.OpenAsync(new ScriptedTraining());
        using var client = site.Client();
        using var http = site.Http(site.Operator);
        var teacher = await GatewaySite.PutTeacherAsync(client);
        await client.RegisterTeacherAsync("few-bytes", new TeacherRegistration(teacher, "{}", "made up"), Cancellation);
        var plan = SweepPlan.Parse(Spec, "sweep.yaml");
        var submission = new SweepSubmission(plan.Name, plan.Canonical, null)
        {
            Teachers = new Dictionary<string, ContentRef> { ["few-bytes"] = teacher }.ToImmutableSortedDictionary(),
        };

        var id = await client.SubmitSweepAsync(submission, Cancellation);
        using var text = new StringContent(Spec, Encoding.UTF8, "application/yaml");
        using var again = await http.PostAsync(new Uri("api/v1/sweeps", UriKind.Relative), text, Cancellation);
        var view = await SettledAsync(client, id);

        Assert.Equal(GrainKeys.Sweep("swept", plan.Canonical), id);
        Assert.Equal(id, (await again.Content.ReadFromJsonAsync<Submitted>(Cancellation))!.Id);
        Assert.Equal($"/api/v1/sweeps/{id}", again.Headers.Location!.ToString());
        Assert.Equal((5, 5), (view.Trials, view.Counts[RunStatus.Completed]));
        Same(await site.Archive.SweepsAsync(Cancellation), await client.SweepsAsync(Cancellation));
        Same(await site.Archive.SweepTrialsAsync(id, Cancellation), await client.SweepTrialsAsync(id, Cancellation));
        var page = await http.GetFromJsonAsync<Page<SweepTrial>>($"api/v1/sweeps/{id}/trials?limit=2&after=1", Api.Json, Cancellation);
        Assert.Equal([2, 3], page!.Items.Select(trial => trial.Ordinal));
        Assert.Equal("3", page.Next);
        var last = await http.GetFromJsonAsync<Page<SweepTrial>>($"api/v1/sweeps/{id}/trials?after=3", Api.Json, Cancellation);
        Assert.Equal([4], last!.Items.Select(trial => trial.Ordinal));
        Assert.Null(last.Next);
        foreach (var nothing in (string[])["5", "01", "-1", "2147483647", "99999999999", "x"])
        {
            using var answer = await http.GetAsync(new Uri($"api/v1/sweeps/{id}/trials?after={nothing}", UriKind.Relative), Cancellation);
            Assert.Equal(HttpStatusCode.BadRequest, answer.StatusCode);
        }

        static void Same<T>(T expected, T actual) => Assert.Equal(JsonSerializer.Serialize(expected, Api.Json), JsonSerializer.Serialize(actual, Api.Json));
    }

    [Fact]
    public async Task A_sweep_is_cancelled_with_the_trials_that_have_not_begun()
    {
        var training = new ScriptedTraining();
        var hold = training.HoldAt(RunKind.Recording, 15);
        await using var site = await GatewaySite.OpenAsync(training);
        using var client = site.Client();
        await client.RegisterTeacherAsync(
            "few-bytes", new TeacherRegistration(await GatewaySite.PutTeacherAsync(client), "{}", "made up"), Cancellation);
        using var http = site.Http(site.Operator);
        using var text = new StringContent(Spec.Replace("grid,", "grid, max_concurrent: 2,", StringComparison.Ordinal));
        using var answer = await http.PostAsync(new Uri("api/v1/sweeps", UriKind.Relative), text, Cancellation);
        var id = (await answer.Content.ReadFromJsonAsync<Submitted>(Cancellation))!.Id;
        await hold.Reached;

        await client.SteerSweepAsync(id, RunIntent.Cancel, Cancellation);
        hold.Open();
        var view = await SettledAsync(client, id);

        Assert.Equal((RunIntent.Cancel, 2), (view.Intent, view.Counts[RunStatus.Cancelled]));
        Assert.Equal(2, (await client.SweepTrialsAsync(id, Cancellation)).Count);
    }

    [Fact]
    public async Task A_sweep_is_amended_and_nothing_is_taken_from_it()
    {
        await using var site = await GatewaySite.OpenAsync(new ScriptedTraining());
        using var client = site.Client();
        await client.RegisterTeacherAsync(
            "few-bytes", new TeacherRegistration(await GatewaySite.PutTeacherAsync(client), "{}", "made up"), Cancellation);
        using var http = site.Http(site.Operator);
        var submitted = await PostAsync("api/v1/sweeps", Spec);
        var id = (await submitted.Content.ReadFromJsonAsync<Submitted>(Cancellation))!.Id;
        await SettledAsync(client, id);

        var amended = await PostAsync($"api/v1/sweeps/{id}/amend", Spec.Replace("4, 5]", "4, 5, 6, 7]", StringComparison.Ordinal));
        var narrower = await PostAsync($"api/v1/sweeps/{id}/amend", Spec.Replace("4, 5]", "4]", StringComparison.Ordinal));
        var nobody = await PostAsync("api/v1/sweeps/nobody-01234567/amend", Spec);
        var view = await SettledAsync(client, id);

        Assert.Equal((HttpStatusCode.OK, HttpStatusCode.BadRequest, HttpStatusCode.NotFound), (amended.StatusCode, narrower.StatusCode, nobody.StatusCode));
        Assert.Contains("spec:7:", await narrower.Content.ReadAsStringAsync(Cancellation), StringComparison.Ordinal);
        Assert.Equal((7, 7), (view.Trials, view.Counts[RunStatus.Completed]));

        Task<HttpResponseMessage> PostAsync(string path, string spec) =>
            http.PostAsync(new Uri(path, UriKind.Relative), new StringContent(spec, Encoding.UTF8, "application/yaml"), Cancellation);
    }

    [Theory]
    [InlineData("", HttpStatusCode.BadRequest, "spec")]
    [InlineData("{", HttpStatusCode.BadRequest, "not YAML")]
    [InlineData("name: a", HttpStatusCode.BadRequest, "'search' is missing")]
    [InlineData("{name: a, teacher: nobody, search: {sampler: grid, space: {seed: [1]}}}", HttpStatusCode.NotFound, "nobody")]
    [InlineData("{name: a, teacher: ../../etc/passwd, search: {sampler: grid, space: {seed: [1]}}}", HttpStatusCode.NotFound, "passwd")]
    [InlineData(
        "{name: a, teacher: few-bytes, evaluation: {reference: {source: digits, resolution: 14}}, "
            + "search: {sampler: grid, space: {evaluation.features: [/etc/passwd]}}}",
        HttpStatusCode.BadRequest,
        "no path is opened")]
    [InlineData(
        "{name: a, teacher: few-bytes, evaluation: {reference: {source: digits, resolution: 14}}, "
            + "search: {sampler: grid, space: {start: [{run: nobody, step: 3}]}}}",
        HttpStatusCode.BadRequest,
        "nobody")]
    public async Task What_is_no_sweep_is_refused_with_a_sentence(string body, HttpStatusCode status, string sentence)
    {
        await using var site = await GatewaySite.OpenAsync(new ScriptedTraining());
        using var client = site.Client();
        await client.RegisterTeacherAsync(
            "few-bytes", new TeacherRegistration(await GatewaySite.PutTeacherAsync(client), "{}", "made up"), Cancellation);
        using var http = site.Http(site.Operator);
        using var text = new StringContent(body);

        using var answer = await http.PostAsync(new Uri("api/v1/sweeps", UriKind.Relative), text, Cancellation);

        Assert.Equal(status, answer.StatusCode);
        Assert.Contains(sentence, await answer.Content.ReadAsStringAsync(Cancellation), StringComparison.Ordinal);
        Assert.Empty(await client.SweepsAsync(Cancellation));
    }

    [Fact]
    public async Task Only_an_operator_submits_and_steers_and_what_is_not_there_is_not_found()
    {
        await using var site = await GatewaySite.OpenAsync(new ScriptedTraining());
        using var viewer = site.Http(site.Viewer);
        using var http = site.Http(site.Operator);
        using var text = new StringContent(Spec);

        Assert.Equal(HttpStatusCode.Forbidden, (await viewer.PostAsync(new Uri("api/v1/sweeps", UriKind.Relative), text, Cancellation)).StatusCode);
        foreach (var path in new[] { "api/v1/sweeps/nothing-00000000", "api/v1/sweeps/nothing-00000000/trials", "api/v1/sweeps/%2e%2e%2fx" })
        {
            Assert.Equal(HttpStatusCode.NotFound, (await viewer.GetAsync(new Uri(path, UriKind.Relative), Cancellation)).StatusCode);
        }
        using var cancelled = await http.PostAsync(new Uri("api/v1/sweeps/nothing-00000000/cancel", UriKind.Relative), null, Cancellation);
        Assert.Equal(HttpStatusCode.NotFound, cancelled.StatusCode);
    }

    private static async Task<SweepView> SettledAsync(ClusterClient client, string id)
    {
        using var timeout = CancellationTokenSource.CreateLinkedTokenSource(Cancellation);
        timeout.CancelAfter(TimeSpan.FromSeconds(60));
        while (true)
        {
            var view = SweepView.Of((await client.SweepAsync(id, timeout.Token))!, [.. await client.SweepTrialsAsync(id, timeout.Token)]);
            if (view.IsSettled)
            {
                return view;
            }
        }
    }
}
