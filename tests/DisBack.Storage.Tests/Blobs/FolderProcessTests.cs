using System.Globalization;
using DisBack.Storage.Blobs;
using DisBack.Storage.Content;
using DisBack.Storage.Tests.Kit;
using DisBack.TestKit;

namespace DisBack.Storage.Tests.Blobs;

/// <summary>Real processes, racing or killed, and a disk that is really full.</summary>
public sealed class FolderProcessTests : IDisposable
{
    private readonly TemporaryFolder _folder = new();

    private static CancellationToken Cancellation => TestContext.Current.CancellationToken;

    public void Dispose() => _folder.Dispose();

    [Theory]
    [InlineData(1)]
    [InlineData(2)]
    [InlineData(5)]
    [InlineData(13)]
    [InlineData(40)]
    public async Task After_kill_9_every_blob_is_whole_and_no_acknowledged_write_is_lost(int linesBeforeTheKill)
    {
        await using var child = RoleProcess.Start(ChildRoles.WriteForever, _folder.Path);
        var last = -1;
        for (var line = 0; line < linesBeforeTheKill; line++)
        {
            last = int.Parse((await child.ReadLineAsync())!, CultureInfo.InvariantCulture);
        }
        var rest = await child.KillAsync();
        if (rest.Count > 1)
        {
            last = int.Parse(rest[^2], CultureInfo.InvariantCulture); // the very last line itself may be cut short
        }

        var blobs = new FolderBlobStore(_folder.Path);
        await blobs.InitializeAsync(Cancellation);

        var document = (await blobs.ReadAsync("state/document.json", Cancellation))!.Content.ToArray();
        var version = BitConverter.ToInt32(document);
        Assert.True(version >= last, $"version {version} is stored, {last} was acknowledged");
        Assert.Equal(ChildRoles.Version(version), document);
        var contents = new ContentStore(blobs);
        await foreach (var blob in blobs.ListAsync(ContentRef.Prefix, Cancellation))
        {
            await contents.VerifyAsync(new(blob.Name[^64..], blob.Length), Cancellation);
        }
        // The files that are locked stay, empty but for the one that names changes; nothing else does.
        Assert.All(
            Directory.GetFiles(_folder.Path, "~*", SearchOption.AllDirectories).Where(file => Path.GetRelativePath(_folder.Path, file) != ".changes/~log"),
            file => Assert.Equal((0L, ".locks"), (new FileInfo(file).Length, Path.GetFileName(Path.GetDirectoryName(file)))));
    }

    [Fact]
    public async Task Of_several_processes_exactly_one_creates_each_blob()
    {
        const int count = 400;
        // Whoever starts late catches up, because finding a blob there is quicker than creating it; then they collide.
        var children = Enumerable.Range(0, 3).Select(_ => RoleProcess.Start(ChildRoles.CreateAll, _folder.Path, $"{count}")).ToList();
        try
        {
            var created = await Task.WhenAll(children.Select(async child => (child.Id, Names: await child.ExitAsync())));

            Assert.Equal(count, created.Sum(child => child.Names.Count));
            var blobs = new FolderBlobStore(_folder.Path);
            foreach (var (creator, name) in created.SelectMany(child => child.Names, (child, name) => (child.Id, name)))
            {
                Assert.Equal($"{creator}", (await blobs.ReadAsync($"cas/{name}", Cancellation))!.Content.ToString());
            }
        }
        finally
        {
            foreach (var child in children)
            {
                await child.DisposeAsync();
            }
        }
    }

    [Fact]
    public async Task What_several_processes_add_to_one_blob_is_all_there()
    {
        const int count = 200;
        var blobs = new FolderBlobStore(_folder.Path);
        await blobs.WriteAsync(ChildRoles.Counter, BinaryData.FromString("0"), BlobCondition.Missing, Cancellation);
        var children = Enumerable.Range(0, 3).Select(_ => RoleProcess.Start(ChildRoles.AddUp, _folder.Path, $"{count}")).ToList();
        try
        {
            foreach (var child in children)
            {
                await child.ExitAsync();
            }

            Assert.Equal($"{3 * count}", (await blobs.ReadAsync(ChildRoles.Counter, Cancellation))!.Content.ToString());
            Assert.Equal([ChildRoles.Counter], await blobs.ListAsync("", Cancellation).Select(blob => blob.Name).ToListAsync(Cancellation));
        }
        finally
        {
            foreach (var child in children)
            {
                await child.DisposeAsync();
            }
        }
    }

    [Fact]
    public async Task A_full_disk_is_one_sentence_and_leaves_what_was_durable_and_nothing_else()
    {
        // A file system of one MiB, in a mount namespace of the child alone.
        const int notAllowed = 77;
        await using var child = RoleProcess.StartIn(
            $"""
            unshare -rm true 2>/dev/null || exit {notAllowed}
            exec unshare -rm sh -c 'mount -t tmpfs -o size=1m tmpfs "$0" && exec "$@"' '{_folder.Path}' "$@"
            """, ChildRoles.FillDisk, _folder.Path);

        var lines = await child.ExitAsync();

        Assert.SkipWhen(await child.Exit == notAllowed, "This machine lets nobody mount a small file system to fill.");
        Assert.Equal(3, lines.Count);
        foreach (var message in lines.Take(2))
        {
            Assert.StartsWith($"No space left on '{_folder.Path}'", message, StringComparison.Ordinal);
            Assert.Contains("move to a larger disk", message, StringComparison.Ordinal);
        }
        var counts = lines[2].Split(' ');
        Assert.Equal(counts[0], counts[1]);
        Assert.Equal(counts[0], counts[2]);
    }
}
