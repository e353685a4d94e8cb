using System.CommandLine;
using DisBack.Cli.Installations;
using DisBack.Cli.Names;
using DisBack.Cli.Terminal;

namespace DisBack.Cli.Commands;

/// <summary><c>disback archive</c> and <c>disback unarchive</c>: runs that <c>list</c> is not to show any more, by a tag of their own.</summary>
internal static class ArchiveCommands
{
    /// <summary>What marks an archived run.</summary>
    public const string ArchivedTag = "archived";

    public static Command Archive(Session session) => Create(session, "archive", "Has 'list' leave runs out; nothing else changes.", adds: true);

    public static Command Unarchive(Session session) => Create(session, "unarchive", "Has 'list' show archived runs again.", adds: false);

    private static Command Create(Session session, string verb, string description, bool adds)
    {
        var names = NameArguments.Trials();
        var command = new Command(verb, description) { names };
        command.SetAction(async (parsed, cancellation) =>
        {
            await using var installation = Installation.Of(parsed, session);
            // All of them first: a name that means nothing changes nothing.
            var trials = new List<string>();
            foreach (var name in parsed.GetRequiredValue(names))
            {
                trials.Add((await installation.Archive.FindTrialAsync(name, cancellation)).Id);
            }
            var control = await installation.ReachAsync(cancellation) ?? await installation.HostAsync($"disback {verb} {trials[0]}", "cpu", cancellation);
            foreach (var trial in trials.Distinct(StringComparer.Ordinal))
            {
                await control.TagAsync(trial, adds ? [ArchivedTag] : [], adds ? [] : [ArchivedTag], cancellation);
                session.Screen.Line(adds ? $"{trial} is archived." : $"{trial} is not archived any more.");
            }
            return (int)ExitCode.Ok;
        });
        return command;
    }
}
