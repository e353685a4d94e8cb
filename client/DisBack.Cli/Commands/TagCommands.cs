using System.CommandLine;
using DisBack.Cli.Installations;
using DisBack.Cli.Names;
using DisBack.Cli.Terminal;

namespace DisBack.Cli.Commands;

/// <summary><c>disback tag</c> and <c>disback untag</c>: words that people find runs by.</summary>
internal static class TagCommands
{
    public static Command Tag(Session session) => Create(session, "tag", "Gives a run tags; 'list --tag TAG' shows the runs that have one.", adds: true);

    public static Command Untag(Session session) => Create(session, "untag", "Takes tags from a run.", adds: false);

    private static Command Create(Session session, string verb, string description, bool adds)
    {
        var name = NameArguments.Trial();
        var tags = new Argument<string[]>("TAG") { Description = "A word like the name of a spec.", Arity = ArgumentArity.OneOrMore }
            .CompletedWith(KnownNames.TagsAsync);
        var command = new Command(verb, description) { name, tags };
        command.SetAction(async (parsed, cancellation) =>
        {
            await using var installation = Installation.Of(parsed, session);
            var trial = await installation.Archive.FindTrialAsync(parsed.GetRequiredValue(name), cancellation);
            var control = await installation.ReachAsync(cancellation) ?? await installation.HostAsync($"disback {verb} {trial.Id}", "cpu", cancellation);
            var named = parsed.GetRequiredValue(tags);
            var changed = await control.TagAsync(trial.Id, adds ? named : [], adds ? [] : named, cancellation);
            session.Screen.Line(changed.Tags.IsEmpty ? $"{trial.Id} has no tags." : $"{trial.Id} has the tags {string.Join(", ", changed.Tags)}.");
            return (int)ExitCode.Ok;
        });
        return command;
    }
}
