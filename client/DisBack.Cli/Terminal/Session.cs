namespace DisBack.Cli.Terminal;

/// <summary>What a command has of the world around it.</summary>
/// <param name="Screen">Where it writes.</param>
/// <param name="Signals">How the user stops it.</param>
/// <param name="Time">The clock.</param>
internal sealed record Session(Screen Screen, StopSignals Signals, TimeProvider Time)
{
    /// <summary>What this process was started with; null where a command is not a process.</summary>
    public IReadOnlyList<string>? Arguments { get; init; }
}
