using System.Net;
using System.Net.Http.Json;
using System.Text;
using DisBack.Client;
using DisBack.Client.Http;
using DisBack.Contracts.Documents;
using DisBack.Contracts.Grains;
using DisBack.Diffusion.Pictures;
using DisBack.Orchestration.Tests;
using DisBack.Orchestration.Tests.Drawing;
using DisBack.Storage.Documents;

namespace DisBack.Gateway.Tests.Endpoints;

/// <summary>Models and drawings through the gateway, with the miniature model and a real silo that draws.</summary>
public sealed class DrawingApiTests
{
    private static CancellationToken Cancellation => TestContext.Current.CancellationToken;

    [Fact]
    public async Task A_picture_is_submitted_followed_and_fetched_by_its_link()
    {
        await using var site = await GatewaySite.OpenAsync(new ScriptedTraining());
        using var client = site.Client();
        await RegisterAsync(client);
        using var http = site.Http(site.Operator);
        using var viewer = site.Http(site.Viewer);

        using var submitted = await http.PostAsync(
            $"{Api.Prefix}/drawings",
            new StringContent("""{"request": {"model": "mini", "prompts": ["a dog", "a cat"], "seed": 3}}""", Encoding.UTF8, "application/json"),
            Cancellation);
        Assert.Equal(HttpStatusCode.Accepted, submitted.StatusCode);
        var first = await submitted.Content.ReadFromJsonAsync<DrawingAnswer>(Api.Json, Cancellation);
        Assert.Equal($"/{Api.Prefix}/drawings/{first!.Drawing.Id}", submitted.Headers.Location!.OriginalString);
        var done = await client.FollowAsync(first.Drawing.Id, null, Cancellation).LastAsync(Cancellation);
        var answer = await viewer.GetFromJsonAsync<DrawingAnswer>(submitted.Headers.Location, Api.Json, Cancellation);

        Assert.Equal(DrawingState.Completed, done.State);
        Assert.Equal([$"{submitted.Headers.Location}/pictures/0", $"{submitted.Headers.Location}/pictures/1"], answer!.Links);
        using var picture = await viewer.GetAsync(answer.Links[1], Cancellation);
        Assert.Equal((HttpStatusCode.OK, "image/png"), (picture.StatusCode, picture.Content.Headers.ContentType?.MediaType));
        Assert.Equal("max-age=31536000, private, immutable", picture.Headers.CacheControl!.ToString());
        var texts = PngText.Read(await picture.Content.ReadAsByteArrayAsync(Cancellation), "the picture");
        Assert.Equal(("a cat", "3", "mini"), (texts["prompt"], texts["seed"], texts["model"]));
        using var beyond = await viewer.GetAsync($"{submitted.Headers.Location}/pictures/2", Cancellation);
        Assert.Equal(HttpStatusCode.NotFound, beyond.StatusCode);
        Assert.Contains("has 2 of 2 pictures", await beyond.Content.ReadAsStringAsync(Cancellation));
    }

    [Fact]
    public async Task A_drawing_that_is_cancelled_says_so_and_submitting_it_again_changes_nothing()
    {
        await using var site = await GatewaySite.OpenAsync(new ScriptedTraining());
        using var client = site.Client();
        await RegisterAsync(client);
        var id = GrainKeys.NewDrawing();

        await client.DrawAsync(MiniModel.Endless, id, Cancellation);
        await client.FollowAsync(id, null, Cancellation).FirstAsync(now => now.Progress is { Stage: DrawingStage.Sampling }, Cancellation);
        var cancelled = await client.CancelDrawingAsync(id, Cancellation);
        var again = await client.DrawAsync(MiniModel.OneStep(), id, Cancellation);

        Assert.Equal(DrawingState.Cancelled, cancelled.State);
        Assert.Equal((DrawingState.Cancelled, 1000), (again.State, again.Request.Count));
        // The slot is free for others.
        var next = GrainKeys.NewDrawing();
        await client.DrawAsync(MiniModel.OneStep(), next, Cancellation);
        Assert.Equal(DrawingState.Completed, (await client.FollowAsync(next, null, Cancellation).LastAsync(Cancellation)).State);
    }

    [Fact]
    public async Task Drawings_are_listed_in_pages_the_newest_first_and_damaged_documents_are_named()
    {
        await using var site = await GatewaySite.OpenAsync(new ScriptedTraining());
        using var client = site.Client();
        await RegisterAsync(client);
        var ids = new List<string>();
        for (var i = 0; i < 3; i++)
        {
            ids.Insert(0, GrainKeys.NewDrawing());
            await client.DrawAsync(MiniModel.OneStep(), ids[0], Cancellation);
            await client.FollowAsync(ids[0], null, Cancellation).LastAsync(Cancellation);
        }
        // Before anything is listed, for only what was written by a store is looked at again.
        await DamageAsync(DocumentNames.Drawing, ids[1]);
        await DamageAsync(DocumentNames.Model, "mini");
        using var viewer = site.Http(site.Viewer);

        var page = (await viewer.GetFromJsonAsync<Page<DrawingView>>($"{Api.Prefix}/drawings?limit=1", Api.Json, Cancellation))!;
        var rest = (await viewer.GetFromJsonAsync<Page<DrawingView>>($"{Api.Prefix}/drawings?limit=2&after={page.Next}", Api.Json, Cancellation))!;
        Assert.Equal([ids[0], ids[2]], page.Items.Concat(rest.Items).Select(drawing => drawing.Id));
        Assert.Null(rest.Next);
        Assert.Equal([ids[0], ids[2]], (await client.DrawingsAsync(Cancellation)).Select(drawing => drawing.Id));
        Assert.Contains(ids[1], Assert.Single(await client.DamagedDrawingsAsync(Cancellation)), StringComparison.Ordinal);
        Assert.Contains("restore it from a copy", Assert.Single(await client.DamagedModelsAsync(Cancellation)), StringComparison.Ordinal);
        Assert.Empty(await client.ModelsAsync(Cancellation));
        Assert.Equal(2, (await viewer.GetFromJsonAsync<string[]>($"{Api.Prefix}/damaged", Cancellation))!.Length);

        Task DamageAsync(string kind, string key) => File.WriteAllTextAsync(
            Path.Combine(site.Folder, StateNames.Of(DocumentNames.Service, kind, key, kind)), "{\"id\": ", Cancellation);
    }

    [Fact]
    public async Task A_model_that_is_deleted_while_a_drawing_waits_is_drawn_with_and_not_found_by_the_next()
    {
        await using var site = await GatewaySite.OpenAsync(new ScriptedTraining());
        using var client = site.Client();
        var model = await RegisterAsync(client);
        var (holds, waits) = (GrainKeys.NewDrawing(), GrainKeys.NewDrawing());
        await client.DrawAsync(MiniModel.Endless, holds, Cancellation);
        await client.FollowAsync(holds, null, Cancellation).FirstAsync(now => now.State == DrawingState.Drawing, Cancellation);
        await client.DrawAsync(MiniModel.OneStep(), waits, Cancellation);
        var waiting = await client.FollowAsync(waits, null, Cancellation).FirstAsync(now => now.Message!.Contains("slot is in use"), Cancellation);

        Assert.Equal(model.Id, Assert.Single(await client.ModelsAsync(Cancellation)).Id);
        await client.DeleteModelAsync("mini", Cancellation);
        Assert.Null(await client.ModelAsync("mini", Cancellation));
        var refused = await Assert.ThrowsAsync<NotFoundException>(() => client.DrawAsync(MiniModel.OneStep(), GrainKeys.NewDrawing(), Cancellation));
        await client.CancelDrawingAsync(holds, Cancellation);

        Assert.Equal(DrawingState.Waiting, waiting.State);
        Assert.Equal("There is no model 'mini'; 'disback model list' shows what there is.", refused.Message);
        Assert.Equal(DrawingState.Completed, (await client.FollowAsync(waits, null, Cancellation).LastAsync(Cancellation)).State);
        await Assert.ThrowsAsync<NotFoundException>(() => client.DeleteModelAsync("mini", Cancellation));
    }

    [Fact]
    public async Task Registering_checks_paths_contents_and_names()
    {
        await using var site = await GatewaySite.OpenAsync(new ScriptedTraining());
        using var client = site.Client();
        var model = await RegisterAsync(client);

        Assert.Contains("'unet/../../x.json' is no file of a model", await RefusalOf("a", model.Manifest with
        {
            Files = [.. model.Manifest.Files, new("unet/../../x.json", model.Manifest.Files[0].Content)],
        }));
        Assert.Contains("are not stored", await RefusalOf("a", model.Manifest with { UNet = new("a.bin", new ContentRef(new string('0', 64), 5)) }));
        Assert.Contains("is no name of a model", await RefusalOf("A Name", model.Manifest));
        Assert.Contains("is taken by a model with other files", await RefusalOf("mini", model.Manifest with { KeepsAdapters = true }));
        Assert.Equal(model.Registered, (await client.RegisterModelAsync("mini", model.Manifest, Cancellation)).Registered);
        Assert.Single(await client.ModelsAsync(Cancellation));

        async Task<string> RefusalOf(string name, ModelManifest manifest) =>
            (await Assert.ThrowsAsync<DisBackException>(() => client.RegisterModelAsync(name, manifest, Cancellation))).Message;
    }

    [Theory]
    [InlineData("{}", "The body is no drawing")]
    [InlineData("""{"request": {}}""", "names no model")]
    [InlineData("""{"request": {"model": "mini", "prompts": []}}""", "has no prompt")]
    [InlineData("""{"request": {"model": "mini", "prompts": ["a"], "count": 5000}}""", "1 to 1000 pictures")]
    [InlineData("""{"request": {"model": "mini", "prompts": ["a"]}, "id": "../../x"}""", "is no id of a drawing")]
    public async Task What_cannot_be_drawn_is_refused_with_a_sentence(string body, string sentence)
    {
        await using var site = await GatewaySite.OpenAsync(new ScriptedTraining());
        using var http = site.Http(site.Operator);

        using var answer = await http.PostAsync($"{Api.Prefix}/drawings", new StringContent(body, Encoding.UTF8, "application/json"), Cancellation);

        Assert.Equal(HttpStatusCode.BadRequest, answer.StatusCode);
        Assert.Contains(sentence, await answer.Content.ReadAsStringAsync(Cancellation));
    }

    [Fact]
    public async Task A_viewer_looks_and_does_not_draw_register_or_cancel()
    {
        await using var site = await GatewaySite.OpenAsync(new ScriptedTraining());
        using var client = site.Client();
        await RegisterAsync(client);
        var id = GrainKeys.NewDrawing();
        await client.DrawAsync(MiniModel.OneStep(), id, Cancellation);
        using var viewer = site.Http(site.Viewer);
        using var stranger = site.Http(null);

        Assert.Equal(HttpStatusCode.OK, (await viewer.GetAsync($"{Api.Prefix}/models", Cancellation)).StatusCode);
        Assert.Equal(HttpStatusCode.OK, (await viewer.GetAsync($"{Api.Prefix}/drawings/{id}", Cancellation)).StatusCode);
        Assert.Equal(HttpStatusCode.Forbidden, (await viewer.PostAsync($"{Api.Prefix}/drawings", JsonContent.Create("{}"), Cancellation)).StatusCode);
        Assert.Equal(HttpStatusCode.Forbidden, (await viewer.DeleteAsync($"{Api.Prefix}/drawings/{id}", Cancellation)).StatusCode);
        Assert.Equal(HttpStatusCode.Forbidden, (await viewer.PutAsync($"{Api.Prefix}/models/x", JsonContent.Create("{}"), Cancellation)).StatusCode);
        Assert.Equal(HttpStatusCode.Forbidden, (await viewer.DeleteAsync($"{Api.Prefix}/models/mini", Cancellation)).StatusCode);
        Assert.Equal(HttpStatusCode.Unauthorized, (await stranger.GetAsync($"{Api.Prefix}/drawings/{id}", Cancellation)).StatusCode);
        Assert.Equal(HttpStatusCode.NotFound, (await viewer.GetAsync($"{Api.Prefix}/drawings/{GrainKeys.NewDrawing()}", Cancellation)).StatusCode);
        Assert.Equal(HttpStatusCode.NotFound, (await viewer.GetAsync($"{Api.Prefix}/drawings/nonsense", Cancellation)).StatusCode);
    }

    private static async Task<ModelDocument> RegisterAsync(ClusterClient client) =>
        await client.RegisterModelAsync("mini", await MiniModel.StoreAsync(client.Content), Cancellation);
}
