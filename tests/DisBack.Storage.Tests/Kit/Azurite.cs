using System.Diagnostics;
using System.Security.Cryptography;
using Azure.Storage.Blobs;
using DisBack.Storage.Blobs;
using DisBack.Storage.Tests.Kit;

[assembly: AssemblyFixture(typeof(Azurite))]

namespace DisBack.Storage.Tests.Kit;

/// <summary>A real Azurite of this test run alone, started by the first test that wants it and killed after the last.</summary>
public sealed class Azurite : IAsyncDisposable
{
    private const string Account = "disback";
    private const string Listening = "successfully listens on ";

    private readonly string _key = Convert.ToBase64String(RandomNumberGenerator.GetBytes(32));
    private readonly TemporaryFolder _folder = new();
    private readonly Lazy<Task<string>> _connection;
    private Process? _process;

    public Azurite() => _connection = new(StartAsync);

    /// <summary>A store on a new container.</summary>
    public async Task<AzureBlobStore> NewStoreAsync(AzureBlobOptions? options = null)
    {
        var store = new AzureBlobStore(await NewContainerAsync(), options);
        await store.InitializeAsync(TestContext.Current.CancellationToken);
        return store;
    }

    public async Task<BlobContainerClient> NewContainerAsync() => new(await _connection.Value, $"test-{Guid.NewGuid():n}");

    public Task<string> ConnectionStringAsync() => _connection.Value;

    public async ValueTask DisposeAsync()
    {
        if (_process is not null)
        {
            _process.Kill(entireProcessTree: true);
            await _process.WaitForExitAsync();
            _process.Dispose();
        }
        _folder.Dispose();
    }

    private async Task<string> StartAsync()
    {
        var start = new ProcessStartInfo(FindProgram(), ["--blobHost", "127.0.0.1", "--blobPort", "0", "--skipApiVersionCheck", "--disableTelemetry", "--location", _folder.Path])
        {
            RedirectStandardOutput = true,
            Environment = { ["AZURITE_ACCOUNTS"] = $"{Account}:{_key}" },
        };
        _process = Process.Start(start)!;
        while (await _process.StandardOutput.ReadLineAsync() is { } line)
        {
            var at = line.IndexOf(Listening, StringComparison.Ordinal);
            if (at < 0)
                continue;
            // Nobody reads its request log; without a reader the pipe would fill and stop it.
            _ = _process.StandardOutput.BaseStream.CopyToAsync(Stream.Null);
            var address = line[(at + Listening.Length)..].Trim();
            return $"DefaultEndpointsProtocol=http;AccountName={Account};AccountKey={_key};BlobEndpoint={address}/{Account};";
        }
        throw new InvalidOperationException("Azurite ended before it listened; run it by hand from tests/azurite to see why.");
    }

    private static string FindProgram()
    {
        for (var folder = new DirectoryInfo(AppContext.BaseDirectory); folder is not null; folder = folder.Parent)
        {
            var program = Path.Combine(folder.FullName, "azurite", "node_modules", ".bin", "azurite-blob");
            if (File.Exists(program))
                return program;
        }
        throw new InvalidOperationException("Azurite is not installed; run `npm ci --prefix tests/azurite`, or `bash tests/run.sh`, which does.");
    }
}
