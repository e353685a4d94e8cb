using DisBack.Storage.Content;
using DisBack.TestKit;

namespace DisBack.Storage.Tests.Content;

public sealed class HashingFileStreamTests : IDisposable
{
    private readonly TemporaryFolder _folder = new();

    private string Target => Path.Combine(_folder.Path, "target");

    public void Dispose() => _folder.Dispose();

    [Fact]
    public async Task The_address_is_that_of_the_file()
    {
        ContentRef written;
        await using (var file = new HashingFileStream(Target))
        {
            file.Write("a"u8);
            file.Write([(byte)'?', (byte)'b'], 1, 1);
            await file.WriteAsync("c"u8.ToArray(), TestContext.Current.CancellationToken);
            Assert.False(File.Exists(Target));
            written = file.Commit();
        }

        Assert.Equal("abc", await File.ReadAllTextAsync(Target, TestContext.Current.CancellationToken));
        Assert.Equal(await ContentStore.HashAsync(Target, TestContext.Current.CancellationToken), written);
    }

    [Fact]
    public void Without_a_commit_nothing_is_left_and_nothing_is_replaced()
    {
        File.WriteAllText(Target, "before");
        using (var file = new HashingFileStream(Target))
        {
            file.Write(new byte[200_000]);
        }

        Assert.Equal("before", File.ReadAllText(Target));
        Assert.Equal(Target, Assert.Single(Directory.GetFiles(_folder.Path)));
    }
}
