namespace DisBack.Storage.Metrics;

/// <summary>A line of what a worker tells of an attempt.</summary>
/// <param name="Position">Where it lies, as a <see cref="LogPosition"/> says it.</param>
/// <param name="Attempt">The attempt.</param>
/// <param name="Time">When it was written.</param>
/// <param name="Level">How much it matters.</param>
/// <param name="Step">The training step; null for what happened before the attempt was at one.</param>
/// <param name="Silo">The name of the worker; empty where that is not known.</param>
/// <param name="Text">What happened; a failure has its stack trace in the lines after the first.</param>
public sealed record LogLine(string Position, int Attempt, DateTimeOffset Time, LogSeverity Level, long? Step, string Silo, string Text);

/// <summary>What is wanted of a log.</summary>
public sealed record LogQuery
{
    /// <summary>The lines of a page, at most.</summary>
    public const int MostLines = 1000;

    /// <summary>The attempt; null for all.</summary>
    public int? Attempt { get; init; }

    /// <summary>The least level.</summary>
    public LogSeverity Level { get; init; }

    /// <summary>A part of the text, in whatever case; empty for all.</summary>
    public string Search { get; init; } = "";

    /// <summary>Only what comes behind this position; null for all.</summary>
    public LogPosition? After { get; init; }

    /// <summary>The lines that are answered, at most.</summary>
    public int Limit { get; init; } = MostLines;
}

/// <summary>A part of a log.</summary>
/// <param name="Lines">The lines, in the order in which they were written.</param>
/// <param name="End">Behind which position to go on, now or when there is more; null where there is nothing yet.</param>
/// <param name="More">Whether there is more behind it already.</param>
/// <param name="Damage">What could not be read and is missing: a sentence for each chunk that is damaged.</param>
public sealed record LogPage(IReadOnlyList<LogLine> Lines, string? End, bool More, IReadOnlyList<string> Damage);
