namespace DisBack.Storage.Metrics;

/// <summary>How much a line of a log matters.</summary>
public enum LogSeverity
{
    /// <summary>What was done, and how long it took.</summary>
    Info,

    /// <summary>Something failed, and the run goes on.</summary>
    Warning,

    /// <summary>Why an attempt ended.</summary>
    Error,
}
