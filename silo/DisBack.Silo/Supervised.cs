using Microsoft.Extensions.Hosting;

namespace DisBack.Silo;

/// <summary>
/// The child's side of <see cref="Supervisor"/>: its standard input ends when the parent does, however that died, and a silo that nobody
/// restarts must not hold the endpoint of one that somebody will.
/// </summary>
internal sealed class Supervised(IHostApplicationLifetime lifetime) : BackgroundService
{
    /// <summary>Set by the parent.</summary>
    public const string Variable = "DISBACK_SUPERVISED";

    /// <summary>Its value in a process that runs the silo.</summary>
    public const string Runs = "1";

    /// <summary>Its value in a process that stands by to run it later.</summary>
    public const string StandsBy = "standby";

    protected override async Task ExecuteAsync(CancellationToken stoppingToken)
    {
        if (Environment.GetEnvironmentVariable(Variable) is not (Runs or StandsBy))
        {
            return;
        }
        await using var parent = Console.OpenStandardInput();
        // Away from the start: a read of the console blocks its thread.
        await Task.Run(() => parent.CopyTo(Stream.Null), CancellationToken.None).WaitAsync(stoppingToken)
            .ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
        lifetime.StopApplication();
    }
}
