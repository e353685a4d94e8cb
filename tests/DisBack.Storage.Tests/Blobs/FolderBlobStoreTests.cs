using CsCheck;
using DisBack.Storage.Blobs;
using DisBack.TestKit;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Options;

namespace DisBack.Storage.Tests.Blobs;

public sealed class FolderBlobStoreTests : BlobStoreContract
{
    private readonly TemporaryFolder _folder = new();

    private string Root => Path.Combine(_folder.Path, "data");

    protected override Task<IBlobStore> CreateAsync() => Task.FromResult<IBlobStore>(new FolderBlobStore(Root));

    public override ValueTask DisposeAsync()
    {
        _folder.Dispose();
        return base.DisposeAsync();
    }

    [Fact]
    public void Escaped_names_are_unique_stay_below_the_root_and_unescape() =>
        Gen.String[Gen.Char["ab=2F%~. :é鍵"], 1, 12].Array[1, 4].Sample(parts =>
        {
            var name = string.Join('/', parts.Where(part => part.Any(c => c != '.')));
            if (name.Length == 0)
            {
                return;
            }
            var path = BlobNames.ToRelativePath(name);
            Assert.Equal(name, BlobNames.FromRelativePath(path));
            Assert.StartsWith("/base/", Path.GetFullPath(Path.Combine("/base", path)), StringComparison.Ordinal);
            Assert.DoesNotContain(path.Split('/'), file => file.StartsWith(BlobNames.TemporaryMark));
        }, seed: "0000000000000");

    [Fact]
    public async Task A_segment_too_long_for_a_file_name_is_refused_by_name()
    {
        var refused = await Assert.ThrowsAsync<StorageException>(() => WriteAsync(new string('x', 256), "", BlobCondition.None));

        Assert.Contains("255 characters", refused.Message, StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_change_by_hand_changes_the_etag()
    {
        var etag = await WriteAsync("a/b.json", "ours", BlobCondition.Missing);
        await File.WriteAllTextAsync(Blobs.LocalPathOf("a/b.json")!, "theirs", Cancellation);

        await Assert.ThrowsAsync<BlobConflictException>(() => WriteAsync("a/b.json", "ours again", BlobCondition.Unchanged(etag)));
    }

    [Fact]
    public async Task Etags_grow_while_the_clock_stands_still()
    {
        var blobs = new FolderBlobStore(Root, new StoppedClock());
        var first = await blobs.WriteAsync("a", BinaryData.FromString("x"), BlobCondition.Missing, Cancellation);
        var second = await blobs.WriteAsync("a", BinaryData.FromString("x"), BlobCondition.Unchanged(first), Cancellation);

        Assert.True(string.CompareOrdinal(second, first) > 0);
    }

    [Fact]
    public async Task Two_stores_on_one_folder_exclude_each_other()
    {
        var stores = Enumerable.Range(0, 8).Select(_ => new FolderBlobStore(Root)).ToList();
        var etag = await WriteAsync("a", "start", BlobCondition.Missing);

        var outcomes = await Task.WhenAll(stores.Select(async store =>
        {
            try
            {
                await store.WriteAsync("a", BinaryData.FromString("x"), BlobCondition.Unchanged(etag), Cancellation);
                return 1;
            }
            catch (BlobConflictException)
            {
                return 0;
            }
        }));

        Assert.Equal(1, outcomes.Sum());
    }

    [Fact]
    public async Task Initializing_removes_what_a_dead_writer_left_and_spares_a_living_ones_file()
    {
        await WriteAsync("cas/kept", "kept", BlobCondition.Missing);
        var dead = Path.Combine(Directory.CreateDirectory(Path.Combine(Root, "cas", "~")).FullName, "~dead");
        var living = Path.Combine(Root, "cas", "~", "~living");
        await File.WriteAllTextAsync(dead, "half", Cancellation);
        await using var writer = new FileStream(living, FileMode.CreateNew, FileAccess.Write, FileShare.Read | FileShare.Delete);

        Assert.Equal("cas/kept", Assert.Single(await ListAsync("")).Name);
        await Blobs.InitializeAsync(Cancellation);

        Assert.False(File.Exists(dead));
        Assert.True(File.Exists(living));
        Assert.Equal("kept", (await ReadAsync("cas/kept")).Text);
    }

    [Fact]
    public async Task A_file_of_the_same_file_system_is_taken_without_copying()
    {
        var file = _folder.File("checkpoint", new byte[100]);
        await using var same = new FileStream(file, FileMode.Open, FileAccess.ReadWrite, FileShare.ReadWrite | FileShare.Delete);

        await Blobs.UploadAsync("cas/x", file, BlobCondition.Missing, consume: true, Cancellation);
        same.WriteByte(42);
        await same.FlushAsync(Cancellation);

        Assert.Equal(42, (await File.ReadAllBytesAsync(Blobs.LocalPathOf("cas/x")!, Cancellation))[0]);
    }

    [Fact]
    public async Task A_folder_that_is_a_file_is_named_with_the_way_out()
    {
        var file = _folder.File("plain", []);

        var refused = await Assert.ThrowsAsync<StorageException>(() => new FolderBlobStore(file).InitializeAsync(Cancellation));

        Assert.Contains(file, refused.Message, StringComparison.Ordinal);
        Assert.Contains("--data", refused.Message, StringComparison.Ordinal);
    }

    [Fact]
    public void Options_that_name_no_store_or_two_are_refused()
    {
        foreach (var configure in new Action<BlobStoreOptions>[] { _ => { }, o => (o.Folder, o.ConnectionString) = ("a", "b") })
        {
            var services = new ServiceCollection();
            services.AddBlobStore(configure);
            using var provider = services.BuildServiceProvider();
            Assert.Throws<OptionsValidationException>(provider.GetRequiredService<IBlobStore>);
        }
    }

    private sealed class StoppedClock : TimeProvider
    {
        public override DateTimeOffset GetUtcNow() => new(2026, 1, 2, 3, 4, 5, TimeSpan.Zero);
    }

    [Fact]
    public async Task A_pipe_where_a_blob_belongs_is_refused_and_an_empty_blob_is_not()
    {
        await WriteAsync("a/empty", "", BlobCondition.None);
        Assert.Equal(0, (await Blobs.ReadAsync("a/empty", Cancellation))!.Content.ToMemory().Length);
        var pipe = Blobs.LocalPathOf("a/pipe")!;
        using (var made = System.Diagnostics.Process.Start("mkfifo", [pipe]))
        {
            await made.WaitForExitAsync(Cancellation);
        }
        Assert.Contains("no regular file", (await Assert.ThrowsAsync<StorageException>(() => Blobs.ReadAsync("a/pipe", Cancellation))).Message);
        await Assert.ThrowsAsync<StorageException>(() => Blobs.OpenReadAsync("a/pipe", Cancellation));
        await Assert.ThrowsAsync<StorageException>(() => Blobs.UploadAsync("a/b", pipe, BlobCondition.None, cancellation: Cancellation));
        await Assert.ThrowsAsync<DisBackException>(() => Storage.Content.ContentStore.HashAsync(pipe, Cancellation));
    }
}
