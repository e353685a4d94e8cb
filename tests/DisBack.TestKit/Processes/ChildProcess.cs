using System.Collections.Concurrent;
using System.Diagnostics;
using System.Globalization;
using System.Runtime.InteropServices;

namespace DisBack.TestKit.Processes;

/// <summary>A program that runs as long as this process wants it to, and never longer than this process lives.</summary>
/// <remarks>
/// <c>setpriv --pdeathsig KILL</c> has the kernel kill the child when its parent dies, however it dies; a watcher in user space could be killed together
/// with the one it watches. The kernel means the parent <em>thread</em>, so all children are started by one thread that ends only with the process.
/// </remarks>
public sealed partial class ChildProcess : IAsyncDisposable
{
    private const int RememberedLines = 200;

    /// <summary>Longer than anything a test waits for takes on a busy machine: a test that waits in vain fails and says for what.</summary>
    private static readonly TimeSpan s_patience = TimeSpan.FromMinutes(5);

    private static readonly BlockingCollection<Action> s_starts = [];

    private readonly Process _process;
    private readonly Lock _gate = new();
    private readonly Queue<string> _lines = [];
    private readonly List<(string Text, TaskCompletionSource<string?> Seen)> _awaited = [];

    static ChildProcess() => new Thread(() =>
    {
        foreach (var start in s_starts.GetConsumingEnumerable())
        {
            start();
        }
    })
    { IsBackground = true, Name = "parent of all children" }.Start();

    private ChildProcess(Process process, string name, Action<string>? onOutput, Action<string>? onError)
    {
        (_process, Name) = (process, name);
        process.OutputDataReceived += (_, line) => OnLine(line.Data, onOutput);
        process.ErrorDataReceived += (_, line) => OnLine(line.Data, onError);
        process.BeginOutputReadLine();
        process.BeginErrorReadLine();
        Exit = ExitAsync();
    }

    /// <summary>What it is called in messages.</summary>
    public string Name { get; }

    public int Id => _process.Id;

    /// <summary>Completes with the exit code, 128 + n after signal n, when the process has ended and its last line was read.</summary>
    public Task<int> Exit { get; }

    /// <summary>The last lines of output and errors.</summary>
    public string LastLines
    {
        get
        {
            lock (_gate)
            {
                return string.Join('\n', _lines);
            }
        }
    }

    /// <summary>Starts a program, which must replace itself by whatever it runs in turn: signals go to this one process.</summary>
    /// <param name="program">The program, found like in a shell.</param>
    /// <param name="arguments">Its arguments.</param>
    /// <param name="environment">Variables to set on top of those of this process.</param>
    /// <param name="onOutput">Called with every line of its output, in order.</param>
    /// <param name="onError">Called with every line of its errors, in order.</param>
    public static ChildProcess Start(
        string program,
        IEnumerable<string> arguments,
        IReadOnlyDictionary<string, string>? environment = null,
        Action<string>? onOutput = null,
        Action<string>? onError = null)
    {
        // Whoever started this process may ignore signals, which children inherit.
        var start = new ProcessStartInfo("env", ["--default-signal", "setpriv", "--pdeathsig", "KILL", program, .. arguments])
        {
            RedirectStandardInput = true,
            RedirectStandardOutput = true,
            RedirectStandardError = true,
        };
        foreach (var (name, value) in environment ?? new Dictionary<string, string>())
        {
            start.Environment[name] = value;
        }
        var started = new TaskCompletionSource<Process>(TaskCreationOptions.RunContinuationsAsynchronously);
        s_starts.Add(() =>
        {
            try
            {
                started.SetResult(Process.Start(start)!);
            }
            catch (Exception e)
            {
                started.SetException(e);
            }
        });
        return new(started.Task.GetAwaiter().GetResult(), Path.GetFileName(program), onOutput, onError);
    }

    /// <summary>Runs a program to its end and returns its output.</summary>
    /// <exception cref="InvalidOperationException">It ended with another code than 0.</exception>
    public static async Task<string> RunAsync(string program, params string[] arguments)
    {
        await using var child = Start(program, arguments);
        return await child.EndsAsync() == 0
            ? child.LastLines
            : throw new InvalidOperationException($"`{program} {string.Join(' ', arguments)}` ended with {await child.Exit}: {child.LastLines}");
    }

    /// <summary>Waits until a line of its output or errors, past or to come, holds a text; returns the line.</summary>
    /// <exception cref="InvalidOperationException">It ended first.</exception>
    /// <exception cref="TimeoutException">Neither happened in five minutes.</exception>
    public async Task<string> SeesAsync(string text, CancellationToken cancellation = default)
    {
        var seen = new TaskCompletionSource<string?>(TaskCreationOptions.RunContinuationsAsynchronously);
        lock (_gate)
        {
            if (_lines.FirstOrDefault(line => line.Contains(text, StringComparison.Ordinal)) is { } past)
            {
                return past;
            }
            _awaited.Add((text, seen));
        }
        var first = await InTimeAsync(Task.WhenAny(seen.Task, Exit), $"print '{text}'", cancellation);
        return first == seen.Task && await seen.Task is { } line
            ? line
            : throw new InvalidOperationException($"{Name} ended with {await Exit} before it printed '{text}'. Its last lines:\n{LastLines}");
    }

    /// <summary>Waits for its end; returns the exit code.</summary>
    /// <exception cref="TimeoutException">It did not end in five minutes.</exception>
    public Task<int> EndsAsync(CancellationToken cancellation = default) => InTimeAsync(Exit, "end", cancellation);

    /// <summary>Sends a signal; a process that has ended already takes no notice.</summary>
    public void Send(Signal signal)
    {
        // Until it is waited for, an ended process keeps its id, so this reaches no stranger.
        if (!_process.HasExited)
        {
            _ = kill(_process.Id, (int)signal);
        }
    }

    /// <summary>Sends a signal to every process it has started itself, which is how a supervisor loses what it watches.</summary>
    public void SendToChildren(Signal signal)
    {
        foreach (var child in Children())
        {
            _ = kill(child, (int)signal);
        }
    }

    /// <summary>Sends a signal to the oldest process it has started itself: of a supervisor, the silo that runs and not the one that stands by.</summary>
    public void SendToOldestChild(Signal signal)
    {
        if (Children() is { Length: > 0 } children)
        {
            _ = kill(children.MinBy(StartOf), (int)signal);
        }
    }

    /// <summary>SIGKILL, and waits for the end.</summary>
    public async Task KillAsync()
    {
        Send(Signal.Kill);
        await EndsAsync();
    }

    public async ValueTask DisposeAsync()
    {
        if (!_process.HasExited)
        {
            // Stopped first, so that it starts nothing more in the meantime.
            Send(Signal.Stop);
            SendToChildren(Signal.Kill);
        }
        await KillAsync();
        _process.Dispose();
    }

    private int[] Children()
    {
        try
        {
            return [.. Directory.EnumerateDirectories($"/proc/{_process.Id}/task")
                .SelectMany(thread => File.ReadAllText(Path.Combine(thread, "children")).Split(' ', StringSplitOptions.RemoveEmptyEntries))
                .Select(id => int.Parse(id, CultureInfo.InvariantCulture))];
        }
        catch (IOException)
        {
            // It has just ended, or a thread of it has.
            return [];
        }
    }

    /// <summary>When a process was started, in ticks since the start of the system: the 22nd field, of which the second is a name in brackets.</summary>
    private static long StartOf(int process)
    {
        try
        {
            var text = File.ReadAllText($"/proc/{process}/stat");
            return long.Parse(text[(text.LastIndexOf(')') + 2)..].Split(' ')[19], CultureInfo.InvariantCulture);
        }
        catch (IOException)
        {
            // It has just ended.
            return long.MaxValue;
        }
    }

    private async Task<T> InTimeAsync<T>(Task<T> awaited, string deed, CancellationToken cancellation)
    {
        try
        {
            return await awaited.WaitAsync(s_patience, cancellation);
        }
        catch (TimeoutException)
        {
            throw new TimeoutException($"{Name} ({Id}) did not {deed} in {s_patience.TotalMinutes:0} minutes. Its last lines:\n{LastLines}");
        }
    }

    private async Task<int> ExitAsync()
    {
        await _process.WaitForExitAsync();
        return _process.ExitCode;
    }

    private void OnLine(string? line, Action<string>? listener)
    {
        if (line is null)
        {
            return;
        }
        lock (_gate)
        {
            _lines.Enqueue(line);
            if (_lines.Count > RememberedLines)
            {
                _lines.Dequeue();
            }
            foreach (var (_, seen) in _awaited.Where(awaited => line.Contains(awaited.Text, StringComparison.Ordinal)))
            {
                seen.TrySetResult(line);
            }
            _awaited.RemoveAll(awaited => awaited.Seen.Task.IsCompleted);
        }
        listener?.Invoke(line);
    }

    [LibraryImport("libc")]
    private static partial int kill(int process, int signal);
}
