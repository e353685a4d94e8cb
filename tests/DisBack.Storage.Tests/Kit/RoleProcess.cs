using System.Threading.Channels;
using DisBack.TestKit.Processes;

namespace DisBack.Storage.Tests.Kit;

/// <summary>This test program, started again in one of the <see cref="ChildRoles"/>, to be killed.</summary>
internal sealed class RoleProcess : IAsyncDisposable
{
    public const string Verb = "child";

    private readonly Channel<string> _lines = Channel.CreateUnbounded<string>();
    private readonly ChildProcess _process;

    private RoleProcess(string program, IEnumerable<string> arguments)
    {
        _process = ChildProcess.Start(program, arguments, onOutput: line => _lines.Writer.TryWrite(line));
        _ = _process.Exit.ContinueWith(_ => _lines.Writer.TryComplete(), TaskScheduler.Default);
    }

    public int Id => _process.Id;

    public Task<int> Exit => _process.Exit;

    public static RoleProcess Start(string role, params string[] arguments) =>
        new("dotnet", [typeof(RoleProcess).Assembly.Location, Verb, role, .. arguments]);

    /// <summary>A shell script that ends in <c>exec "$@"</c> starts the role in surroundings it has prepared.</summary>
    public static RoleProcess StartIn(string script, string role, params string[] arguments) =>
        new("sh", ["-c", script, "sh", "dotnet", typeof(RoleProcess).Assembly.Location, Verb, role, .. arguments]);

    public Task<string> ReadLineAsync() => _lines.Reader.ReadAsync(TestContext.Current.CancellationToken).AsTask();

    /// <summary>SIGKILL, and the lines the child had still printed.</summary>
    public async Task<IReadOnlyList<string>> KillAsync()
    {
        await _process.KillAsync();
        return await ExitAsync();
    }

    public async Task<IReadOnlyList<string>> ExitAsync() =>
        await _lines.Reader.ReadAllAsync(TestContext.Current.CancellationToken).ToListAsync(TestContext.Current.CancellationToken);

    public ValueTask DisposeAsync() => _process.DisposeAsync();
}
