using System.Diagnostics;

namespace DisBack.Storage.Tests.Kit;

/// <summary>This test program, started again in one of the <see cref="ChildRoles"/>, to be killed.</summary>
internal sealed class ChildProcess : IDisposable
{
    public const string Verb = "child";

    private readonly Process _process;

    private ChildProcess(ProcessStartInfo start) => _process = Process.Start(start)!;

    public int Id => _process.Id;

    public int ExitCode => _process.ExitCode;

    public static ChildProcess Start(string role, params string[] arguments) =>
        new(StartInfo("dotnet", [typeof(ChildProcess).Assembly.Location, Verb, role, .. arguments]));

    /// <summary>A shell script that ends in <c>exec "$@"</c> starts the role in surroundings it has prepared.</summary>
    public static ChildProcess StartIn(string script, string role, params string[] arguments) =>
        new(StartInfo("sh", ["-c", script, "sh", "dotnet", typeof(ChildProcess).Assembly.Location, Verb, role, .. arguments]));

    public Task<string?> ReadLineAsync() => _process.StandardOutput.ReadLineAsync(TestContext.Current.CancellationToken).AsTask();

    /// <summary>SIGKILL, and the lines the child had still said.</summary>
    public async Task<IReadOnlyList<string>> KillAsync()
    {
        _process.Kill();
        return await ExitAsync();
    }

    public async Task<IReadOnlyList<string>> ExitAsync()
    {
        var rest = await _process.StandardOutput.ReadToEndAsync(TestContext.Current.CancellationToken);
        await _process.WaitForExitAsync(TestContext.Current.CancellationToken);
        return rest.Split('\n', StringSplitOptions.RemoveEmptyEntries);
    }

    public void Dispose()
    {
        if (!_process.HasExited)
            _process.Kill(entireProcessTree: true);
        _process.Dispose();
    }

    private static ProcessStartInfo StartInfo(string program, IEnumerable<string> arguments) => new(program, arguments) { RedirectStandardOutput = true };
}
