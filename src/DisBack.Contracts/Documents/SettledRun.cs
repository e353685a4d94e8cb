using System.Collections.Immutable;
using System.Globalization;

namespace DisBack.Contracts.Documents;

/// <summary>How a run ended and what can be done now, in sentences: the same from its owner and from the document alone.</summary>
public static class SettledRun
{
    /// <summary>One or two sentences on a run that has settled.</summary>
    /// <param name="run">The run.</param>
    /// <param name="resume">The command that resumes it, as the reader would type it.</param>
    public static ImmutableArray<string> Explain(RunRecord run, string resume = "resume") => run.Status switch
    {
        RunStatus.Completed => ["It is complete."],
        RunStatus.Paused => [$"It is paused{At(run)}; '{resume}' goes on.", .. Reason(run)],
        RunStatus.Cancelled => ["It was cancelled; a spec with another name or seed starts anew."],
        _ => [$"It was given up{At(run)} ({run.Cause?.ToString().ToLowerInvariant() ?? "failed"}); '{resume}' tries again.", .. Reason(run)],
    };

    /// <summary>Where the head checkpoint is, to be put after a verb; empty if there is none.</summary>
    public static string At(RunRecord run) => run.Head is { } head ? string.Create(CultureInfo.InvariantCulture, $" at step {head.Step} of {run.Steps}") : "";

    /// <summary>The run's own reason; none if it has none.</summary>
    public static ImmutableArray<string> Reason(RunRecord run) => run.Reason is { Length: > 0 } reason ? [reason] : [];
}
