using System.Diagnostics;
using System.Text.RegularExpressions;
using DisBack.Client;
using DisBack.Orchestration.Hosting;
using DisBack.Orchestration.Training;

namespace DisBack.Cli.Tests;

/// <summary>A cluster of the smallest size: a real silo in this process, and the real gateway executable in front of it.</summary>
internal sealed partial class GatewayProcess : IAsyncDisposable
{
    /// <summary>For one line of a gateway that starts.</summary>
    private static readonly TimeSpan s_patience = TimeSpan.FromMinutes(4);

    private readonly EmbeddedHost _silo;
    private readonly string _tokens;
    private Process _gateway = null!;

    private GatewayProcess(EmbeddedHost silo, string root) => (_silo, Root, _tokens) = (silo, root, Path.Combine(root, "tokens.json"));

    /// <summary>A folder of the test alone, deleted at the end.</summary>
    public string Root { get; }

    /// <summary>The cluster's blobs.</summary>
    public string Folder => BlobsIn(Root);

    public string Address { get; private set; } = "";

    public static async Task<GatewayProcess> StartAsync()
    {
        var root = Directory.CreateTempSubdirectory("disback-cluster-").FullName;
        var cluster = new GatewayProcess(await EmbeddedHost.StartAsync(new EmbeddedOptions { DataFolder = BlobsIn(root) }, new SpecTrainingFactory()), root);
        await cluster.StartGatewayAsync(0);
        return cluster;
    }

    /// <summary>Makes a token with the executable's own verb.</summary>
    public async Task<string> TokenAsync(string name, string role)
    {
        using var process = Start("token", "add", name, "--role", role, "--tokens", _tokens);
        var token = await process.StandardOutput.ReadToEndAsync();
        await process.WaitForExitAsync();
        return token.Trim();
    }

    /// <summary>Kills the gateway and starts another one at the same address.</summary>
    public async Task ReplaceGatewayAsync()
    {
        _gateway.Kill();
        await _gateway.WaitForExitAsync();
        _gateway.Dispose();
        await StartGatewayAsync(new Uri(Address).Port);
    }

    /// <summary>The gateway takes connections and answers nothing.</summary>
    public void FreezeGateway() => Assert.Equal(0, DisBackProcess.Signal(_gateway.Id, 19));

    public void ThawGateway() => Assert.Equal(0, DisBackProcess.Signal(_gateway.Id, 18));

    public async ValueTask DisposeAsync()
    {
        if (!_gateway.HasExited)
        {
            _gateway.Kill();
        }
        _gateway.Dispose();
        await _silo.DisposeAsync();
        Directory.Delete(Root, recursive: true);
    }

    private static string BlobsIn(string root) => Path.Combine(root, "blobs");

    private async Task StartGatewayAsync(int port)
    {
        if (!File.Exists(_tokens))
        {
            await TokenAsync("first", "viewer");
        }
        _gateway = Start(
            $"--Tokens:File={_tokens}", $"--Blobs:Folder={Folder}", "--Cluster:Id=embedded",
            $"--Endpoints:SiloGateway={new DataFolder(Folder).Owner!.Gateway}", $"--Endpoints:Http={port}");
        var (address, isConnected) = ("", false);
        // Which of the two comes first depends on who is faster.
        while (await _gateway.StandardOutput.ReadLineAsync(TestContext.Current.CancellationToken).AsTask().WaitAsync(s_patience) is { } line)
        {
            if (Listening().Match(line) is { Success: true } match)
            {
                address = match.Groups["address"].Value;
            }
            isConnected |= line.Contains("Connected to the cluster", StringComparison.Ordinal);
            // Nobody reads the rest of its log; without a reader the pipe would fill and stop it.
            if (address.Length > 0 && isConnected)
            {
                Address = address;
                _ = _gateway.StandardOutput.BaseStream.CopyToAsync(Stream.Null);
                _ = _gateway.StandardError.BaseStream.CopyToAsync(Stream.Null);
                return;
            }
        }
        throw new InvalidOperationException($"The gateway ended before it was ready: {await _gateway.StandardError.ReadToEndAsync()}");
    }

    private static Process Start(params string[] args) =>
        Process.Start(new ProcessStartInfo(Programs.Gateway, args) { RedirectStandardOutput = true, RedirectStandardError = true })!;

    [GeneratedRegex("Now listening on: (?<address>http://[0-9.:]+)")]
    private static partial Regex Listening();
}
