using System.Globalization;
using System.Security.Cryptography;
using System.Text;
using System.Text.Json.Nodes;
using DisBack.Contracts.Grains;
using DisBack.Distillation.Runs;
using DisBack.Gateway.Notifications;
using DisBack.Orchestration.Tests;
using DisBack.Specs.Sweeps;
using DisBack.Storage.Blobs;
using Microsoft.AspNetCore.Http;

namespace DisBack.Gateway.Tests.Notifications;

/// <summary>Notifications of a real gateway to a real receiver, with the real silo of a folder behind both.</summary>
public sealed class NotifierTests
{
    private static CancellationToken Cancellation => TestContext.Current.CancellationToken;

    [Fact]
    public async Task A_change_is_told_once_with_a_signature_that_its_receiver_can_check()
    {
        await using var site = await NotifyingSite.OpenAsync(new ScriptedTraining());
        await using var receiver = await WebhookReceiver.StartAsync();
        await site.StartAsync(Rule("chat", receiver.Port, "completed"));

        var run = await site.RunAsync("first");
        var post = await receiver.NextAsync();
        await site.RunAsync("second");
        var second = await receiver.NextAsync();

        byte[] signed = [.. Encoding.UTF8.GetBytes($"{post.Id}.{post.Timestamp}."), .. post.Body];
        var expected = Convert.ToBase64String(HMACSHA256.HashData(Encoding.UTF8.GetBytes(NotifyingSite.Secret), signed));
        Assert.Equal($"v1,{expected}", post.Signature);
        var sent = DateTimeOffset.FromUnixTimeSeconds(long.Parse(post.Timestamp, CultureInfo.InvariantCulture));
        Assert.InRange(TimeProvider.System.GetUtcNow() - sent, TimeSpan.Zero, TimeSpan.FromMinutes(1));
        var trial = await site.Site.Archive.TrialAsync(run.Owner, Cancellation);
        Assert.Equal(
            $$"""
            {"id":"{{post.Id}}","time":"{{(string)post.Json["time"]!}}","rule":"chat","kind":"run","run":"{{run.Owner}}","name":"first","status":"completed",
            "previous":"running","step":40,"message":"Completed.","link":"https://disback.example.org/runs/{{run.Owner}}"}
            """.ReplaceLineEndings(""),
            Encoding.UTF8.GetString(post.Body));
        Assert.Equal(trial!.Run.Ended!.Value, (DateTimeOffset)post.Json["time"]!, TimeSpan.FromMilliseconds(1));
        Assert.Equal("chat: run second completed", second.Line);
        Assert.NotEqual(post.Id, second.Id);
    }

    [Fact]
    public async Task What_a_receiver_cannot_take_now_is_told_again_with_the_same_id()
    {
        await using var site = await NotifyingSite.OpenAsync(new ScriptedTraining());
        await using var receiver = await WebhookReceiver.StartAsync();
        await site.StartAsync(Rule("chat", receiver.Port, "completed"));
        receiver.Answer(StatusCodes.Status500InternalServerError);
        receiver.Answer(StatusCodes.Status429TooManyRequests);
        receiver.Answer(StatusCodes.Status408RequestTimeout);

        await site.RunAsync("first");
        var posts = new[] { await receiver.NextAsync(), await receiver.NextAsync(), await receiver.NextAsync(), await receiver.NextAsync() };
        await site.RunAsync("second");

        Assert.Single(posts.Select(post => (post.Id, post.Line)).Distinct());
        Assert.Equal("chat: run second completed", (await receiver.NextAsync()).Line);
    }

    [Theory]
    [InlineData(StatusCodes.Status410Gone)]
    [InlineData(StatusCodes.Status307TemporaryRedirect)]
    public async Task What_a_receiver_does_not_want_is_not_told_again_and_no_redirect_is_followed(int status)
    {
        await using var site = await NotifyingSite.OpenAsync(new ScriptedTraining());
        await using var receiver = await WebhookReceiver.StartAsync();
        await site.StartAsync(Rule("chat", receiver.Port, "completed"));
        receiver.Answer(status);

        await site.RunAsync("first");
        Assert.Equal("chat: run first completed", (await receiver.NextAsync()).Line);
        await site.Logs.SeenAsync(status.ToString(CultureInfo.InvariantCulture));
        await site.RunAsync("second");

        var post = await receiver.NextAsync();
        Assert.Equal(("chat: run second completed", "/hook"), (post.Line, post.Path));
    }

    [Fact]
    public async Task A_receiver_that_was_away_is_told_when_it_is_back_and_no_secret_is_logged()
    {
        await using var site = await NotifyingSite.OpenAsync(new ScriptedTraining());
        var port = await WebhookReceiver.FreePortAsync();
        await site.StartAsync(Rule("chat", port, "completed", "token-in-the-address"));
        await site.RunAsync("first");
        await site.Logs.SeenAsync("tries again");

        await using var receiver = await WebhookReceiver.StartAsync(port);

        Assert.Equal("chat: run first completed", (await receiver.NextAsync()).Line);
        receiver.Answer(StatusCodes.Status404NotFound);
        await site.RunAsync("second");
        await site.Logs.SeenAsync("answered 404");
        Assert.DoesNotContain(site.Logs.Lines, line => line.Contains("token-in-the-address", StringComparison.Ordinal)
            || line.Contains(NotifyingSite.Secret, StringComparison.Ordinal));
    }

    [Fact]
    public async Task A_gateway_that_comes_back_tells_what_it_missed_and_nothing_again_and_a_new_rule_tells_no_history()
    {
        await using var site = await NotifyingSite.OpenAsync(new ScriptedTraining());
        await using var receiver = await WebhookReceiver.StartAsync();
        await using var other = await WebhookReceiver.StartAsync();
        await site.RunAsync("zeroth");
        var rule = Rule("chat", receiver.Port, "completed");
        var gateway = await site.StartAsync(rule);
        await site.RunAsync("first");
        var posts = new List<Post> { await receiver.NextAsync() };

        await gateway.StopAsync(Cancellation);
        await site.RunAsync("second");
        await site.StartAsync(rule, Rule("new", other.Port, "completed"));
        posts.Add(await receiver.NextAsync());
        await site.RunAsync("third");
        posts.Add(await receiver.NextAsync());

        Assert.Equal(["first", "second", "third"], posts.Select(post => (string)post.Json["name"]!));
        Assert.Equal("new: run third completed", (await other.NextAsync()).Line);
    }

    [Fact]
    public async Task What_a_killed_gateway_was_telling_is_told_under_the_same_id_by_another_that_waits_for_its_signs()
    {
        await using var site = await NotifyingSite.OpenAsync(new ScriptedTraining());
        await using var receiver = await WebhookReceiver.StartAsync();
        var rule = Rule("chat", receiver.Port, "completed");
        var gateway = await site.StartAsync(rule);
        await site.RunAsync("first");
        var first = await receiver.NextAsync();
        await gateway.StopAsync(Cancellation);
        // As it is left by a gateway that was killed between the answer of the receiver and its note of that.
        var blobs = new FolderBlobStore(site.Site.Folder);
        var state = JsonNode.Parse((await blobs.ReadAsync(RuleLedger.NameOf("chat"), Cancellation))!.Content)!;
        (state["holder"], state["told"]) = ("another", new JsonObject());
        await blobs.WriteAsync(RuleLedger.NameOf("chat"), BinaryData.FromString(state.ToJsonString()), BlobCondition.None, Cancellation);

        await site.StartAsync(NotifyingSite.Pace with { Takeover = TimeSpan.FromMilliseconds(300) }, 1, rule);

        var again = await receiver.NextAsync();
        Assert.Equal((first.Id, first.Line), (again.Id, again.Line));
    }

    [Fact]
    public async Task Of_several_gateways_one_tells_and_another_goes_on_after_it()
    {
        await using var site = await NotifyingSite.OpenAsync(new ScriptedTraining());
        await using var receiver = await WebhookReceiver.StartAsync();
        var rule = Rule("chat", receiver.Port, "completed");
        var first = await site.StartAsync(rule);
        await site.StartAsync(NotifyingSite.Pace, 0, rule);
        await site.StartAsync(NotifyingSite.Pace, 0, rule);

        await site.RunAsync("first");
        await site.RunAsync("second");
        var posts = new List<Post> { await receiver.NextAsync(), await receiver.NextAsync() };
        await first.StopAsync(Cancellation);
        await site.Logs.SeenAsync("This gateway follows the rule");
        await site.RunAsync("third");
        posts.Add(await receiver.NextAsync());

        Assert.Equal(["first", "second", "third"], posts.Select(post => (string)post.Json["name"]!));
    }

    [Fact]
    public async Task A_rule_tells_the_states_that_it_names_of_what_its_filter_lets_through()
    {
        var training = new ScriptedTraining();
        await using var site = await NotifyingSite.OpenAsync(training);
        await using var receiver = await WebhookReceiver.StartAsync();
        await using var filtered = await WebhookReceiver.StartAsync();
        await using var never = await WebhookReceiver.StartAsync();
        await site.StartAsync(
            Rule("states", receiver.Port, "paused, failed"),
            Rule("filtered", filtered.Port, "completed") + ", where: \"name like 'third%' and param.backtracking.steps = 40\"",
            Rule("never", never.Port, "completed") + ", where: param.search.no_such_key = 1");

        var hold = training.HoldAt(RunKind.Backtracking, 5);
        var first = await site.Site.SubmitAsync("first");
        await hold.Reached;
        using var client = site.Site.Client();
        await client.PauseAsync(first, Cancellation);
        hold.Open();
        var paused = await receiver.NextAsync();
        Assert.Equal(("states: run first paused", "running"), (paused.Line, (string)paused.Json["previous"]!));
        await client.ResumeAsync(first, Cancellation);
        await site.SettledAsync(first);

        training.At(RunKind.Backtracking, 5, _ => throw new TrainingFailedException(TrainingFailure.NonFinite, "The loss is not finite."));
        var second = await site.RunAsync("second");
        var failed = await receiver.NextAsync();
        Assert.Equal(
            ("states: run second failed", second.Owner, "diverged"), (failed.Line, (string)failed.Json["run"]!, (string)failed.Json["cause"]!));
        Assert.StartsWith("The loss is not finite.", (string)failed.Json["message"]!);

        await site.RunAsync("third");
        Assert.Equal("filtered: run third completed", (await filtered.NextAsync()).Line);
        await site.Logs.SeenAsync("The filter of the rule never lets nothing through for now");
    }

    [Fact]
    public async Task Teachers_trajectories_and_sweeps_are_told_of_too()
    {
        const string Spec = """
            name: swept
            teacher: few-bytes
            recording: {steps: 40, seed: 0}
            backtracking: {steps: 40}
            checkpoints: {every: 10}
            evaluation: {reference: {source: digits, resolution: 14}}
            search: {sampler: grid, space: {seed: [1, 2]}}
            """;
        await using var site = await NotifyingSite.OpenAsync(new ScriptedTraining());
        await using var receiver = await WebhookReceiver.StartAsync();
        await site.StartAsync(Rule("chat", receiver.Port, "completed", of: "sweeps, trajectories, teachers"));
        using var client = site.Site.Client();
        var teacher = await GatewaySite.PutTeacherAsync(client);
        var plan = SweepPlan.Parse(Spec, "sweep.yaml");

        await client.RegisterTeacherAsync("few-bytes", new TeacherRegistration(teacher, "{}", "made up"), Cancellation);
        var imported = await receiver.NextAsync();
        var id = await client.SubmitSweepAsync(
            new SweepSubmission(plan.Name, plan.Canonical, null)
            {
                Teachers = System.Collections.Immutable.ImmutableSortedDictionary<string, ContentRef>.Empty.Add("few-bytes", teacher),
            },
            Cancellation);
        var recorded = await receiver.NextAsync();
        var swept = await receiver.NextAsync();

        Assert.Equal("chat: teacher few-bytes completed", imported.Line);
        Assert.Equal("chat: trajectory swept completed", recorded.Line);
        Assert.Equal("https://disback.example.org/trajectories/" + (string)recorded.Json["run"]!, (string)recorded.Json["link"]!);
        Assert.Equal(("chat: sweep swept completed", id), (swept.Line, (string)swept.Json["run"]!));
        Assert.Equal("Of 2 trials 2 are complete, 0 have failed, 0 are paused and 0 were cancelled.", (string)swept.Json["message"]!);
    }

    [Fact]
    public async Task A_receiver_that_never_answers_holds_up_neither_another_rule_nor_the_end_of_the_gateway()
    {
        await using var site = await NotifyingSite.OpenAsync(new ScriptedTraining());
        await using var receiver = await WebhookReceiver.StartAsync();
        await using var silent = await WebhookReceiver.StartAsync();
        var gateway = await site.StartAsync(
            NotifyingSite.Pace with { Answer = TimeSpan.FromHours(1) },
            2,
            Rule("silent", silent.Port, "completed", WebhookReceiver.Silent[1..]),
            Rule("chat", receiver.Port, "completed"));

        await site.RunAsync("first");
        await silent.NextAsync();
        Assert.Equal("chat: run first completed", (await receiver.NextAsync()).Line);
        await site.RunAsync("second");
        Assert.Equal("chat: run second completed", (await receiver.NextAsync()).Line);

        await gateway.StopAsync(Cancellation).WaitAsync(TimeSpan.FromSeconds(30), Cancellation);
    }

    [Fact]
    public async Task A_gateway_that_is_disposed_of_without_a_stop_follows_no_rule_any_more()
    {
        await using var site = await NotifyingSite.OpenAsync(new ScriptedTraining());
        await using var silent = await WebhookReceiver.StartAsync();
        var gateway = await site.StartAsync(Rule("silent", silent.Port, "completed", WebhookReceiver.Silent[1..]));
        await site.RunAsync("first");
        await silent.NextAsync();

        // What is under way gets its farewell first, during which the ledger still names this gateway.
        await gateway.DisposeAsync();

        var ledger = await File.ReadAllTextAsync(Path.Combine(site.Site.Folder, "notifications", "silent.json"), Cancellation);
        Assert.Null(JsonNode.Parse(ledger)!["holder"]);
    }

    private static string Rule(string name, int port, string states, string path = "hook", string of = "runs") =>
        $"name: {name}, url: 'http://127.0.0.1:{port}/{path}', of: [{of}], on: [{states}]";
}
