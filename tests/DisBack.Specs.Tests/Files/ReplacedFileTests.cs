using System.Diagnostics;
using System.Text;
using DisBack.Specs.Files;

namespace DisBack.Specs.Tests.Files;

/// <summary>A name holds what it held before or all of the new content, and what is no file keeps its name.</summary>
public sealed class ReplacedFileTests : IDisposable
{
    private readonly string _folder = Directory.CreateTempSubdirectory("disback-replaced-").FullName;

    private string Name => Path.Combine(_folder, "name");

    public void Dispose() => Directory.Delete(_folder, recursive: true);

    [Fact]
    public void A_file_is_made_and_replaced_and_nothing_else_is_left()
    {
        Write("one");
        Write("other");
        Assert.Equal("other", File.ReadAllText(Name));
        Assert.Equal([Name], Directory.GetFileSystemEntries(_folder));
    }

    [Fact]
    public void What_fails_on_its_way_changes_nothing()
    {
        Write("one");
        Assert.Throws<InvalidOperationException>(() => ReplacedFile.Write(Name, stream =>
        {
            stream.Write("half"u8);
            throw new InvalidOperationException();
        }));
        Assert.Equal("one", File.ReadAllText(Name));
        Assert.Equal([Name], Directory.GetFileSystemEntries(_folder));
    }

    [Fact]
    public async Task A_pipe_and_a_link_to_a_device_stay_what_they_are()
    {
        using var made = Process.Start("mkfifo", [Name]);
        await made.WaitForExitAsync(TestContext.Current.CancellationToken);
        Assert.Contains("no regular file", Assert.Throws<IOException>(() => Write("text")).Message, StringComparison.Ordinal);
        Assert.False(RegularFile.Is(Name));

        var link = Path.Combine(_folder, "link");
        File.CreateSymbolicLink(link, "/dev/null");
        Assert.Throws<IOException>(() => ReplacedFile.Write(link, stream => stream.WriteByte(0)));
        Assert.Equal("/dev/null", new FileInfo(link).LinkTarget);
        Assert.False(RegularFile.Is("/dev/null"));
    }

    [Fact]
    public void A_link_stays_one_and_what_it_leads_to_is_replaced()
    {
        Write("one");
        var link = Path.Combine(_folder, "link");
        File.CreateSymbolicLink(link, Name);
        ReplacedFile.Write(link, stream => stream.Write("other"u8));
        Assert.Equal(Name, new FileInfo(link).LinkTarget);
        Assert.Equal("other", File.ReadAllText(Name));
    }

    private void Write(string text) => ReplacedFile.Write(Name, stream => stream.Write(Encoding.UTF8.GetBytes(text)));
}
