using System.Net;
using System.Security.Cryptography;
using Azure.Data.Tables;
using DisBack.Contracts.Hosting;
using DisBack.TestKit.Processes;

namespace DisBack.TestKit.Services;

/// <summary>Azurite's table service in a process of its own, behind a proxy that fails on demand.</summary>
public sealed class TableServer : IMembershipServer
{
    private const string Account = "disback";

    private static readonly ProxyFault[] s_faults = [ProxyFault.Busy, ProxyFault.Slow, ProxyFault.Drop, ProxyFault.LoseAnswer];

    private readonly string _key = Convert.ToBase64String(RandomNumberGenerator.GetBytes(32));
    private readonly TemporaryFolder _folder = new();
    private readonly IPAddress _host;
    private readonly int _port = Ports.Free(1)[0];
    private ChildProcess? _process;

    private TableServer(IPAddress host) => _host = host;

    /// <summary>Between the silos and the server.</summary>
    public FaultProxy Proxy { get; private set; } = null!;

    /// <summary>The account, reached past the proxy.</summary>
    public TableServiceClient Tables => new(ConnectionStringFor(new($"http://{_host}:{_port}")));

    /// <summary>How silos reach the account.</summary>
    public string ConnectionString => ConnectionStringFor(Proxy.Address);

    public IReadOnlyDictionary<string, string> Configuration => new Dictionary<string, string>
    {
        ["Cluster:Membership"] = "AzureTables",
        ["Cluster:Tables:ConnectionString"] = ConnectionString,
    };

    /// <param name="host">The address it listens on; loopback unless given.</param>
    public static async Task<TableServer> StartAsync(IPAddress? host = null)
    {
        var tables = new TableServer(host ?? IPAddress.Loopback);
        try
        {
            await tables.StartAsync();
            tables.Proxy = await FaultProxy.StartAsync(new($"http://{tables._host}:{tables._port}"), host);
            return tables;
        }
        catch
        {
            await tables.DisposeAsync();
            throw;
        }
    }

    public void Serve(IClientBuilder client) => client.UseAzureStorageClustering(
        options => (options.TableName, options.TableServiceClient) = (ClusterSettings.MembershipTable, new TableServiceClient(ConnectionString)));

    /// <summary>SIGINT and not SIGKILL: it writes its tables behind, every five seconds, so that a killed one forgets what no storage account would.</summary>
    public async Task EndAsync()
    {
        _process!.Send(Signal.Interrupt);
        await _process.EndsAsync();
    }

    /// <summary>SIGSTOP: it takes connections and answers nothing.</summary>
    public void Pause() => _process!.Send(Signal.Stop);

    /// <summary>SIGCONT.</summary>
    public void Continue() => _process!.Send(Signal.Continue);

    public async Task RestartAsync()
    {
        await EndAsync();
        await _process!.DisposeAsync();
        await StartAsync();
    }

    /// <summary>The tables stay, as after a deletion of their rows: a table that was deleted itself could not be made again for a while.</summary>
    public async Task ForgetAsync()
    {
        await foreach (var table in Tables.QueryAsync())
        {
            var rows = Tables.GetTableClient(table.Name);
            await foreach (var row in rows.QueryAsync<TableEntity>(select: [nameof(ITableEntity.PartitionKey), nameof(ITableEntity.RowKey)]))
            {
                await rows.DeleteEntityAsync(row.PartitionKey, row.RowKey);
            }
        }
    }

    public async Task<string> FailAsync(int choice, TimeSpan length)
    {
        switch (choice % (s_faults.Length + 2))
        {
            case 0:
                await EndAsync();
                await Task.Delay(length);
                await RestartAsync();
                return "tables end";
            case 1:
                Pause();
                await Task.Delay(length);
                Continue();
                return "tables hang";
            case var one:
                var fault = s_faults[one - 2];
                Proxy.Fault = fault;
                await Task.Delay(length);
                Proxy.Fault = ProxyFault.None;
                return $"tables {fault}";
        }
    }

    public async ValueTask DisposeAsync()
    {
        if (Proxy is not null)
        {
            await Proxy.DisposeAsync();
        }
        if (_process is not null)
        {
            await _process.DisposeAsync();
        }
        _folder.Dispose();
    }

    private string ConnectionStringFor(Uri address) =>
        $"DefaultEndpointsProtocol=http;AccountName={Account};AccountKey={_key};TableEndpoint={address.GetLeftPart(UriPartial.Authority)}/{Account};";

    private async Task StartAsync()
    {
        _process = ChildProcess.Start(
            "node",
            [
                Azurite.FindProgram("table"), "--tableHost", $"{_host}", "--tablePort", $"{_port}", "--skipApiVersionCheck", "--disableTelemetry", "--silent",
                "--location", _folder.Path,
            ],
            new Dictionary<string, string> { ["AZURITE_ACCOUNTS"] = $"{Account}:{_key}" });
        await _process.SeesAsync("successfully started");
    }
}
