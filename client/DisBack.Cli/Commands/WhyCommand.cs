using System.CommandLine;
using System.Globalization;
using System.Text.Json;
using DisBack.Cli.Installations;
using DisBack.Cli.Options;
using DisBack.Cli.Terminal;
using DisBack.Client;
using DisBack.Contracts.Documents;
using DisBack.Storage;

namespace DisBack.Cli.Commands;

/// <summary><c>disback why RUN</c>: what a run does, or the exact condition it waits for.</summary>
internal static class WhyCommand
{
    public static Command Create(Session session)
    {
        var (name, json) = (Arguments.Run(), Arguments.Json());
        var command = new Command("why", "Tells what a run does or waits for, and why.") { name, json };
        command.SetAction(async (parsed, cancellation) =>
        {
            await using var installation = Installation.Of(parsed, session);
            var run = await RunTarget.FindAsync(installation.Archive, parsed.GetRequiredValue(name), cancellation);
            IReadOnlyList<string> sentences = await installation.ReachAsync(cancellation) is { } control
                ? await control.WhyAsync(run.Id, cancellation)
                : [.. OfDocument(run, installation.Archive)];
            if (parsed.GetValue(json))
            {
                session.Screen.Json(JsonSerializer.SerializeToNode(sentences, StorageJson.Options));
            }
            else
            {
                foreach (var sentence in sentences)
                {
                    session.Screen.Line(sentence);
                }
            }
            return (int)ExitCode.Ok;
        });
        return command;
    }

    /// <summary>What the document alone shows, where no process hosts the run.</summary>
    private static IEnumerable<string> OfDocument(RunTarget target, IArchive archive)
    {
        var run = target.Run;
        var at = run.Head is { } head ? string.Create(CultureInfo.InvariantCulture, $" at step {head.Step} of {run.Steps}") : "";
        yield return run.Status switch
        {
            RunStatus.Completed => "It is complete.",
            RunStatus.Cancelled => "It was cancelled; a spec with another name or seed starts anew.",
            RunStatus.Failed => $"It was given up{at} ({run.Cause?.ToString().ToLowerInvariant() ?? "failed"}); 'disback resume {target.Text}' tries again.",
            RunStatus.Paused => $"It is paused{at}; 'disback resume {target.Text}' goes on.",
            _ => $"No process works in {archive.Location}, so nothing advances it{at}; 'disback resume {target.Text}' goes on.",
        };
        if (!run.Status.IsSettled())
        {
            yield return $"When it last advanced it was {run.Status.ToString().ToLowerInvariant()}.";
        }
        if (run.Status != RunStatus.Completed && run.Reason is { Length: > 0 } reason)
        {
            yield return reason;
        }
    }
}
