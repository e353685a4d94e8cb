using DisBack.Storage.Metrics;

namespace DisBack.Orchestration.Training;

/// <summary>
/// What a worker tells of an attempt, one sentence a line, which is stored with the attempt's metrics. Lines from before it is known where the attempt resumes
/// wait until then. Any thread may add to it.
/// </summary>
/// <param name="silo">The name of the worker.</param>
/// <param name="time">The clock.</param>
internal sealed class JobLog(string silo, TimeProvider time)
{
    /// <summary>Lines of an attempt, at most: a store that fails for hours must not fill it. The last line is about that.</summary>
    public const int MostLines = 2000;

    /// <summary>Characters of an attempt, at most; a failure may add as many as <see cref="MostOfFailure"/>.</summary>
    public const int MostCharacters = 64 << 10;

    /// <summary>Characters of the text of a failure, at most.</summary>
    public const int MostOfFailure = 16 << 10;

    private readonly Lock _gate = new();
    private readonly List<(LogSeverity Level, string Text, DateTimeOffset Written)> _early = [];
    private MetricWriter? _metrics;
    private long _step = LogEvents.NoStep;
    private int _lines;
    private int _characters;
    private bool _isFull;

    /// <summary>Adds what was done, at a step or, without one, where the attempt resumes.</summary>
    public void Info(string text, long? step = null) => Add(LogSeverity.Info, text, step);

    /// <summary>Adds what failed without ending the attempt.</summary>
    public void Warning(string text, long? step = null) => Add(LogSeverity.Warning, text, step);

    /// <summary>Adds why the attempt ended, however full the log is.</summary>
    public void Failure(string text, long? step = null)
    {
        lock (_gate)
        {
            Keep(LogSeverity.Error, text.Length <= MostOfFailure ? text : $"{text[..MostOfFailure]}\n(The rest of this text is left out.)", step);
        }
    }

    /// <summary>From now on lines go to the metrics, those first that waited for it.</summary>
    /// <param name="metrics">Where they go.</param>
    /// <param name="step">The step at which the attempt resumes; <see cref="LogEvents.NoStep"/> where it ends before.</param>
    public void WriteTo(MetricWriter metrics, long step)
    {
        lock (_gate)
        {
            (_metrics, _step) = (metrics, step);
            foreach (var (level, text, written) in _early)
            {
                metrics.AddLine(level, step, silo, text, written);
            }
            _early.Clear();
        }
    }

    private void Add(LogSeverity level, string text, long? step)
    {
        lock (_gate)
        {
            if (_isFull)
            {
                return;
            }
            if (_lines < MostLines && _characters + text.Length <= MostCharacters)
            {
                Keep(level, text, step);
                return;
            }
            _isFull = true;
            Keep(LogSeverity.Warning, "The log of this attempt is full; what comes after this line is left out, except for a failure.", step);
        }
    }

    private void Keep(LogSeverity level, string text, long? step)
    {
        _lines++;
        _characters += text.Length;
        var now = time.GetUtcNow();
        if (_metrics is null)
        {
            _early.Add((level, text, now));
        }
        else
        {
            _metrics.AddLine(level, step ?? _step, silo, text, now);
        }
    }
}
