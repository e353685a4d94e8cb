using DisBack.Contracts.Grains;
using DisBack.Orchestration.Drawing;
using DisBack.Orchestration.Training;
using DisBack.Storage.Blobs;
using DisBack.Storage.Cache;
using DisBack.Storage.Content;
using Microsoft.Extensions.Logging.Abstractions;
using Microsoft.Extensions.Options;
using Microsoft.Extensions.Time.Testing;

namespace DisBack.Orchestration.Tests.Drawing;

/// <summary>Who may use a model, and how long it stays.</summary>
public sealed class LoadedModelsTests : IDisposable
{
    private static readonly Accelerator s_device = new(0, "cpu", "cpu", 2);

    private readonly string _folder = Directory.CreateTempSubdirectory("disback-models-").FullName;
    private readonly FakeTimeProvider _time = new();
    private readonly TrainingOptions _options = new();
    private readonly ContentStore _contents;
    private readonly WeightCache _weights;
    private readonly DeviceSlots _slots;

    public LoadedModelsTests()
    {
        _contents = new(new FolderBlobStore(Path.Combine(_folder, "data")));
        _weights = new(
            _contents, Options.Create(new WeightCacheOptions { Folder = Path.Combine(_folder, "cache") }), NullLogger<WeightCache>.Instance);
        _options.Scratch = Path.Combine(_folder, "scratch");
        _options.Devices.Add(s_device);
        _slots = new(Options.Create(_options));
    }

    private static CancellationToken Cancellation => TestContext.Current.CancellationToken;

    private int Folders => Directory.Exists(_options.ModelsFolder) ? Directory.GetDirectories(_options.ModelsFolder).Length : 0;

    public void Dispose()
    {
        _weights.Dispose();
        Directory.Delete(_folder, recursive: true);
    }

    [Fact]
    public async Task A_model_stays_for_its_time_after_the_last_use()
    {
        var (models, manifest) = (Models(), await MiniModel.StoreAsync(_contents));

        (await models.BorrowAsync(manifest, s_device, "fp32", Cancellation)).Dispose();
        _time.Advance(_options.ModelIdle - TimeSpan.FromSeconds(1));
        Assert.Equal([manifest.Digest()], models.Digests);
        // Another use begins the time anew.
        (await models.BorrowAsync(manifest, s_device, "fp32", Cancellation)).Dispose();
        _time.Advance(_options.ModelIdle - TimeSpan.FromSeconds(1));
        Assert.Equal((1, 1), (models.Digests.Count, Folders));
        _time.Advance(TimeSpan.FromSeconds(2));

        Assert.Equal((0, 0), (models.Digests.Count, Folders));
    }

    [Fact]
    public async Task One_at_a_time_uses_a_model_and_who_does_not_want_to_wait_any_more_leaves_it_alone()
    {
        var (models, manifest) = (Models(), await MiniModel.StoreAsync(_contents));
        using var impatience = new CancellationTokenSource();

        var first = await models.BorrowAsync(manifest, s_device, "fp32", Cancellation);
        var second = models.BorrowAsync(manifest, s_device, "fp32", Cancellation);
        var third = models.BorrowAsync(manifest, s_device, "fp32", impatience.Token);
        Assert.False(second.IsCompleted);
        await impatience.CancelAsync();
        await Assert.ThrowsAnyAsync<OperationCanceledException>(() => third);
        first.Dispose();
        (await second).Dispose();

        Assert.Equal((1, 1), (models.Digests.Count, Folders));
    }

    [Fact]
    public async Task A_model_in_use_stays_when_a_run_begins_and_when_another_model_is_opened()
    {
        var (models, manifest) = (Models(), await MiniModel.StoreAsync(_contents));
        var other = manifest with { KeepsAdapters = true };
        var run = new OccupiedSlot(new RunAttempt(RunKind.Teacher, "t", 1), 0);

        var loan = await models.BorrowAsync(manifest, s_device, "fp32", Cancellation);
        (await models.BorrowAsync(other, s_device, "fp32", Cancellation)).Dispose();
        Assert.Equal(2, models.Digests.Count);
        Assert.NotNull(_slots.TryTake(run));
        Assert.Equal([manifest.Digest()], models.Digests);
        loan.Dispose();
        _slots.GiveBack(run);
        // Of two that are idle the one makes room for the other.
        (await models.BorrowAsync(other, s_device, "fp32", Cancellation)).Dispose();

        Assert.Equal([other.Digest()], models.Digests);
    }

    [Fact]
    public async Task What_cannot_be_opened_is_not_kept()
    {
        var (models, manifest) = (Models(), await MiniModel.StoreAsync(_contents));
        var escaping = manifest with { Files = [.. manifest.Files, new("unet/../../../x.json", manifest.Files[0].Content)] };
        var torn = manifest with { Files = manifest.Files.RemoveAll(file => file.Path == "scheduler/scheduler_config.json") };

        await Assert.ThrowsAsync<DisBackException>(() => models.BorrowAsync(escaping, s_device, "fp32", Cancellation));
        await Assert.ThrowsAsync<DisBackException>(() => models.BorrowAsync(torn, s_device, "fp32", Cancellation));

        Assert.Equal((0, 0), (models.Digests.Count, Folders));
        Assert.Empty(Directory.GetFiles(_folder, "x.json", SearchOption.AllDirectories));
    }

    [Fact]
    public void Links_that_a_killed_process_left_are_removed_and_not_what_they_lead_to()
    {
        var (left, target) = (Path.Combine(_options.ModelsFolder, "killed"), Path.Combine(_folder, "content"));
        Directory.CreateDirectory(left);
        File.WriteAllText(target, "bytes");
        File.CreateSymbolicLink(Path.Combine(left, "model_index.json"), target);

        Models();

        Assert.Equal(0, Folders);
        Assert.Equal("bytes", File.ReadAllText(target));
    }

    private LoadedModels Models() => new(_weights, _slots, Options.Create(_options), _time);
}
