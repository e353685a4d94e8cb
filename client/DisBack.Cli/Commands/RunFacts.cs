using System.Globalization;
using DisBack.Cli.Terminal;
using DisBack.Client;
using DisBack.Contracts.Documents;

namespace DisBack.Cli.Commands;

/// <summary>What trials, trajectories and teachers have in common, as lines of text.</summary>
internal static class RunFacts
{
    public static void Print(Screen screen, RunRecord run, RunFolders files, string id)
    {
        screen.Fact("status", run.Status.ToString().ToLowerInvariant() + (run.Reason is { Length: > 0 } reason ? $": {reason}" : ""));
        screen.Fact("submitted", Texts.Time(run.Submitted));
        screen.Fact("ended", run.Ended is { } ended ? Texts.Time(ended) : null);
        screen.Fact("trained", run.Seconds > 0 ? Texts.Duration(TimeSpan.FromSeconds(run.Seconds)) : null);
        screen.Fact(
            "checkpoint",
            run.Head is { } head ? string.Create(CultureInfo.InvariantCulture, $"step {head.Step} of {run.Steps} ({head.Content})") : null);
        foreach (var (name, value) in run.Latest)
        {
            var best = run.Best.GetValueOrDefault(name) is { } lowest && lowest != value
                ? string.Create(CultureInfo.InvariantCulture, $", best {Texts.Number(lowest.Value)} at step {lowest.Step}")
                : "";
            screen.Fact(name, string.Create(CultureInfo.InvariantCulture, $"{Texts.Number(value.Value)} at step {value.Step}{best}"));
        }
        foreach (var change in run.Switches)
        {
            var gap = change.Gap is { } seen ? $" at a score gap of {Texts.Number(seen)}" : "";
            screen.Fact("switch", string.Create(CultureInfo.InvariantCulture, $"step {change.Step}: node {change.From} to {change.To}{gap}"));
        }
        foreach (var attempt in run.Attempts)
        {
            var end = attempt.Ended is null ? "running" : attempt.Cause is { } cause ? $"{cause.ToString().ToLowerInvariant()}: {attempt.Message}" : "complete";
            var beginning = $"{attempt.Number} on {attempt.DeviceName} from step {attempt.ResumedStep}";
            screen.Fact("attempt", $"{beginning}, {end}");
        }
        foreach (var file in files.FilesOf(id))
        {
            screen.Fact("file", file);
        }
    }
}
