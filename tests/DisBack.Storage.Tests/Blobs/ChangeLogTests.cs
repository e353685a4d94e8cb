using DisBack.Storage.Blobs;
using DisBack.Storage.Documents;
using DisBack.Storage.Tests.Kit;
using DisBack.TestKit;

namespace DisBack.Storage.Tests.Blobs;

/// <summary>Whoever looks only at what the folder names as changed sees what a look at everything sees, whatever becomes of the writers.</summary>
public sealed class ChangeLogTests : IDisposable
{
    private readonly TemporaryFolder _folder = new();
    private readonly FolderBlobStore _blobs;

    public ChangeLogTests() => _blobs = new FolderBlobStore(_folder.Path);

    private static CancellationToken Cancellation => TestContext.Current.CancellationToken;

    private string Log => Path.Combine(_folder.Path, ".changes", "~log");

    public void Dispose() => _folder.Dispose();

    [Fact]
    public async Task Writes_deletions_and_renewals_of_documents_are_named_and_nothing_else()
    {
        await WriteAsync("state/a");
        await WriteAsync("state/b");
        await WriteAsync("state/c");
        var start = await _blobs.ChangesAsync(null, Cancellation);
        Assert.Null(start.Names);

        Assert.Empty((await ChangedAsync(start.Position)).Names!);
        await WriteAsync("state/é/d");
        await WriteAsync("cas/e");
        await _blobs.DeleteAsync("state/a", BlobCondition.None, Cancellation);
        await _blobs.RenewAsync("state/b", Cancellation);
        var changed = await ChangedAsync(start.Position);

        Assert.Equal(["state/a", "state/b", "state/é/d"], changed.Names!.Order(StringComparer.Ordinal));
        Assert.Empty((await ChangedAsync(changed.Position)).Names!);
        Assert.DoesNotContain(await _blobs.ListAsync("", Cancellation).ToListAsync(Cancellation), blob => blob.Name.Contains("log", StringComparison.Ordinal));
    }

    [Theory]
    [InlineData("it is missing")]
    [InlineData("it is cut off")]
    [InlineData("its head is damaged")]
    [InlineData("another boot began it")]
    [InlineData("it is too long")]
    [InlineData("somebody has it forgotten")]
    public async Task A_log_that_may_lack_names_is_answered_with_everything_and_begun_anew(string what)
    {
        await WriteAsync("state/a");
        var before = await _blobs.ChangesAsync(null, Cancellation);
        await WriteAsync("state/b");
        var text = await File.ReadAllTextAsync(Log, Cancellation);
        switch (what)
        {
            case "it is missing":
                File.Delete(Log);
                break;
            case "it is cut off":
                await File.WriteAllTextAsync(Log, text[..^20], Cancellation);
                break;
            case "its head is damaged":
                await File.WriteAllTextAsync(Log, $"x{text}", Cancellation);
                break;
            case "another boot began it":
                await File.WriteAllTextAsync(Log, text.Replace(Boot(text), $"{Guid.Empty}", StringComparison.Ordinal), Cancellation);
                break;
            case "it is too long":
                await File.AppendAllTextAsync(Log, new string('x', 9 << 20), Cancellation);
                await WriteAsync("state/c");
                break;
            default:
                await _blobs.ForgetChangesAsync(Cancellation);
                break;
        }

        var after = await _blobs.ChangesAsync(before.Position, Cancellation);

        Assert.Null(after.Names);
        if (what == "it is missing")
        {
            // Who only reads creates nothing.
            Assert.Null(after.Position);
            await WriteAsync("state/c");
            after = await _blobs.ChangesAsync(before.Position, Cancellation);
            Assert.Null(after.Names);
        }
        Assert.NotNull(after.Position);
        await WriteAsync("state/d");
        Assert.Equal(["state/d"], (await ChangedAsync(after.Position)).Names!);
    }

    /// <summary>As after a writer that ended in the middle of a name, or a disk that was full for a moment.</summary>
    [Fact]
    public async Task A_name_that_was_cut_off_hides_none_that_follows()
    {
        await WriteAsync("state/a");
        await File.AppendAllTextAsync(Log, "\nstate/hal", Cancellation);
        var start = await _blobs.ChangesAsync(null, Cancellation);
        await WriteAsync("state/b");

        Assert.Equal(["state/b"], (await ChangedAsync(start.Position)).Names!);
    }

    [Fact]
    public async Task Nothing_is_created_where_there_are_no_documents()
    {
        Assert.Equal(BlobChanges.Unknown, await _blobs.ChangesAsync(null, Cancellation));
        Assert.Empty(Directory.GetFileSystemEntries(_folder.Path));
    }

    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public async Task A_writer_killed_just_before_or_just_after_the_document_changed_has_named_it(bool afterwards)
    {
        await WriteAsync("state/a");
        var start = await _blobs.ChangesAsync(null, Cancellation);
        await using var child = RoleProcess.Start(ChildRoles.ChangeHalfway, _folder.Path, afterwards ? "after" : "before");
        Assert.Equal("halfway", await child.ReadLineAsync());

        // As long as the writer lives, nobody knows whether its document has changed already: everything may have, and there is no position to go on from.
        Assert.Equal(BlobChanges.Unknown, await _blobs.ChangesAsync(start.Position, Cancellation));
        await child.KillAsync();

        Assert.Equal([ChildRoles.HalfChanged], (await ChangedAsync(start.Position)).Names!);
        Assert.Equal(afterwards, await _blobs.FindAsync(ChildRoles.HalfChanged, Cancellation) is not null);
    }

    [Fact]
    public Task A_reader_between_writers_that_are_killed_misses_no_change() => FollowKilledWritersAsync(rounds: 4);

    [Fact, Trait("Length", "Long")]
    public Task A_reader_between_writers_that_are_killed_a_hundred_times_misses_no_change() => FollowKilledWritersAsync(rounds: 100);

    /// <summary>Each round some processes write and delete at random until they are killed, while a reader follows.</summary>
    private async Task FollowKilledWritersAsync(int rounds)
    {
        var random = new Random(rounds);
        var known = new Dictionary<string, string>();
        string? position = null;
        for (var round = 0; round < rounds; round++)
        {
            var writers = Enumerable.Range(0, 3).Select(_ => RoleProcess.Start(ChildRoles.ChangeForever, _folder.Path, $"{random.Next()}")).ToList();
            try
            {
                foreach (var writer in writers)
                {
                    await writer.ReadLineAsync();
                }
                for (var look = random.Next(40); look > 0; look--)
                {
                    position = await FollowAsync(known, position);
                }
                foreach (var writer in writers)
                {
                    await writer.KillAsync();
                }
            }
            finally
            {
                foreach (var writer in writers)
                {
                    await writer.DisposeAsync();
                }
            }
            position = await FollowAsync(known, position);
            Assert.NotNull(position);
            Assert.Equal(
                await _blobs.ListAsync(StateNames.Root, Cancellation).Select(blob => $"{blob.Name} {blob.ETag}").ToListAsync(Cancellation),
                known.OrderBy(document => document.Key, StringComparer.Ordinal).Select(document => $"{document.Key} {document.Value}"));
        }
    }

    private async Task<string?> FollowAsync(Dictionary<string, string> known, string? position)
    {
        var changes = await _blobs.ChangesAsync(position, Cancellation);
        if (changes.Names is null)
        {
            known.Clear();
            await foreach (var blob in _blobs.ListAsync(StateNames.Root, Cancellation))
            {
                known[blob.Name] = blob.ETag;
            }
        }
        foreach (var name in changes.Names ?? new HashSet<string>())
        {
            if (await _blobs.FindAsync(name, Cancellation) is { } blob)
            {
                known[name] = blob.ETag;
            }
            else
            {
                known.Remove(name);
            }
        }
        return changes.Position;
    }

    private async Task<BlobChanges> ChangedAsync(string? since)
    {
        var changes = await _blobs.ChangesAsync(since, Cancellation);
        Assert.NotNull(changes.Names);
        return changes;
    }

    private Task<string> WriteAsync(string name) => _blobs.WriteAsync(name, BinaryData.FromString("x"), BlobCondition.None, Cancellation);

    private static string Boot(string text) => text.Split(' ')[1];
}
