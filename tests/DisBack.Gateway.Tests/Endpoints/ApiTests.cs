using System.Net;
using System.Net.Http.Headers;
using System.Net.Http.Json;
using System.Security.Cryptography;
using System.Text;
using System.Text.Json;
using DisBack.Client;
using DisBack.Client.Http;
using DisBack.Contracts.Documents;
using DisBack.Contracts.Grains;
using DisBack.Orchestration.Tests;
using DisBack.Specs.Experiments;
using DisBack.Specs.Networks;
using DisBack.Specs.Recording;
using DisBack.Storage.Content;
using DisBack.Storage.Documents;

namespace DisBack.Gateway.Tests.Endpoints;

/// <summary>Queries and commands through the gateway is what the folder holds and the grains do.</summary>
public sealed class ApiTests
{
    private const string Digest = "0123456789abcdef0123456789abcdef0123456789abcdef0123456789abcdef";

    private static CancellationToken Cancellation => TestContext.Current.CancellationToken;

    [Fact]
    public async Task Everything_that_is_read_is_what_the_folder_holds()
    {
        await using var site = await GatewaySite.OpenAsync(new ScriptedTraining());
        using var client = site.Client();
        var run = await site.SubmitAsync("read");
        await client.WatchAsync(run, 0, Cancellation).LastAsync(Cancellation);
        await client.RegisterTeacherAsync("few-bytes", new TeacherRegistration(await GatewaySite.PutTeacherAsync(client), "{}", "made up"), Cancellation);

        Same(await site.Archive.RunsAsync(null, Cancellation), await client.RunsAsync(null, Cancellation));
        Same(await site.Archive.FindTrialAsync("read", Cancellation), await client.FindTrialAsync("read", Cancellation));
        Same(await site.Archive.TrajectoriesAsync(Cancellation), await client.TrajectoriesAsync(Cancellation));
        Same(await site.Archive.FindTrajectoryAsync("read", Cancellation), await client.FindTrajectoryAsync("read", Cancellation));
        Same(await site.Archive.TeachersAsync(Cancellation), await client.TeachersAsync(Cancellation));
        Same(await site.Archive.FindTeacherAsync("few", Cancellation), await client.FindTeacherAsync("few", Cancellation));
        Same(await site.Archive.MetricsAsync(run, Cancellation), await client.MetricsAsync(run, Cancellation));
        Assert.NotEmpty((await client.MetricsAsync(run, Cancellation)).Points);
        Assert.Equal("It is complete.", (await client.WhyAsync(run, Cancellation))[0]);
        // The files of a folder are read in place, and there is no cache that could be full.
        Assert.Null(Assert.Single((await client.PoolAsync(Cancellation)).Workers).Cache);
        Assert.Null(await client.TrialAsync("nothing-00000000/0000", Cancellation));
        var lost = await Assert.ThrowsAsync<NotFoundException>(() => client.FindTrialAsync("raed", Cancellation));
        Assert.Equal("There is no run 'raed'; did you mean 'read'?", lost.Message);

        static void Same<T>(T expected, T actual) => Assert.Equal(JsonSerializer.Serialize(expected, Api.Json), JsonSerializer.Serialize(actual, Api.Json));
    }

    [Fact]
    public async Task Nodes_that_were_recorded_elsewhere_are_registered_and_walked()
    {
        await using var site = await GatewaySite.OpenAsync(new ScriptedTraining());
        using var client = site.Client();
        var (teacher, node) = (await GatewaySite.PutTeacherAsync(client), await GatewaySite.PutTeacherAsync(client, "node"));
        var registration = new TrajectoryRegistration("brought", [new NodeRef(0, 0, teacher), new NodeRef(1, 100, node)]);
        var walks = GatewaySite.Spec("walks") with { Recording = new RecordingSettings { From = "brought" } };

        var known = await client.RegisterTrajectoryAsync(registration, Cancellation);
        var again = await client.RegisterTrajectoryAsync(registration with { Name = "other" }, Cancellation);
        var run = RunId.Trial(await client.SubmitAsync(walks, teacher, Cancellation));
        await client.WatchAsync(run, 0, Cancellation).LastAsync(Cancellation);
        var trial = await client.FindTrialAsync("walks", Cancellation);

        Assert.True(known.Sealed);
        Assert.Equal((known.Id, "brought"), (again.Id, again.Name));
        Assert.Equal((known.Id, RunStatus.Completed, 2), (trial.Trajectory, trial.Run.Status, trial.Nodes));
        Assert.Single(await client.TrajectoriesAsync(Cancellation));

        // One node is no path, nodes must be stored, and what is walked leads back to the experiment's teacher.
        Assert.Contains("at least one node after it", await RefusalOf(registration with { Nodes = [registration.Nodes[0]] }));
        Assert.Contains("are not stored", await RefusalOf(registration with { Nodes = [registration.Nodes[0], new NodeRef(1, 1, new ContentRef(Digest, 5))] }));
        var astray = await Assert.ThrowsAnyAsync<Exception>(() => client.SubmitAsync(walks with { Name = "astray" }, node, Cancellation));
        Assert.Contains("is of the teacher", astray.Message);

        async Task<string> RefusalOf(TrajectoryRegistration offered) =>
            (await Assert.ThrowsAnyAsync<DisBackException>(() => client.RegisterTrajectoryAsync(offered, Cancellation))).Message;
    }

    [Fact]
    public async Task A_damaged_document_is_named_and_hides_no_other()
    {
        await using var site = await GatewaySite.OpenAsync(new ScriptedTraining());
        using var client = site.Client();
        var (damaged, whole) = (await site.SubmitAsync("damaged"), await site.SubmitAsync("whole"));
        foreach (var each in new[] { damaged, whole })
        {
            await client.WatchAsync(each, 0, Cancellation).LastAsync(Cancellation);
        }
        var document = StateNames.Of(DocumentNames.Service, DocumentNames.Trial, damaged.Owner, DocumentNames.Trial);
        await File.WriteAllTextAsync(Path.Combine(site.Folder, document), "{\"id\": ", Cancellation);

        var run = Assert.Single(await client.RunsAsync(null, Cancellation));
        var sentence = Assert.Single(await client.DamagedAsync(RunKind.Backtracking, Cancellation));
        var found = await Assert.ThrowsAnyAsync<Exception>(() => client.FindTrialAsync("damaged", Cancellation));

        Assert.Empty(await client.DamagedAsync(RunKind.Teacher, Cancellation));
        using var http = site.Http(site.Viewer);
        Assert.Equal(sentence, Assert.Single((await http.GetFromJsonAsync<string[]>("api/v1/damaged", Cancellation))!));
        Assert.Equal(HttpStatusCode.BadRequest, (await http.GetAsync(new Uri("api/v1/damaged?in=sweeps", UriKind.Relative), Cancellation)).StatusCode);
        Assert.Equal(whole.Owner, run.Id);
        Assert.Contains(document, sentence, StringComparison.Ordinal);
        Assert.EndsWith("restore it from a copy.", sentence, StringComparison.Ordinal);
        Assert.Contains(sentence, found.Message, StringComparison.Ordinal);
    }

    [Fact]
    public async Task The_same_spec_is_the_same_run_however_often_and_in_whichever_form_it_is_submitted()
    {
        var training = new ScriptedTraining();
        await using var site = await GatewaySite.OpenAsync(training);
        using var client = site.Client();
        var run = await site.SubmitAsync("once");
        await client.WatchAsync(run, 0, Cancellation).LastAsync(Cancellation);

        Assert.Equal(run, await site.SubmitAsync("once"));
        Assert.Single(await client.RunsAsync(null, Cancellation));
        Assert.Equal(1, training.Made.Count(made => made.Run.Kind == RunKind.Backtracking));
        var other = await GatewaySite.PutTeacherAsync(client, "another");
        var conflict = await Assert.ThrowsAsync<DisBackException>(() => client.SubmitAsync(GatewaySite.Spec("once"), other, Cancellation));
        Assert.Contains("was begun with the teacher", conflict.Message);

        using var http = site.Http(site.Operator);
        using var yaml = new StringContent(
            "name: by-curl\nteacher: digits\nrecording: { steps: 40 }\nbacktracking: { steps: 40, switching: { policy: fixed, interval: 1 } }\n"
                + "evaluation: { reference: { resolution: 14 } }\n",
            Encoding.UTF8,
            "application/yaml");
        using var response = await http.PostAsync(new Uri("api/v1/runs", UriKind.Relative), yaml, Cancellation);
        Assert.Equal(HttpStatusCode.OK, response.StatusCode);
        Assert.StartsWith("/api/v1/runs/by-curl-", response.Headers.Location!.ToString());
    }

    [Theory]
    [InlineData("name: x\nteacher: digits\nrecording: { stps: 1 }\n", "spec:3:14: there is no key 'stps'")]
    [InlineData("name: x\nteacher: /etc/passwd\n", "There is no teacher '/etc/passwd'")]
    [InlineData("name: x\nteacher: nobody.safetensors\n", "There is no teacher 'nobody.safetensors'")]
    [InlineData(
        "name: x\nteacher: digits\nevaluation: { reference: { resolution: 28 } }\n",
        "spec:3:26: evaluation.reference has images of 1x28x28 (channels, height, width) but the teacher makes 1x14x14")]
    [InlineData("name: x\nteacher: digits\nevaluation: { features: net.pt }\n", "spec:3:25: 'evaluation.features' is 'net.pt', and where the run trains")]
    [InlineData("name: x\nteacher: digits\ndata: { source: folder, path: /etc }\n", "spec:3:31: 'data.path' is '/etc', and where")]
    [InlineData("name: x\nteacher: digits\ndata: { source: packed, path: /etc/passwd }\n", "spec:3:31: 'data.path' is '/etc/passwd', and where")]
    [InlineData("name: x\nteacher: digits\nstudent: { weights: /etc/passwd }\n", "spec:3:21: 'student.weights' is '/etc/passwd', and where")]
    [InlineData(
        "name: x\nteacher: digits\nstudent: { weights: sha256:" + Digest + " }\n",
        "spec:3:21: 'student.weights' names content that is not stored; send it to contents/")]
    [InlineData(
        "name: x\nteacher: digits\ndata: { source: idx, path: sha256:" + Digest + ", labels_path: /etc/passwd }\n",
        "spec:3:114: 'data.labels_path' is '/etc/passwd', and where")]
    [InlineData(
        "name: x\nteacher: digits\nevaluation: { reference: { source: idx, path: /etc/passwd } }\n",
        "spec:3:47: 'evaluation.reference.path' is '/etc/passwd', and where")]
    [InlineData(
        "name: x\nteacher: digits\nevaluation: { features: sha256:" + Digest + " }\n",
        "spec:3:25: 'evaluation.features' names content that is not stored; send it to contents/")]
    [InlineData("name: x\nteacher: sha256:" + Digest + "\n", "There is no teacher 'sha256:")]
    public async Task A_bad_submission_is_told_what_is_wrong_and_reads_no_file_of_the_gateway(string yaml, string detail)
    {
        await using var site = await GatewaySite.OpenAsync(new ScriptedTraining());
        using var http = site.Http(site.Operator);
        using var body = new StringContent(yaml, Encoding.UTF8, "application/yaml");

        using var response = await http.PostAsync(new Uri("api/v1/runs", UriKind.Relative), body, Cancellation);

        Assert.InRange((int)response.StatusCode, 400, 404);
        using var problem = JsonDocument.Parse(await response.Content.ReadAsStringAsync(Cancellation));
        Assert.StartsWith(detail, problem.RootElement.GetProperty("detail").GetString());
    }

    private const string Small = "evaluation: { reference: { resolution: 14 } }";

    [Fact]
    public async Task Stored_content_of_another_kind_is_refused_by_its_header()
    {
        await using var site = await GatewaySite.OpenAsync(new ScriptedTraining());
        using var client = site.Client();
        var program = await client.Content.PutAsync(BinaryData.FromString("PK\u0003\u0004 a TorchScript program"), Cancellation);
        var network = await GatewaySite.PutTeacherAsync(client);

        Assert.Contains("spec:3:25: The safetensors file 'sha256:", await RefusedAsync($"evaluation: {{ features: {program.Name} }}"));
        Assert.StartsWith("spec:3:21: ", await RefusedAsync($"student: {{ weights: {program.Name} }}\n{Small}"));
        Assert.Contains("holds 0 numbers where its network has", await RefusedAsync($"student: {{ weights: {network.Name} }}\n{Small}"));
        Assert.Contains("is no packed data set", await RefusedAsync($"data: {{ source: packed, path: {network.Name} }}"));

        async Task<string> RefusedAsync(string part)
        {
            using var http = site.Http(site.Operator);
            using var body = new StringContent($"name: x\nteacher: digits\n{part}\n", Encoding.UTF8, "application/yaml");
            using var response = await http.PostAsync(new Uri("api/v1/runs", UriKind.Relative), body, Cancellation);
            Assert.Equal(HttpStatusCode.BadRequest, response.StatusCode);
            using var problem = JsonDocument.Parse(await response.Content.ReadAsStringAsync(Cancellation));
            return problem.RootElement.GetProperty("detail").GetString()!;
        }
    }

    [Theory]
    [InlineData("data: { source: folder, path: /etc }", "spec:2:31: 'data.path' is '/etc', and where the run trains no path is opened")]
    [InlineData("data: { resolution: 8 }\nnetwork: { img_resolution: 8 }", "spec:3:10: the images have 1 channels but the network has 3")]
    public async Task A_bad_training_of_a_teacher_is_told_what_is_wrong(string part, string detail)
    {
        await using var site = await GatewaySite.OpenAsync(new ScriptedTraining());
        using var http = site.Http(site.Operator);
        using var body = new StringContent($"name: x\n{part}\n", Encoding.UTF8, "application/yaml");

        using var response = await http.PostAsync(new Uri("api/v1/teachers/x/train", UriKind.Relative), body, Cancellation);

        Assert.Equal(HttpStatusCode.BadRequest, response.StatusCode);
        using var problem = JsonDocument.Parse(await response.Content.ReadAsStringAsync(Cancellation));
        Assert.StartsWith(detail, problem.RootElement.GetProperty("detail").GetString());
    }

    public static TheoryData<byte[], string> BadYaml => new()
    {
        { Encoding.UTF8.GetBytes(string.Concat(Enumerable.Range(0, 90_000).Select(key => $"k{key}: 1\n"))), "spec: there are more mistakes than these 100" },
        { Encoding.UTF8.GetBytes(new string('[', 1_000_000)), "spec:1:34: this is not YAML: values are nested more than 32 deep" },
        { Encoding.Unicode.GetBytes("name: x\ntaecher: digits\n"), "spec:2:1: there is no key 'taecher'" },
        { [.. "name: x\nteacher: "u8, 0xff], "spec:2:10: the bytes here are no text in UTF-8" },
        { [.. "name: {x\n"u8], "spec:2:1: this is not YAML" },
    };

    [Theory, MemberData(nameof(BadYaml))]
    public async Task Text_that_is_no_spec_is_the_senders_mistake_and_says_where(byte[] yaml, string detail)
    {
        await using var site = await GatewaySite.OpenAsync(new ScriptedTraining());
        using var http = site.Http(site.Operator);
        using var body = new ByteArrayContent(yaml);

        using var response = await http.PostAsync(new Uri("api/v1/runs", UriKind.Relative), body, Cancellation);

        Assert.Equal(HttpStatusCode.BadRequest, response.StatusCode);
        using var problem = JsonDocument.Parse(await response.Content.ReadAsStringAsync(Cancellation));
        Assert.Contains(detail, problem.RootElement.GetProperty("detail").GetString(), StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("{", "utf-8", "The body is not the JSON of a submission")]
    [InlineData("[[[[[[[[", "utf-8", "The body is not the JSON of a submission")]
    [InlineData("{\"spec\": \"name: x\"}", "utf-16", "The body is not the JSON of a submission")]
    [InlineData("null", "utf-8", "The submission has no spec")]
    [InlineData(
        "{\"spec\": \"name: x\\nteacher: digits\", \"teacher\": {\"digest\": \"../../etc/passwd\", \"length\": 1}}",
        "utf-8",
        "'../../etc/passwd' is not a SHA-256 digest")]
    public async Task A_body_that_is_no_submission_is_the_senders_mistake(string json, string encoding, string detail)
    {
        await using var site = await GatewaySite.OpenAsync(new ScriptedTraining());
        using var http = site.Http(site.Operator);
        using var body = new ByteArrayContent(Encoding.GetEncoding(encoding).GetBytes(json));
        body.Headers.ContentType = new MediaTypeHeaderValue("application/json");

        using var response = await http.PostAsync(new Uri("api/v1/runs", UriKind.Relative), body, Cancellation);

        Assert.Equal(HttpStatusCode.BadRequest, response.StatusCode);
        using var problem = JsonDocument.Parse(await response.Content.ReadAsStringAsync(Cancellation));
        Assert.StartsWith(detail, problem.RootElement.GetProperty("detail").GetString());
    }

    [Fact]
    public async Task A_run_that_has_ended_is_deleted_and_its_spec_is_new_again()
    {
        var training = new ScriptedTraining();
        var hold = training.HoldAt(RunKind.Backtracking, 13);
        await using var site = await GatewaySite.OpenAsync(training);
        using var client = site.Client();
        var run = await site.SubmitAsync("brief");
        await hold.Reached;

        var refused = await Assert.ThrowsAsync<DisBackException>(() => client.DeleteAsync(run, Cancellation));
        hold.Open();
        await client.WatchAsync(run, 0, Cancellation).LastAsync(Cancellation);
        var reply = await client.DeleteAsync(run, Cancellation);

        Assert.StartsWith($"Nothing was deleted: run {run} is ", refused.Message, StringComparison.Ordinal);
        Assert.Equal((true, $"Deleted run {run}."), (reply.Applied, reply.Message));
        Assert.Empty(await client.RunsAsync(null, Cancellation));
        Assert.Null(await client.TrialAsync(run.Owner, Cancellation));
        // The answer may have been lost: asking again changes nothing.
        Assert.True((await client.DeleteAsync(run, Cancellation)).Applied);

        // The name is free for other weights, too.
        await client.SubmitAsync(GatewaySite.Spec("brief"), await GatewaySite.PutTeacherAsync(client, "another"), Cancellation);
        Assert.Equal(RunStatus.Completed, (await client.WatchAsync(run, 0, Cancellation).LastAsync(Cancellation)).Status);
    }

    [Fact]
    public async Task A_complete_run_makes_again_what_the_store_has_lost()
    {
        await using var site = await GatewaySite.OpenAsync(new ScriptedTraining());
        using var client = site.Client();
        var run = await site.SubmitAsync("lossy");
        await client.WatchAsync(run, 0, Cancellation).LastAsync(Cancellation);
        var student = (await client.TrialAsync(run.Owner, Cancellation))!.Run.Artifacts["student.safetensors"].Content;
        File.Delete(site.Archive.Content.LocalPathOf(student)!);

        Assert.False((await client.RepairAsync(run, [Digest], Cancellation)).Applied);
        Assert.True((await client.RepairAsync(run, [student.Digest], Cancellation)).Applied);
        Assert.Equal(RunStatus.Completed, (await client.WatchAsync(run, 0, Cancellation).LastAsync(Cancellation)).Status);
        await client.Content.VerifyAsync(student, Cancellation);
    }

    [Fact]
    public async Task Runs_are_found_by_their_tags()
    {
        await using var site = await GatewaySite.OpenAsync(new ScriptedTraining());
        using var client = site.Client();
        var (one, other) = (await site.SubmitAsync("one"), await site.SubmitAsync("other"));
        foreach (var each in new[] { one, other })
        {
            await client.WatchAsync(each, 0, Cancellation).LastAsync(Cancellation);
        }

        var tagged = await client.TagAsync(one.Owner, ["good", "baseline", "good"], [], Cancellation);
        await client.TagAsync(other.Owner, ["good"], ["absent"], Cancellation);
        var good = await client.RunsAsync(new RunFilter { Tag = "good" }, Cancellation);
        await client.TagAsync(other.Owner, [], ["good"], Cancellation);
        var left = await client.RunsAsync(new RunFilter { Tag = "good" }, Cancellation);
        var wrong = await Assert.ThrowsAsync<DisBackException>(() => client.TagAsync(one.Owner, ["Not a tag"], [], Cancellation));

        Assert.Equal(["baseline", "good"], tagged.Tags);
        Assert.Equal(RunStatus.Completed, tagged.Run.Status);
        Assert.Equal(2, good.Count);
        Assert.Equal(one.Owner, Assert.Single(left).Id);
        Assert.StartsWith("'Not a tag' is no tag; expected a name of", wrong.Message, StringComparison.Ordinal);
        await Assert.ThrowsAsync<NotFoundException>(() => client.TagAsync("nothing-00000000/0000", ["good"], [], Cancellation));
        // The same spec again is the same run.
        await site.SubmitAsync("one");
        Assert.Equal(["baseline", "good"], (await client.TrialAsync(one.Owner, Cancellation))!.Tags);
    }

    [Fact]
    public async Task A_teacher_is_replaced_where_its_training_failed_and_refused_with_the_ways_out_where_it_has_weights()
    {
        var training = new ScriptedTraining();
        training.At(RunKind.Teacher, 15, _ => throw new DisBackException("The spec has a mistake."));
        await using var site = await GatewaySite.OpenAsync(training);
        using var client = site.Client();
        var network = new SongUnetSettings { ImgResolution = 14, ImgChannels = 1, ChannelMult = [1], AttnResolutions = [] };
        var spec = new TeacherSpec { Name = "mine", Network = network, Data = new() { Resolution = 14 } };
        await client.TrainTeacherAsync(spec, Cancellation);
        Assert.Equal(RunStatus.Failed, (await client.WatchAsync(RunId.Teacher("mine"), 0, Cancellation).LastAsync(Cancellation)).Status);

        await client.TrainTeacherAsync(spec with { Seed = 1 }, Cancellation);
        Assert.Equal(RunStatus.Completed, (await client.WatchAsync(RunId.Teacher("mine"), 0, Cancellation).LastAsync(Cancellation)).Status);
        var refused = await Assert.ThrowsAsync<DisBackException>(() => client.TrainTeacherAsync(spec with { Seed = 2 }, Cancellation));
        Assert.Equal(
            "The name 'mine' is taken by another teacher (trained here, completed); delete that one with 'disback delete teacher/mine', or choose another "
                + "name.",
            refused.Message);

        await client.DeleteAsync(RunId.Teacher("mine"), Cancellation);
        await client.TrainTeacherAsync(spec with { Seed = 2 }, Cancellation);
    }

    [Fact]
    public async Task A_run_is_paused_explained_resumed_and_cancelled()
    {
        var training = new ScriptedTraining();
        var hold = training.HoldAt(RunKind.Backtracking, 5);
        // Lists are what the folder holds now, not what it held a second ago.
        await using var site = await GatewaySite.OpenAsync(training, "--Limits:ListAge=00:00:00");
        using var client = site.Client();
        var run = await site.SubmitAsync("steered");
        await hold.Reached;

        Assert.StartsWith("Attempt 1", (await client.WhyAsync(run, Cancellation))[0]);
        Assert.True((await client.PauseAsync(run, Cancellation)).Applied);
        hold.Open();
        Assert.Equal(RunStatus.Paused, (await client.WatchAsync(run, 0, Cancellation).LastAsync(Cancellation)).Status);
        Assert.Equal("steered", Assert.Single(await client.RunsAsync(new RunFilter(RunStatus.Paused, "STE"), Cancellation)).Name);
        Assert.Empty(await client.RunsAsync(new RunFilter(RunStatus.Running), Cancellation));

        var again = training.HoldAt(RunKind.Backtracking, 20);
        Assert.True((await client.ResumeAsync(run, Cancellation)).Applied);
        await again.Reached;
        Assert.True((await client.CancelAsync(run, Cancellation)).Applied);
        again.Open();
        Assert.Equal(RunStatus.Cancelled, (await client.WatchAsync(run, 0, Cancellation).LastAsync(Cancellation)).Status);
    }

    [Fact]
    public async Task Pages_are_newest_first_and_hold_everything_once()
    {
        await using var site = await GatewaySite.OpenAsync(new ScriptedTraining());
        var submitted = new List<string>();
        for (var i = 0; i < 5; i++)
        {
            submitted.Add((await site.SubmitAsync($"page-{i}")).Owner);
        }
        using var http = site.Http(site.Viewer);

        var listed = new List<string>();
        string? next = null;
        do
        {
            var json = await http.GetStringAsync(
                new Uri($"api/v1/runs?limit=2{(next is null ? "" : $"&after={Uri.EscapeDataString(next)}")}", UriKind.Relative),
                Cancellation);
            var page = JsonSerializer.Deserialize<Page<RunSummary>>(json, Api.Json)!;
            Assert.InRange(page.Items.Count, 1, 2);
            listed.AddRange(page.Items.Select(run => run.Id));
            next = page.Next;
        }
        while (next is not null);

        Assert.Equal(Enumerable.Reverse(submitted), listed);
        Assert.Equal(HttpStatusCode.BadRequest, (await http.GetAsync(new Uri("api/v1/runs?limit=0", UriKind.Relative), Cancellation)).StatusCode);
        Assert.Equal(HttpStatusCode.BadRequest, (await http.GetAsync(new Uri("api/v1/runs?status=asleep", UriKind.Relative), Cancellation)).StatusCode);
        Assert.Equal(HttpStatusCode.BadRequest, (await http.GetAsync(new Uri("api/v1/runs?status=5", UriKind.Relative), Cancellation)).StatusCode);
    }

    [Fact]
    public async Task Without_a_silo_what_is_stored_is_read_and_the_rest_is_asked_to_come_back()
    {
        await using var site = await GatewaySite.OpenAsync();
        using var http = site.Http(site.Operator);

        Assert.Equal(HttpStatusCode.OK, (await http.GetAsync(new Uri("api/v1/runs", UriKind.Relative), Cancellation)).StatusCode);
        Assert.Equal(HttpStatusCode.OK, (await http.GetAsync(new Uri("health/live", UriKind.Relative), Cancellation)).StatusCode);
        Assert.Equal(HttpStatusCode.ServiceUnavailable, (await http.GetAsync(new Uri("health/ready", UriKind.Relative), Cancellation)).StatusCode);
        using var response = await http.GetAsync(new Uri("api/v1/accelerators", UriKind.Relative), Cancellation);
        Assert.Equal(HttpStatusCode.ServiceUnavailable, response.StatusCode);
        Assert.NotNull(response.Headers.RetryAfter);
        Assert.Equal("application/problem+json", response.Content.Headers.ContentType?.MediaType);
    }

    [Fact]
    public async Task Contents_are_what_their_digest_says_on_the_way_in_and_out()
    {
        await using var site = await GatewaySite.OpenAsync(training: null, "--Limits:ContentBytes=3000000");
        using var http = site.Http(site.Operator);
        var bytes = RandomNumberGenerator.GetBytes(2_000_000);
        var digest = Convert.ToHexStringLower(SHA256.HashData(bytes));
        var path = new Uri($"api/v1/contents/{digest}", UriKind.Relative);

        Assert.Equal(HttpStatusCode.NotFound, (await http.GetAsync(path, Cancellation)).StatusCode);
        using (var wrong = new ByteArrayContent([.. bytes, 0]))
        using (var refused = await http.PutAsync(path, wrong, Cancellation))
        {
            Assert.Equal(HttpStatusCode.BadRequest, refused.StatusCode);
            Assert.Contains($"and not to {digest}", await refused.Content.ReadAsStringAsync(Cancellation));
        }
        Assert.Equal(HttpStatusCode.NotFound, (await http.GetAsync(path, Cancellation)).StatusCode);
        using (var right = new ByteArrayContent(bytes))
        {
            Assert.Equal(HttpStatusCode.NoContent, (await http.PutAsync(path, right, Cancellation)).StatusCode);
        }

        using var part = new HttpRequestMessage(HttpMethod.Get, path) { Headers = { Range = new RangeHeaderValue(1_000_000, 1_000_009) } };
        using var answer = await http.SendAsync(part, Cancellation);
        Assert.Equal(HttpStatusCode.PartialContent, answer.StatusCode);
        Assert.Equal(bytes[1_000_000..1_000_010], await answer.Content.ReadAsByteArrayAsync(Cancellation));
        Assert.Equal($"\"{digest}\"", answer.Headers.ETag!.Tag);
        using var known = new HttpRequestMessage(HttpMethod.Get, path) { Headers = { IfNoneMatch = { new EntityTagHeaderValue($"\"{digest}\"") } } };
        Assert.Equal(HttpStatusCode.NotModified, (await http.SendAsync(known, Cancellation)).StatusCode);

        // Asked first, as our client does: an answer in the middle of what is sent may be lost with the connection.
        using var large = new HttpRequestMessage(HttpMethod.Put, path)
        {
            Content = new ByteArrayContent(new byte[3_000_001]),
            Headers = { ExpectContinue = true },
        };
        Assert.Equal(HttpStatusCode.RequestEntityTooLarge, (await http.SendAsync(large, Cancellation)).StatusCode);
    }

    [Fact]
    public async Task A_submission_that_is_too_large_is_not_read()
    {
        await using var site = await GatewaySite.OpenAsync(new ScriptedTraining(), "--Limits:DocumentBytes=1000");
        using var http = site.Http(site.Operator);
        using var document = new ByteArrayContent(new byte[1001]) { Headers = { ContentType = new MediaTypeHeaderValue("application/json") } };

        Assert.Equal(HttpStatusCode.RequestEntityTooLarge, (await http.PostAsync(new Uri("api/v1/runs", UriKind.Relative), document, Cancellation)).StatusCode);
    }

    [Fact]
    public async Task A_content_that_was_damaged_in_the_store_is_named_by_whoever_fetches_it()
    {
        await using var site = await GatewaySite.OpenAsync();
        using var client = site.Client();
        var content = await client.Content.PutAsync(BinaryData.FromString("whole"), Cancellation);
        await client.Content.VerifyAsync(content, Cancellation);
        await File.WriteAllTextAsync(site.Archive.Content.LocalPathOf(content)!, "whale", Cancellation);

        var file = Path.Combine(site.Folder, "fetched");
        await Assert.ThrowsAsync<CorruptContentException>(() => client.Content.FetchAsync(content, file, Cancellation));
        await Assert.ThrowsAsync<CorruptContentException>(() => client.Content.VerifyAsync(content, Cancellation));
        await Assert.ThrowsAsync<MissingContentException>(() => client.Content.FetchAsync(new ContentRef(new string('0', 64), 1), file, Cancellation));
        Assert.False(File.Exists(file));
    }

    [Fact]
    public async Task Metrics_are_there_for_prometheus()
    {
        await using var site = await GatewaySite.OpenAsync();
        using var http = site.Http(site.Viewer);
        await http.GetAsync(new Uri("api/v1/runs", UriKind.Relative), Cancellation);

        Assert.Contains("http_server_request_duration_seconds", await http.GetStringAsync(new Uri("metrics", UriKind.Relative), Cancellation));
    }

    [Theory]
    [InlineData("""{"weights": null, "network": "{}", "provenance": "here"}""")]
    [InlineData("""{"weights": {"digest": null, "length": 1}, "network": "{}", "provenance": "here"}""")]
    [InlineData("""{"weights": {"digest": "x", "length": 1}}""")]
    [InlineData("""{}""")]
    public async Task A_registration_that_leaves_something_out_is_refused(string json)
    {
        await using var site = await GatewaySite.OpenAsync(new ScriptedTraining());
        using var http = site.Http(site.Operator);
        using var body = new StringContent(json, Encoding.UTF8, "application/json");
        Assert.Equal(HttpStatusCode.BadRequest, (await http.PutAsync(new Uri("api/v1/teachers/a", UriKind.Relative), body, Cancellation)).StatusCode);
    }
}
