using System.Net;
using DisBack.TestKit.History;
using DisBack.TestKit.Processes;

namespace DisBack.TestKit.Silos;

/// <summary>
/// The real silo executable on endpoints of its own, which it keeps over restarts. <c>DISBACK_SILO</c> names another build of it than that of this
/// source tree, for clusters of two versions; <c>DISBACK_TEST_LOGS</c> names a folder in which logs are kept.
/// </summary>
public sealed class SiloProcess : IAsyncDisposable
{
    private static readonly TimeSpan s_probe = TimeSpan.FromMilliseconds(50);
    private static readonly TimeSpan s_timeout = TimeSpan.FromMinutes(2);

    private readonly HttpClient _http = new(new SocketsHttpHandler { UseProxy = false }) { Timeout = TimeSpan.FromSeconds(5) };
    private readonly SiloSettings _settings;
    private readonly HistoryLog _history;
    private readonly StreamWriter _log;
    private readonly int[] _ports = Ports.Free(3);
    private readonly string _logFile;
    private ChildProcess? _process;

    public SiloProcess(SiloSettings settings, HistoryLog history)
    {
        (_settings, _history) = (settings, history);
        Directory.CreateDirectory(settings.Folder);
        var logs = Environment.GetEnvironmentVariable("DISBACK_TEST_LOGS") is { Length: > 0 } kept
            ? Directory.CreateDirectory(Path.Combine(kept, Path.GetFileName(Path.GetDirectoryName(settings.Folder)!))).FullName
            : settings.Folder;
        _logFile = Path.Combine(logs, $"{settings.Name}.log");
        _log = new StreamWriter(_logFile, append: true) { AutoFlush = true };
    }

    public string Name => _settings.Name;

    public SiloRole Role => _settings.Role;

    /// <summary>Where outsiders ask for its health and metrics.</summary>
    public Uri Http => new($"http://{_settings.Address}:{_ports[2]}");

    /// <summary>Where other silos reach it.</summary>
    public IPEndPoint Endpoint => new(_settings.Address, _ports[0]);

    /// <summary>Where clients reach it.</summary>
    public IPEndPoint Gateway => new(_settings.Address, _ports[1]);

    /// <summary>Where it writes checkpoints on their way to the store.</summary>
    public string Scratch => Path.Combine(_settings.Folder, "scratch");

    /// <summary>Where it keeps weights near.</summary>
    public string Cache => Path.Combine(_settings.Folder, "cache");

    /// <summary>Process id; that of the supervisor if it is supervised.</summary>
    public int Id => Process.Id;

    public bool IsRunning => _process is { Exit.IsCompleted: false };

    /// <summary>How often it was started.</summary>
    public int Starts { get; private set; }

    /// <summary>Completes with the exit code of the process started last.</summary>
    public Task<int> Exit => Process.Exit;

    public string LastLines => Process.LastLines;

    /// <summary>Everything that it has logged, over all its starts.</summary>
    public IReadOnlyList<string> Lines
    {
        get
        {
            using var log = new StreamReader(new FileStream(_logFile, FileMode.Open, FileAccess.Read, FileShare.ReadWrite));
            return log.ReadToEnd().Split('\n');
        }
    }

    /// <summary>What it has logged as an error, or as worse.</summary>
    public IEnumerable<string> Alarms => Lines.Where(
        line => line.Contains("\"LogLevel\":\"Error\"", StringComparison.Ordinal) || line.Contains("\"LogLevel\":\"Critical\"", StringComparison.Ordinal));

    private ChildProcess Process => _process ?? throw new InvalidOperationException($"The silo {Name} was not started.");

    /// <summary>Starts the process, on the endpoints it had before.</summary>
    public void Start()
    {
        var assembly = Environment.GetEnvironmentVariable("DISBACK_SILO") ?? Repository.Built("silo/DisBack.Silo");
        string[] arguments = ["dotnet", assembly, .. _settings.Supervised ? ["--supervise"] : Array.Empty<string>()];
        var (program, rest) = _settings.Host?.Within(arguments[0], arguments[1..]) ?? (arguments[0], arguments[1..]);
        var configuration = new Dictionary<string, string>(_settings.Configuration)
        {
            ["Name"] = Name,
            ["Role"] = $"{Role}",
            ["Endpoints:Address"] = $"{_settings.Address}",
            ["Endpoints:Silo"] = $"{_ports[0]}",
            ["Endpoints:Gateway"] = $"{_ports[1]}",
            ["Endpoints:Http"] = $"{_ports[2]}",
            ["Worker:Scratch"] = Scratch,
            ["Worker:Cache"] = Cache,
        };
        var environment = configuration
            .Select(setting => KeyValuePair.Create($"DISBACK_{setting.Key.Replace(":", "__", StringComparison.Ordinal)}", setting.Value))
            .Concat(_settings.Environment).ToDictionary();
        _process = ChildProcess.Start(program, rest, environment, OnLine, Log);
        Starts++;
    }

    /// <summary>Starts it and waits until it is ready.</summary>
    public Task StartAsync()
    {
        Start();
        return ReadyAsync();
    }

    /// <summary>Waits until it says that it is ready.</summary>
    /// <exception cref="InvalidOperationException">It ended first, or took too long; its last lines are in the message.</exception>
    public async Task ReadyAsync()
    {
        var process = Process;
        using var timeout = new CancellationTokenSource(s_timeout);
        using var probe = new PeriodicTimer(s_probe);
        try
        {
            while (!process.Exit.IsCompleted)
            {
                if (await IsReadyAsync(timeout.Token))
                {
                    return;
                }
                await probe.WaitForNextTickAsync(timeout.Token);
            }
        }
        catch (OperationCanceledException)
        {
            throw new InvalidOperationException($"The silo {Name} was not ready after {s_timeout.TotalSeconds:0} s. Its last lines:\n{process.LastLines}");
        }
        throw new InvalidOperationException($"The silo {Name} ended with {await process.Exit} before it was ready. Its last lines:\n{process.LastLines}");
    }

    /// <summary>What <c>/health/ready</c> says now.</summary>
    public async Task<bool> IsReadyAsync(CancellationToken cancellation = default)
    {
        try
        {
            using var answer = await _http.GetAsync(new Uri(Http, "/health/ready"), cancellation);
            return answer.StatusCode == HttpStatusCode.OK;
        }
        catch (Exception e) when (e is HttpRequestException or OperationCanceledException && !cancellation.IsCancellationRequested)
        {
            return false;
        }
    }

    /// <summary>The text of <c>/metrics</c>.</summary>
    public Task<string> MetricsAsync() => _http.GetStringAsync(new Uri(Http, "/metrics"));

    public void Send(Signal signal) => Process.Send(signal);

    /// <summary>SIGKILL, and waits for the end.</summary>
    public Task KillAsync() => Process.KillAsync();

    /// <summary>SIGKILL of the silo under its supervisor, which stays.</summary>
    public void KillSupervised() => Process.SendToOldestChild(Signal.Kill);

    /// <summary>SIGTERM, and waits for the end it makes; returns its exit code.</summary>
    public Task<int> TerminateAsync()
    {
        Send(Signal.Terminate);
        return EndsAsync();
    }

    /// <summary>Waits for the end of the process started last; returns its exit code.</summary>
    public Task<int> EndsAsync(CancellationToken cancellation = default) => Process.EndsAsync(cancellation);

    /// <summary>Waits until a line of its log holds a text.</summary>
    public Task<string> SeesAsync(string text, CancellationToken cancellation = default) => Process.SeesAsync(text, cancellation);

    public async ValueTask DisposeAsync()
    {
        if (_process is not null)
        {
            await _process.DisposeAsync();
        }
        lock (_log)
        {
            _log.Dispose();
        }
        _http.Dispose();
    }

    private void OnLine(string line)
    {
        Log(line);
        if (HistoryReader.Parse(line, Name) is { } record)
        {
            _history.Add(record);
        }
    }

    private void Log(string line)
    {
        lock (_log)
        {
            if (_log.BaseStream.CanWrite)
            {
                _log.WriteLine(line);
            }
        }
    }
}
