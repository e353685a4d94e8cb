using System.Diagnostics.Metrics;
using DisBack.Contracts.Documents;
using DisBack.Contracts.Grains;
using DisBack.Orchestration.Drawing;
using DisBack.Orchestration.Training;
using DisBack.Sdxl.Drawing;
using DisBack.Sdxl.Models;
using DisBack.Storage.Documents;
using DisBack.Telemetry;
using Microsoft.Extensions.DependencyInjection;
using static TorchSharp.torch;

namespace DisBack.Orchestration.Tests.Drawing;

/// <summary>Pictures of prompts as jobs on a worker's device, with the miniature model.</summary>
public sealed class DrawingTests
{
    [Fact]
    public async Task A_picture_that_a_worker_draws_has_the_bytes_of_one_that_is_drawn_here()
    {
        await using var site = await Site.OpenAsync(new ScriptedTraining());
        var model = await MiniModel.StoreAsync(site.Contents);
        var request = MiniModel.OneStep(count: 2) with { Seed = 7 };

        var drawing = NewDrawing(site);
        await drawing.SubmitAsync(request, model);
        var done = await MiniModel.UntilAsync(drawing, DrawingState.Completed);

        Assert.Equal([(0, 7L), (0, 8L)], done.Pictures.Select(picture => (picture.Prompt, picture.Seed)));
        Assert.Null(done.Message);
        var expected = DrawnHere(request, model);
        for (var i = 0; i < expected.Count; i++)
        {
            Assert.Equal(expected[i], await BytesAsync(site, done.Pictures[i].Content));
        }
    }

    [Fact]
    public async Task Requests_for_the_same_files_share_one_loading_whatever_the_model_is_called()
    {
        await using var site = await Site.OpenAsync(new ScriptedTraining());
        var model = await MiniModel.StoreAsync(site.Contents);
        using var loads = new Loads();

        var (first, second) = (NewDrawing(site), NewDrawing(site));
        await first.SubmitAsync(MiniModel.OneStep(), model);
        await second.SubmitAsync(MiniModel.OneStep("A cat.") with { Model = "other" }, model with { Files = [.. model.Files.Reverse()] });
        await MiniModel.UntilAsync(first, DrawingState.Completed);
        await MiniModel.UntilAsync(second, DrawingState.Completed);

        Assert.Equal(1, loads.Count);
        Assert.Equal([model.Digest()], site.Host.Services.GetRequiredService<LoadedModels>().Digests);
    }

    [Fact]
    public async Task A_model_leaves_the_memory_when_it_was_idle_for_its_time_or_when_a_run_takes_a_slot_of_its_device()
    {
        await using var site = await Site.OpenAsync(new ScriptedTraining(), options => options.ModelIdle = TimeSpan.FromHours(1));
        var model = await MiniModel.StoreAsync(site.Contents);
        var (loaded, slots) = (site.Host.Services.GetRequiredService<LoadedModels>(), site.Host.Services.GetRequiredService<DeviceSlots>());
        var folder = Path.Combine(site.Folder, "scratch", "models");

        await DrawAsync(site, model);
        Assert.Single(loaded.Digests);
        Assert.Single(Directory.GetDirectories(folder));
        // Another drawing of the same device leaves it; a run does not.
        var slot = new OccupiedSlot(new RunAttempt(RunKind.Teacher, "t", 1), 0);
        Assert.NotNull(slots.TryTake(slot));
        slots.GiveBack(slot);

        Assert.Empty(loaded.Digests);
        Assert.Empty(Directory.GetDirectories(folder));
    }

    [Fact]
    public async Task A_drawing_that_is_cancelled_while_it_samples_stops_and_gives_its_slot_back()
    {
        await using var site = await Site.OpenAsync(new ScriptedTraining());
        var drawing = NewDrawing(site);
        await drawing.SubmitAsync(MiniModel.Endless, await MiniModel.StoreAsync(site.Contents));
        await MiniModel.UntilAsync(drawing, view => view.Progress is { Stage: DrawingStage.Sampling, Done: > 0 });

        var cancelled = await drawing.CancelAsync();

        Assert.Equal((DrawingState.Cancelled, "It was cancelled."), (cancelled!.State, cancelled.Message));
        // The one slot is needed by the next one, whose model is in memory still.
        using var loads = new Loads();
        await DrawAsync(site, await MiniModel.StoreAsync(site.Contents));
        Assert.Equal(0, loads.Count);
        Assert.Equal(DrawingState.Cancelled, (await drawing.GetAsync())!.State);
    }

    [Fact]
    public async Task A_drawing_whose_process_is_gone_begins_anew_and_one_that_waited_is_drawn()
    {
        await using var site = await Site.OpenAsync(new ScriptedTraining());
        var model = await MiniModel.StoreAsync(site.Contents);
        var (first, second) = (Guid.NewGuid().ToString("n"), Guid.NewGuid().ToString("n"));
        await site.Host.Grains.GetGrain<IDrawingGrain>(first).SubmitAsync(MiniModel.OneStep(count: 60), model);
        await MiniModel.UntilAsync(site.Host.Grains.GetGrain<IDrawingGrain>(first), view => view.Progress is { Stage: DrawingStage.Sampling });
        await site.Host.Grains.GetGrain<IDrawingGrain>(second).SubmitAsync(MiniModel.OneStep(), model);

        // Nobody is told: this is as near to a kill as one process comes.
        await site.Host.DisposeAsync();
        await site.StartAsync(new ScriptedTraining());
        var again = await MiniModel.UntilAsync(site.Host.Grains.GetGrain<IDrawingGrain>(first), view => view.Cause is not null || view.State.IsSettled());
        await MiniModel.UntilAsync(site.Host.Grains.GetGrain<IDrawingGrain>(first), DrawingState.Completed);
        await MiniModel.UntilAsync(site.Host.Grains.GetGrain<IDrawingGrain>(second), DrawingState.Completed);

        Assert.NotEqual(DrawingState.Failed, again.State);
        var document = await site.StoredAsync<DrawingDocument>(DocumentNames.Drawing, first);
        Assert.Equal((60, 2), (document.Pictures.Length, document.Attempt));
        Assert.InRange(document.Failures, 0, 1);
    }

    [Fact]
    public async Task A_worker_that_shuts_down_leaves_its_drawing_to_others_and_that_costs_it_no_try()
    {
        await using var site = await Site.OpenAsync(new ScriptedTraining());
        var (id, model) = (GrainKeys.NewDrawing(), await MiniModel.StoreAsync(site.Contents));
        await site.Host.Grains.GetGrain<IDrawingGrain>(id).SubmitAsync(MiniModel.OneStep(count: 60), model);
        await MiniModel.UntilAsync(site.Host.Grains.GetGrain<IDrawingGrain>(id), view => view.Progress is { Stage: DrawingStage.Sampling });

        await site.Host.StopAsync(TestContext.Current.CancellationToken);
        var left = await new DocumentReader(new Storage.Blobs.FolderBlobStore(site.Folder), DocumentNames.Service)
            .ReadAsync<DrawingDocument>(DocumentNames.Drawing, id, DocumentNames.Drawing, TestContext.Current.CancellationToken);
        await site.StartAsync(new ScriptedTraining());
        await MiniModel.UntilAsync(site.Host.Grains.GetGrain<IDrawingGrain>(id), DrawingState.Completed);

        Assert.Equal((DrawingState.Waiting, FailureCause.Stopped, 0, 1), (left!.State, left.Cause, left.Failures, left.Attempt));
        Assert.Equal("The worker is shutting down.", left.Message);
    }

    [Fact]
    public async Task What_cannot_be_drawn_fails_with_the_sentence_of_the_worker_and_leaves_the_model_as_it_was()
    {
        await using var site = await Site.OpenAsync(new ScriptedTraining());
        var model = await MiniModel.StoreAsync(site.Contents);
        await DrawAsync(site, model);
        using var loads = new Loads();

        var odd = NewDrawing(site);
        await odd.SubmitAsync(MiniModel.OneStep() with { Width = 60, Height = 64 }, model);
        var failed = await MiniModel.UntilAsync(odd, DrawingState.Failed);

        Assert.Equal(FailureCause.Invalid, failed.Cause);
        Assert.Contains("60 x 64 pixels cannot be drawn", failed.Message);
        await DrawAsync(site, model);
        Assert.Equal(0, loads.Count);
    }

    [Fact]
    public async Task A_request_that_would_not_fit_into_memory_fails_before_anything_is_loaded()
    {
        await using var site = await Site.OpenAsync(new ScriptedTraining());
        var drawing = NewDrawing(site);

        // A quarter of a million latents of a prompt each, sampled at once.
        await drawing.SubmitAsync(
            MiniModel.OneStep(count: 1000) with { Width = 4096, Height = 4096, Batch = 1000 }, await MiniModel.StoreAsync(site.Contents));
        var failed = await MiniModel.UntilAsync(drawing, DrawingState.Failed);

        Assert.Equal(FailureCause.Invalid, failed.Cause);
        Assert.Matches("^Drawing 4096 x 4096 pixels needs about .* of memory", failed.Message);
        Assert.Empty(failed.Pictures);
    }

    [Fact]
    public async Task A_content_that_is_missing_is_named_and_tried_again_no_more_than_a_few_times()
    {
        await using var site = await Site.OpenAsync(new ScriptedTraining());
        var model = await MiniModel.StoreAsync(site.Contents);
        site.Lose(model.Files.Single(file => file.Path == "vae/config.json").Content);

        var drawing = NewDrawing(site);
        await drawing.SubmitAsync(MiniModel.OneStep(), model);
        var failed = await MiniModel.UntilAsync(drawing, DrawingState.Failed);

        Assert.Equal(FailureCause.Storage, failed.Cause);
        var document = await site.StoredAsync<DrawingDocument>(DocumentNames.Drawing, failed.Id);
        Assert.Equal(3, document.Attempt);
    }

    [Fact]
    public async Task A_model_that_lacks_a_part_is_named_without_the_folder_that_its_worker_made()
    {
        await using var site = await Site.OpenAsync(new ScriptedTraining());
        var model = await MiniModel.StoreAsync(site.Contents);
        var drawing = NewDrawing(site);

        await drawing.SubmitAsync(MiniModel.OneStep(), model with { Files = model.Files.RemoveAll(file => file.Path.StartsWith("unet/diff", default)) });
        var failed = await MiniModel.UntilAsync(drawing, DrawingState.Failed);

        Assert.StartsWith("'unet' has no weights", failed.Message);
    }

    [Fact]
    public async Task A_drawing_that_has_settled_expires_and_its_id_is_unknown_afterwards()
    {
        await using var site = await Site.OpenAsync(new ScriptedTraining(), options => options.DrawingsKept = TimeSpan.Zero);
        var drawing = NewDrawing(site);
        await drawing.SubmitAsync(MiniModel.OneStep(), await MiniModel.StoreAsync(site.Contents));
        var id = drawing.GetPrimaryKeyString();

        // It settles, and whoever wakes it then, the supervisor for one, finds that its time is over.
        while (await drawing.GetAsync() is not null)
        {
            await drawing.WakeAsync();
        }

        var documents = new DocumentReader(site.Host.Services.GetRequiredService<Storage.Blobs.IBlobStore>(), DocumentNames.Service);
        Assert.Null(await documents.ReadAsync<DrawingDocument>(DocumentNames.Drawing, id, DocumentNames.Drawing, TestContext.Current.CancellationToken));
    }

    [Fact]
    public async Task A_name_of_a_model_is_taken_until_it_is_deleted()
    {
        await using var site = await Site.OpenAsync(new ScriptedTraining());
        var model = await MiniModel.StoreAsync(site.Contents);
        var grain = site.Host.Grains.GetGrain<IModelGrain>("mini");

        Assert.Null(await grain.GetAsync());
        Assert.False(await grain.DeleteAsync());
        Assert.Equal(model.Digest(), (await grain.RegisterAsync(model)).Manifest.Digest());
        var other = model with { KeepsAdapters = true };
        Assert.Equal(model.Digest(), (await grain.RegisterAsync(other)).Manifest.Digest());
        Assert.True(await grain.DeleteAsync());
        Assert.Equal(other.Digest(), (await grain.RegisterAsync(other)).Manifest.Digest());
    }

    private static IDrawingGrain NewDrawing(Site site) => site.Host.Grains.GetGrain<IDrawingGrain>(Guid.NewGuid().ToString("n"));

    private static async Task DrawAsync(Site site, ModelManifest model)
    {
        var drawing = NewDrawing(site);
        await drawing.SubmitAsync(MiniModel.OneStep(), model);
        await MiniModel.UntilAsync(drawing, DrawingState.Completed);
    }

    private static List<byte[]> DrawnHere(DrawingRequest request, ModelManifest model)
    {
        using var drawer = new TextToImage(new ModelSource(ModelFolder.Open(MiniModel.Folder)), new(CPU, ScalarType.Float32));
        var pictures = RequestedPictures.Of(request, drawer);
        return
        [
            .. drawer.Draw(pictures, null, TestContext.Current.CancellationToken).Select(picture =>
            {
                using (picture)
                {
                    return PictureTexts.Png(picture, pictures, RequestedPictures.Names(request, model));
                }
            }),
        ];
    }

    private static async Task<byte[]> BytesAsync(Site site, ContentRef content)
    {
        await using var stream = await site.Contents.OpenAsync(content, TestContext.Current.CancellationToken);
        return (await BinaryData.FromStreamAsync(stream, TestContext.Current.CancellationToken)).ToArray();
    }

    /// <summary>Counts the models that are opened in this process.</summary>
    private sealed class Loads : IDisposable
    {
        private readonly MeterListener _listener = new();
        private long _count;

        public Loads()
        {
            _listener.SetMeasurementEventCallback<long>((_, measured, _, _) => Interlocked.Add(ref _count, measured));
            _listener.EnableMeasurementEvents(Instruments.ModelLoads);
            _listener.Start();
        }

        public long Count => Interlocked.Read(ref _count);

        public void Dispose() => _listener.Dispose();
    }
}
