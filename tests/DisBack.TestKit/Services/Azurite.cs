using System.Net;
using System.Security.Cryptography;
using Azure.Storage.Blobs;
using DisBack.Storage.Blobs;
using DisBack.TestKit.Processes;

namespace DisBack.TestKit.Services;

/// <summary>A real Azurite, started by the first who wants it and killed with its owner.</summary>
public sealed class Azurite : IAsyncDisposable
{
    private const string Account = "disback";
    private const string Listening = "successfully listens on ";

    private readonly string _key = Convert.ToBase64String(RandomNumberGenerator.GetBytes(32));
    private readonly TemporaryFolder _folder = new();
    private readonly SemaphoreSlim _gate = new(1);
    private ChildProcess? _process;
    private Uri? _address;

    /// <summary>The address it listens on; loopback unless given.</summary>
    public IPAddress Host { get; init; } = IPAddress.Loopback;

    /// <summary>A store on a new container.</summary>
    public async Task<AzureBlobStore> NewStoreAsync(AzureBlobOptions? options = null)
    {
        var store = new AzureBlobStore(await NewContainerAsync(), options);
        await store.InitializeAsync();
        return store;
    }

    public async Task<BlobContainerClient> NewContainerAsync() => new(await ConnectionStringAsync(), $"test-{Guid.NewGuid():n}");

    public async Task<string> ConnectionStringAsync() => ConnectionStringFor(await AddressAsync());

    /// <summary>The same account reached through another address: a signature covers the account and the path, not the host.</summary>
    public string ConnectionStringFor(Uri address) =>
        $"DefaultEndpointsProtocol=http;AccountName={Account};AccountKey={_key};BlobEndpoint={address.GetLeftPart(UriPartial.Authority)}/{Account};";

    /// <summary>Where it listens; starts it if it was never started.</summary>
    public async Task<Uri> AddressAsync()
    {
        await _gate.WaitAsync();
        try
        {
            return _address ??= await StartAsync(port: 0);
        }
        finally
        {
            _gate.Release();
        }
    }

    /// <summary>
    /// Ends it with everything it has acknowledged on its disk. SIGTERM and not SIGKILL: it writes its tables behind, every five seconds, so that a
    /// killed Azurite forgets what no storage account would.
    /// </summary>
    public async Task StopAsync()
    {
        _process!.Send(Signal.Terminate);
        await _process.EndsAsync();
    }

    /// <summary>Starts it again on its port and folder; stops it first if it runs.</summary>
    public async Task RestartAsync()
    {
        await StopAsync();
        await _process!.DisposeAsync();
        await StartAsync(_address!.Port);
    }

    /// <summary>SIGSTOP: it takes connections and answers nothing.</summary>
    public void Pause() => _process!.Send(Signal.Stop);

    /// <summary>SIGCONT.</summary>
    public void Continue() => _process!.Send(Signal.Continue);

    public async ValueTask DisposeAsync()
    {
        if (_process is not null)
        {
            await _process.DisposeAsync();
        }
        _folder.Dispose();
        _gate.Dispose();
    }

    private async Task<Uri> StartAsync(int port)
    {
        _process = ChildProcess.Start(
            "node",
            [FindProgram("blob"), "--blobHost", $"{Host}", "--blobPort", $"{port}", "--skipApiVersionCheck", "--disableTelemetry", "--location", _folder.Path],
            new Dictionary<string, string> { ["AZURITE_ACCOUNTS"] = $"{Account}:{_key}" });
        var line = await _process.SeesAsync(Listening);
        return new Uri(line[(line.IndexOf(Listening, StringComparison.Ordinal) + Listening.Length)..].Trim());
    }

    /// <summary>The program of one of its services, <c>blob</c> or <c>table</c>.</summary>
    internal static string FindProgram(string service) =>
        Repository.Find($"tests/azurite/node_modules/azurite/dist/src/{service}/main.js")
        ?? throw new InvalidOperationException("Azurite is not installed; run `npm ci --prefix tests/azurite`, or `bash tests/run.sh`, which does.");
}
