using System.CommandLine;
using DisBack.Cli.Options;
using DisBack.Cli.Terminal;
using DisBack.Client;
using DisBack.Client.Http;
using DisBack.Contracts.Grains;
using DisBack.Contracts.Queries;
using DisBack.Distillation;
using DisBack.ReadModel;
using DisBack.Storage.Blobs;
using Microsoft.Extensions.Logging;

namespace DisBack.Cli.Installations;

/// <summary>What a command works on: a data folder of this machine, or a cluster. Every verb is written against this.</summary>
internal abstract class Installation(string data) : IAsyncDisposable
{
    /// <summary>What it holds.</summary>
    public abstract IArchive Archive { get; }

    /// <summary>The same as tables.</summary>
    public abstract IRowQueries Tables { get; }

    /// <summary>The data folder; null for a cluster.</summary>
    public abstract DataFolder? Folder { get; }

    /// <summary>Where the files of runs are put for people.</summary>
    public RunFolders Files { get; } = new(data);

    /// <summary>Where this machine keeps what can be made again.</summary>
    public string CacheFolder { get; } = Path.Combine(data, DataFolder.CacheName);

    /// <summary>The teachers it knows.</summary>
    public TeacherLibrary Teachers => new(Archive, path => NetworkFile.Open(path).Dispose());

    /// <summary>Whether runs are hosted by this process and stop with it.</summary>
    public abstract bool HostsRuns { get; }

    /// <summary>The grains of the silo in this process; null if it hosts no runs now.</summary>
    public abstract IGrainFactory? Grains { get; }

    /// <summary>Where the runs that this process hosts are logged; null if it hosts none now.</summary>
    public abstract ILoggerFactory? Logs { get; }

    /// <summary>Whether TorchScript files that a spec names may be run where its runs train.</summary>
    public abstract bool TrustsCode { get; }

    /// <summary>Controls the runs that are hosted now; null if no process hosts them.</summary>
    public abstract Task<IControl?> ReachAsync(CancellationToken cancellation);

    /// <summary>Sees to it that runs are hosted, if need be by this process.</summary>
    /// <param name="command">What this process does, as a person would type it.</param>
    /// <param name="device">What the spec's <c>hardware.device</c> asks of this process, if it is the one that computes.</param>
    /// <param name="cancellation">Stops the start.</param>
    public abstract Task<IControl> HostAsync(string command, string device, CancellationToken cancellation);

    /// <summary>Says what the list of a kind does not show because it cannot be read; true if there is any.</summary>
    public async Task<bool> WarnOfDamageAsync(RunKind kind, Screen screen, CancellationToken cancellation) =>
        Warn(await Archive.DamagedAsync(kind, cancellation), screen);

    /// <summary>Says what a list does not show, a sentence each; true if there is any.</summary>
    public static bool Warn(IReadOnlyList<string> damaged, Screen screen)
    {
        foreach (var sentence in damaged)
        {
            screen.Error.WriteLine($"disback: {sentence}");
        }
        return damaged.Count > 0;
    }

    /// <summary>Makes the tables again from the documents.</summary>
    /// <returns>How many documents there are, and how many of them cannot be read.</returns>
    public abstract Task<(int Documents, int Damaged)> RebuildTablesAsync(CancellationToken cancellation);

    public abstract ValueTask DisposeAsync();

    /// <summary>The installation that a command line names.</summary>
    public static Installation Of(ParseResult parsed, Session session) => Of(parsed, session.Screen.Error, session.Time);

    /// <summary>The installation that a command line names.</summary>
    /// <param name="parsed">The command line.</param>
    /// <param name="notices">Gets what the user should know on the way.</param>
    /// <param name="time">The clock.</param>
    public static Installation Of(ParseResult parsed, TextWriter notices, TimeProvider time)
    {
        var data = UserPath.Expand(parsed.GetRequiredValue(GlobalOptions.Data));
        if (string.IsNullOrWhiteSpace(data))
        {
            throw new DisBackException("The data folder's name is empty; name a folder with --data, or leave the option out.");
        }
        if (parsed.GetValue(GlobalOptions.Cluster) is not { Length: > 0 } cluster)
        {
            return new OfFolder(data, parsed.GetValue(GlobalOptions.TrustCode));
        }
        if (!Uri.TryCreate(cluster, UriKind.Absolute, out var address) || address.Scheme is not ("http" or "https"))
        {
            throw new DisBackException($"The cluster '{cluster}' is not an address; give --cluster as https://HOST[:PORT].");
        }
        if (address is { Scheme: "http", IsLoopback: false })
        {
            notices.WriteLine($"disback: The token travels to {address.Host} unencrypted; use an https address where others share the network.");
        }
        return new OfCluster(data, new ClusterClient(address, Token(parsed), notices.WriteLine, time));
    }

    private static string? Token(ParseResult parsed)
    {
        if (parsed.GetValue(GlobalOptions.TokenFile) is not { } named)
        {
            return Environment.GetEnvironmentVariable(GlobalOptions.TokenVariable) is { Length: > 0 } token ? token : null;
        }
        var file = UserPath.Expand(named);
        try
        {
            return File.ReadAllText(file).Trim();
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            throw new DisBackException($"The token file '{file}' cannot be read: {e.Message.TrimEnd('.')}; check --token-file.", e);
        }
    }

    private sealed class OfFolder(string data, bool trustCode) : Installation(data)
    {
        /// <summary>How long the process that works in the folder, on this machine, may take to answer.</summary>
        private static readonly TimeSpan s_patience = TimeSpan.FromSeconds(10);

        private readonly DataFolder _folder = new(data);
        private IAsyncDisposable? _connection;
        private DocumentReadModel? _tables;

        public override IArchive Archive => _folder.Archive;

        public override IRowQueries Tables => ReadModel;

        public override DataFolder? Folder => _folder;

        private DocumentReadModel ReadModel => _tables ??= new DocumentReadModel(
            new FolderBlobStore(_folder.Path), Directory.Exists(_folder.Path) ? Path.Combine(CacheFolder, "tables") : null);

        public override bool HostsRuns => true;

        public override IGrainFactory? Grains => (_connection as Silo)?.Grains;

        public override ILoggerFactory? Logs => (_connection as Silo)?.Logs;

        public override bool TrustsCode => trustCode;

        public override async Task<IControl?> ReachAsync(CancellationToken cancellation)
        {
            if (_folder.Owner is not { } owner)
            {
                return null;
            }
            var connection = await SiloConnection.ConnectAsync(owner, cancellation);
            _connection = connection;
            // Of what the owner tells of itself the address comes later; when it took the folder stays.
            return new GrainControl(connection.Grains, null, s_patience, () => _folder.Owner is { } now && now.StartedAt == owner.StartedAt);
        }

        public override async Task<IControl> HostAsync(string command, string device, CancellationToken cancellation)
        {
            var silo = Silo.Take(_folder, command, device, trustCode);
            _connection = silo;
            await silo.StartAsync(cancellation);
            return new GrainControl(silo.Grains);
        }

        public override Task<(int Documents, int Damaged)> RebuildTablesAsync(CancellationToken cancellation) => ReadModel.RebuildAsync(cancellation);

        public override ValueTask DisposeAsync()
        {
            _tables?.Dispose();
            return _connection?.DisposeAsync() ?? default;
        }
    }

    private sealed class OfCluster(string data, ClusterClient cluster) : Installation(data)
    {
        public override IArchive Archive => cluster;

        public override IRowQueries Tables => cluster;

        public override DataFolder? Folder => null;

        public override bool HostsRuns => false;

        public override IGrainFactory? Grains => null;

        public override ILoggerFactory? Logs => null;

        public override bool TrustsCode => false;

        public override Task<IControl?> ReachAsync(CancellationToken cancellation) => Task.FromResult<IControl?>(cluster);

        public override Task<IControl> HostAsync(string command, string device, CancellationToken cancellation) => Task.FromResult<IControl>(cluster);

        public override Task<(int Documents, int Damaged)> RebuildTablesAsync(CancellationToken cancellation) =>
            throw new DisBackException("The tables of a cluster are its gateway's own, which makes them again when it starts; leave out --rebuild.");

        public override ValueTask DisposeAsync()
        {
            cluster.Dispose();
            return default;
        }
    }
}
