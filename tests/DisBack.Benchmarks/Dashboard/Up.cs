using System.Diagnostics;
using System.Globalization;
using DisBack.TestKit.Processes;

namespace DisBack.Benchmarks.Dashboard;

/// <summary>A program that serves the dashboard: <c>disback up</c>, or this one with runs that are paced.</summary>
internal sealed class Up : IAsyncDisposable
{
    private const string Served = " is served at ";

    private readonly ChildProcess _process;

    private Up(ChildProcess process, Uri address) => (_process, Address) = (process, address);

    /// <summary>Where its page is.</summary>
    public Uri Address { get; }

    /// <summary>Bytes of memory that it has resident.</summary>
    public long Resident => Process.GetProcessById(_process.Id).WorkingSet64;

    /// <summary>Its process.</summary>
    public int Id => _process.Id;

    /// <summary>Starts <c>disback up</c> over a data folder.</summary>
    public static Task<Up> StartAsync(string data, CancellationToken cancellation) =>
        StartAsync(Disback.Program(["--data", data, "up", "--address", "127.0.0.1:0"]), cancellation);

    /// <summary>Starts a site whose runs measure once a second and compute nothing.</summary>
    public static Task<Up> StartPacedAsync(string data, int runs, CancellationToken cancellation) =>
        StartAsync([Environment.GetCommandLineArgs()[0], PacedSite.Name, data, runs.ToString(CultureInfo.InvariantCulture)], cancellation);

    public ValueTask DisposeAsync() => _process.DisposeAsync();

    private static async Task<Up> StartAsync(string[] program, CancellationToken cancellation)
    {
        var process = ChildProcess.Start("dotnet", program);
        var line = await process.SeesAsync(Served, cancellation);
        return new Up(process, new Uri(line[(line.IndexOf(Served, StringComparison.Ordinal) + Served.Length)..].Split([';', ' ', ','])[0]));
    }
}
