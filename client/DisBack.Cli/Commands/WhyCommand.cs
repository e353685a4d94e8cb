using System.Collections.Immutable;
using System.CommandLine;
using System.Text.Json;
using DisBack.Cli.Installations;
using DisBack.Cli.Names;
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
        var (name, json) = (NameArguments.Run(), Arguments.Json());
        var command = new Command("why", "Tells what a run does or waits for, and why.") { name, json };
        command.SetAction(async (parsed, cancellation) =>
        {
            await using var installation = Installation.Of(parsed, session);
            var run = await RunTarget.FindAsync(installation.Archive, parsed.GetRequiredValue(name), cancellation);
            var sentences = await SentencesAsync(installation, run, cancellation);
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

    /// <summary>What its owner says; where the process of the owner does not answer, that and what the document shows.</summary>
    private static async Task<IReadOnlyList<string>> SentencesAsync(Installation installation, RunTarget run, CancellationToken cancellation)
    {
        try
        {
            return await installation.ReachAsync(cancellation) is { } control
                ? await control.WhyAsync(run.Id, cancellation)
                : OfDocument(run, installation.Archive);
        }
        catch (ClusterUnavailableException silence) when (installation.HostsRuns)
        {
            return
            [
                silence.Message,
                .. run.Run.Status.IsSettled()
                    ? SettledRun.Explain(run.Run, $"disback resume {run.Text}")
                    : [$"Its last known status is {run.Run.Status.ToString().ToLowerInvariant()}{SettledRun.At(run.Run)}.", .. SettledRun.Reason(run.Run)],
            ];
        }
    }

    /// <summary>What the document alone shows, where no process advances the run.</summary>
    private static ImmutableArray<string> OfDocument(RunTarget target, IArchive archive)
    {
        var (run, resume) = (target.Run, $"disback resume {target.Text}");
        return run.Status.IsSettled()
            ? SettledRun.Explain(run, resume)
            :
            [
                $"No process works in {archive.Location}, so nothing advances it{SettledRun.At(run)}; '{resume}' goes on.",
                $"Its last status was {run.Status.ToString().ToLowerInvariant()}.",
                .. SettledRun.Reason(run),
            ];
    }
}
