using System.Globalization;
using System.Net;
using System.Net.Sockets;
using System.Security.Cryptography;
using System.Text;
using System.Text.RegularExpressions;
using DisBack.Client.Http;

namespace DisBack.Gateway.Tests.Clients;

/// <summary>Downloads of contents survive connections that break, as those through a gateway that is replaced do.</summary>
public sealed partial class DownloadTests
{
    private readonly byte[] _bytes = new byte[1_000_000];

    public DownloadTests() => new Random(1).NextBytes(_bytes);

    [Fact]
    public async Task A_download_goes_on_where_its_connection_broke()
    {
        using var server = new TcpListener(IPAddress.Loopback, 0);
        server.Start();
        var starts = ServeAsync(server, connections: 3, part: 400_000);
        var file = Path.GetTempFileName();
        try
        {
            using var client = new ClusterClient(AddressOf(server), token: null);
            var content = new ContentRef(Convert.ToHexStringLower(SHA256.HashData(_bytes)), _bytes.Length);
            await client.Content.FetchAsync(content, file, TestContext.Current.CancellationToken);
            Assert.Equal(_bytes, await File.ReadAllBytesAsync(file, TestContext.Current.CancellationToken));
            Assert.Equal([0, 400_000, 800_000], await starts);
        }
        finally
        {
            File.Delete(file);
        }
    }

    [Fact]
    public async Task A_connection_that_breaks_again_and_again_is_given_up_in_one_sentence()
    {
        using var server = new TcpListener(IPAddress.Loopback, 0);
        server.Start();
        var starts = ServeAsync(server, connections: 6, part: 100_000);
        using var client = new ClusterClient(AddressOf(server), token: null);
        var error = await Assert.ThrowsAnyAsync<DisBackException>(() => client.Content.FetchAsync(
            new ContentRef(new string('a', 64), _bytes.Length), Path.Combine(Path.GetTempPath(), "disback-never"), TestContext.Current.CancellationToken));
        Assert.Contains("broke 6 times in one download", error.Message, StringComparison.Ordinal);
        Assert.Equal([0, 100_000, 200_000, 300_000, 400_000, 500_000], await starts);
    }

    private static Uri AddressOf(TcpListener server) => new($"http://{server.LocalEndpoint}");

    /// <summary>Answers each connection with at most a part of what it asks for, and ends it; returns where each one asked to begin.</summary>
    private async Task<List<int>> ServeAsync(TcpListener server, int connections, int part)
    {
        var starts = new List<int>();
        for (var i = 0; i < connections; i++)
        {
            using var connection = await server.AcceptTcpClientAsync(TestContext.Current.CancellationToken);
            var stream = connection.GetStream();
            using var reader = new StreamReader(stream, Encoding.ASCII, leaveOpen: true);
            var from = 0;
            while (await reader.ReadLineAsync(TestContext.Current.CancellationToken) is { Length: > 0 } line)
            {
                from = RangeHeader().Match(line) is { Success: true } range ? int.Parse(range.Groups[1].Value, CultureInfo.InvariantCulture) : from;
            }
            starts.Add(from);
            var status = from > 0 ? "206 Partial Content" : "200 OK";
            var head = $"HTTP/1.1 {status}\r\nContent-Type: application/octet-stream\r\nContent-Length: {_bytes.Length - from}\r\n\r\n";
            await stream.WriteAsync(Encoding.ASCII.GetBytes(head), TestContext.Current.CancellationToken);
            await stream.WriteAsync(_bytes.AsMemory(from, Math.Min(part, _bytes.Length - from)), TestContext.Current.CancellationToken);
        }
        return starts;
    }

    [GeneratedRegex(@"^Range: bytes=(\d+)-", RegexOptions.IgnoreCase)]
    private static partial Regex RangeHeader();
}
