using System.Net.Sockets;
using DisBack.Specs.Files;

namespace DisBack.Specs.Tests.Files;

/// <summary>A pipe, a socket or a device where a file belongs is refused and never waited for.</summary>
public sealed class RegularFileTests : IDisposable
{
    private readonly string _folder = Directory.CreateTempSubdirectory("disback-regular-").FullName;

    public void Dispose() => Directory.Delete(_folder, recursive: true);

    [Fact]
    public void A_device_a_link_to_one_and_a_socket_are_refused()
    {
        Assert.Contains("no regular file", Refused("/dev/zero"));
        var link = Path.Combine(_folder, "link");
        File.CreateSymbolicLink(link, "/dev/zero");
        Assert.Contains("no regular file", Refused(link));

        var path = Path.Combine(_folder, "socket");
        using var socket = new Socket(AddressFamily.Unix, SocketType.Stream, ProtocolType.Unspecified);
        socket.Bind(new UnixDomainSocketEndPoint(path));
        Assert.Contains("no regular file", Refused(path));
    }

    [Fact]
    public async Task A_named_pipe_that_nobody_writes_to_is_refused()
    {
        var path = Path.Combine(_folder, "pipe");
        using var made = System.Diagnostics.Process.Start("mkfifo", [path]);
        await made.WaitForExitAsync(TestContext.Current.CancellationToken);
        Assert.Contains("no regular file", Refused(path));
    }

    [Fact]
    public void Folders_missing_and_empty_files_are_told_apart()
    {
        Assert.Contains("is a folder", Refused(_folder));
        Assert.Contains("There is no file", Refused(Path.Combine(_folder, "nothing")));
        var empty = Path.Combine(_folder, "empty");
        File.WriteAllBytes(empty, []);
        Assert.Contains("is empty", Refused(empty));
    }

    [Fact]
    public void More_bytes_than_are_read_are_refused_before_they_are()
    {
        var path = Path.Combine(_folder, "sparse");
        using (var file = File.Create(path))
        {
            file.SetLength(1L << 40);
        }
        Assert.Contains("at most 1,000 are read", Assert.Throws<DisBackException>(() => RegularFile.ReadAllBytes(path, 1000)).Message);
    }

    private static string Refused(string path) => Assert.Throws<DisBackException>(() => RegularFile.Open(path)).Message;

    [Fact]
    public void An_empty_file_is_regular_and_is_opened_where_it_may_be_empty()
    {
        var path = Path.Combine(_folder, "empty");
        File.WriteAllBytes(path, []);
        Assert.True(RegularFile.Is(path));
        Assert.False(RegularFile.Is("/dev/null"));
        Assert.False(RegularFile.Is(_folder));
        using var file = RegularFile.Open(path, mayBeEmpty: true);
        Assert.Equal(0, file.Length);
    }
}
