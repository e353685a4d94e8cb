using System.Diagnostics;
using System.Runtime.InteropServices;
using DisBack.Cli.Terminal;

namespace DisBack.Cli.Tests;

/// <summary>The real <c>disback</c> executable, as users start it.</summary>
internal sealed partial class DisBackProcess : IDisposable
{
    /// <summary>Many times what anything takes here: who waits for longer waits for ever, and says for what.</summary>
    private static readonly TimeSpan s_patience = TimeSpan.FromMinutes(8);

    /// <summary>The output and the error output.</summary>
    private const int Streams = 2;

    private readonly Process _process;
    private readonly Lock _gate = new();
    private readonly List<string> _lines = [];
    private readonly List<(string Text, TaskCompletionSource<bool> Seen)> _awaited = [];
    private readonly List<string> _errors = [];
    private int _endedStreams;

    private DisBackProcess(string folder, IReadOnlyDictionary<string, string> variables, string[] args)
    {
        // A script's background job and many CI systems ignore SIGINT, and children inherit that: this one starts as from a terminal.
        var start = new ProcessStartInfo("env", ["--default-signal", Programs.DisBack, .. args])
        {
            WorkingDirectory = folder,
            RedirectStandardInput = true,
            RedirectStandardOutput = true,
            RedirectStandardError = true,
        };
        foreach (var (name, value) in variables)
        {
            start.Environment[name] = value;
        }
        _process = Process.Start(start)!;
        _process.OutputDataReceived += (_, line) => OnLine(line.Data, _lines);
        _process.ErrorDataReceived += (_, line) => OnLine(line.Data, _errors);
        _process.BeginOutputReadLine();
        _process.BeginErrorReadLine();
    }

    public static DisBackProcess Start(string folder, params string[] args) => new(folder, new Dictionary<string, string>(), args);

    public static DisBackProcess Start(string folder, IReadOnlyDictionary<string, string> variables, params string[] args) => new(folder, variables, args);

    public static async Task<(ExitCode Code, string Output, string Error)> RunAsync(string folder, params string[] args)
    {
        using var process = Start(folder, args);
        return await process.EndAsync();
    }

    /// <summary>Waits until a line of the output or of the error output holds a text. An end without it is a failure.</summary>
    public async Task SeesAsync(string text)
    {
        var seen = new TaskCompletionSource<bool>(TaskCreationOptions.RunContinuationsAsynchronously);
        lock (_gate)
        {
            if (_lines.Concat(_errors).Any(line => line.Contains(text, StringComparison.Ordinal)))
            {
                return;
            }
            if (_endedStreams == Streams)
            {
                seen.SetResult(false);
            }
            _awaited.Add((text, seen));
        }
        await WaitAsync(seen.Task, $"'{text}'");
        if (!await seen.Task)
        {
            Fail($"ended without '{text}'");
        }
    }

    public void Interrupt() => Assert.Equal(0, Signal(_process.Id, 2));

    public void Terminate() => Assert.Equal(0, Signal(_process.Id, 15));

    /// <summary>The end of the terminal.</summary>
    public void HangUp() => Assert.Equal(0, Signal(_process.Id, 1));

    public void Freeze() => Assert.Equal(0, Signal(_process.Id, 19));

    public void Thaw() => Assert.Equal(0, Signal(_process.Id, 18));

    public void Kill() => _process.Kill();

    /// <summary>The processes that it has started.</summary>
    public IEnumerable<int> Children() => Directory.EnumerateDirectories($"/proc/{_process.Id}/task")
        .SelectMany(thread => File.ReadAllText(Path.Combine(thread, "children")).Split(' ', StringSplitOptions.RemoveEmptyEntries)).Select(int.Parse);

    public async Task<(ExitCode Code, string Output, string Error)> EndAsync()
    {
        await WaitAsync(_process.WaitForExitAsync(TestContext.Current.CancellationToken), "the end");
        lock (_gate)
        {
            return ((ExitCode)_process.ExitCode, string.Join('\n', _lines), string.Concat(_errors.Select(line => line + "\n")));
        }
    }

    public void Dispose()
    {
        if (!_process.HasExited)
        {
            _process.Kill();
        }
        _process.Dispose();
    }

    private async Task WaitAsync(Task awaited, string what)
    {
        try
        {
            await awaited.WaitAsync(s_patience, TestContext.Current.CancellationToken);
        }
        catch (TimeoutException)
        {
            Fail($"did not come to {what} in {s_patience.TotalMinutes:0} minutes");
        }
    }

    private void Fail(string how)
    {
        lock (_gate)
        {
            Assert.Fail($"'{string.Join(' ', _process.StartInfo.ArgumentList.Skip(1))}' {how}; it printed:\n{string.Join('\n', _lines.Concat(_errors))}");
        }
    }

    private void OnLine(string? line, List<string> lines)
    {
        lock (_gate)
        {
            if (line is not null)
            {
                lines.Add(line);
                Complete(_awaited.Where(awaited => line.Contains(awaited.Text, StringComparison.Ordinal)), isSeen: true);
            }
            else if (++_endedStreams == Streams)
            {
                // This ends every wait: what was not printed by then never will be.
                Complete(_awaited, isSeen: false);
            }
        }

        static void Complete(IEnumerable<(string Text, TaskCompletionSource<bool> Seen)> awaited, bool isSeen)
        {
            foreach (var (_, seen) in awaited)
            {
                seen.TrySetResult(isSeen);
            }
        }
    }

    [LibraryImport("libc", EntryPoint = "kill")]
    internal static partial int Signal(int process, int signal);
}
