using DisBack.Client;
using DisBack.Orchestration.Hosting;
using DisBack.Orchestration.Training;

namespace DisBack.Cli;

/// <summary>The silo inside this process: it holds the data folder and trains in it.</summary>
internal sealed class Silo : IAsyncDisposable
{
    private readonly EmbeddedHost _host;

    private Silo(EmbeddedHost host, DataFolder folder) => (_host, Client, Teachers) = (host, new DisBackClient(host.Grains), new TeacherLibrary(folder));

    public DisBackClient Client { get; }

    public TeacherLibrary Teachers { get; }

    /// <summary>Takes the data folder and starts.</summary>
    public static async Task<Silo> StartAsync(DataFolder folder, string command, CancellationToken cancellation)
        => new(await EmbeddedHost.StartAsync(new EmbeddedOptions { DataFolder = folder.Path, Command = command, Log = true }, new SpecTrainingFactory(), cancellation), folder);

    public async ValueTask DisposeAsync() => await _host.StopAsync();
}
