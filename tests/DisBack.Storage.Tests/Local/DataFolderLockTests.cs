using DisBack.Storage.Local;
using DisBack.Storage.Tests.Kit;
using DisBack.TestKit;

namespace DisBack.Storage.Tests.Local;

public sealed class DataFolderLockTests : IDisposable
{
    private readonly TemporaryFolder _folder = new();

    public void Dispose() => _folder.Dispose();

    [Fact]
    public void A_free_folder_has_no_owner_and_can_be_taken_again_and_again()
    {
        Assert.Null(DataFolderLock.FindOwner(_folder.Path));
        for (var i = 0; i < 3; i++)
        {
            using var held = DataFolderLock.Acquire(_folder.Path, "disback run");
            Assert.Equal(Environment.ProcessId, DataFolderLock.FindOwner(_folder.Path)!.ProcessId);
        }
        Assert.Null(DataFolderLock.FindOwner(_folder.Path));
    }

    [Fact]
    public void A_second_taker_in_the_same_process_is_refused()
    {
        using var held = DataFolderLock.Acquire(_folder.Path, "disback run a.yaml");

        var refused = Assert.Throws<DataFolderInUseException>(() => DataFolderLock.Acquire(_folder.Path, "disback run b.yaml"));

        Assert.Equal("disback run a.yaml", refused.Owner!.Command);
    }

    [Fact]
    public async Task Another_process_is_named_can_be_reached_and_loses_the_folder_with_kill_9()
    {
        await using var child = RoleProcess.Start(ChildRoles.HoldFolder, _folder.Path);
        Assert.Equal("held", await child.ReadLineAsync());

        var refused = Assert.Throws<DataFolderInUseException>(() => DataFolderLock.Acquire(_folder.Path, "disback run other.yaml"));
        Assert.Contains($"process {child.Id}", refused.Message, StringComparison.Ordinal);
        Assert.Contains("`disback run digits.yaml`", refused.Message, StringComparison.Ordinal);
        Assert.Contains("--data", refused.Message, StringComparison.Ordinal);
        Assert.Equal("127.0.0.1:30000", DataFolderLock.FindOwner(_folder.Path)!.Gateway);

        await child.KillAsync();

        Assert.Null(DataFolderLock.FindOwner(_folder.Path));
        using var taken = DataFolderLock.Acquire(_folder.Path, "disback run other.yaml");
        Assert.Equal("disback run other.yaml", DataFolderLock.FindOwner(_folder.Path)!.Command);
    }

    [Fact]
    public async Task Looking_for_the_owner_never_keeps_a_run_from_starting()
    {
        using (DataFolderLock.Acquire(_folder.Path, "creates the file"))
        {
        }
        using var enough = new CancellationTokenSource();
        var looking = Task.Run(() =>
        {
            while (!enough.IsCancellationRequested)
            {
                DataFolderLock.FindOwner(_folder.Path);
            }
        }, TestContext.Current.CancellationToken);

        for (var i = 0; i < 50; i++)
        {
            DataFolderLock.Acquire(_folder.Path, "disback run").Dispose();
        }

        await enough.CancelAsync();
        await looking;
    }

    [Fact]
    public void An_owner_file_that_is_none_counts_for_nothing()
    {
        using var held = DataFolderLock.Acquire(_folder.Path, "disback run");
        var file = Path.Combine(_folder.Path, "disback.owner.json");
        foreach (var text in new[] { "", "null", "[]", "{", "{\"process_id\": \"x\"}" })
        {
            File.WriteAllText(file, text);
            Assert.Null(DataFolderLock.FindOwner(_folder.Path));
        }
        File.Delete(file);
        File.CreateSymbolicLink(file, "/dev/zero");
        Assert.Null(DataFolderLock.FindOwner(_folder.Path));
    }

    [Fact]
    public void A_lock_file_that_is_a_device_is_refused()
    {
        File.CreateSymbolicLink(Path.Combine(_folder.Path, "disback.lock"), "/dev/zero");
        Assert.Null(DataFolderLock.FindOwner(_folder.Path));
        Assert.Contains("no regular file", Assert.Throws<StorageException>(() => DataFolderLock.Acquire(_folder.Path, "disback run")).Message);
    }
}
