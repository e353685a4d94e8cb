using System.Diagnostics;

namespace DisBack.Fuzz.Running;

/// <summary>Ends the program when one reading takes too long: a thread that hangs cannot be stopped.</summary>
internal sealed class HangWatch : IDisposable
{
    private readonly Timer _timer;
    private readonly Action<long> _hangs;
    private long _started;
    private long _input;

    /// <param name="hangs">Receives the number of the input that hangs; what comes after it is the end of the process.</param>
    public HangWatch(Action<long> hangs)
    {
        _hangs = hangs;
        _timer = new Timer(_ => Look(), null, Budget.Time, TimeSpan.FromMilliseconds(200));
    }

    public void Begin(long input)
    {
        Volatile.Write(ref _input, input);
        Volatile.Write(ref _started, Stopwatch.GetTimestamp());
    }

    public TimeSpan End()
    {
        var started = _started;
        Volatile.Write(ref _started, 0);
        return Stopwatch.GetElapsedTime(started);
    }

    public void Dispose() => _timer.Dispose();

    private void Look()
    {
        var (started, input) = (Volatile.Read(ref _started), Volatile.Read(ref _input));
        if (started != 0 && Stopwatch.GetElapsedTime(started) > Budget.Hang && started == Volatile.Read(ref _started))
        {
            _hangs(input);
            Environment.Exit(1);
        }
    }
}
