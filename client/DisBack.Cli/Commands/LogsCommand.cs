using System.CommandLine;
using DisBack.Cli.Installations;
using DisBack.Cli.Logs;
using DisBack.Cli.Names;
using DisBack.Cli.Options;
using DisBack.Cli.Terminal;
using DisBack.Storage.Metrics;

namespace DisBack.Cli.Commands;

/// <summary><c>disback logs RUN</c>: what the workers of a run tell of its attempts.</summary>
internal static class LogsCommand
{
    public static Command Create(Session session)
    {
        var name = NameArguments.Run();
        var attempt = Arguments.Positive(new Option<int>("--attempt") { Description = "One attempt alone; all unless given.", HelpName = "N" });
        var level = new Option<string>("--level")
        {
            Description = "The least level that is printed.", DefaultValueFactory = _ => LogEvents.NameOf(LogSeverity.Info),
        };
        level.AcceptOnlyFromAmong([.. Enum.GetValues<LogSeverity>().Select(LogEvents.NameOf)]);
        var grep = new Option<string>("--grep") { Description = "Only entries that contain this text, in whatever case.", HelpName = "TEXT" };
        var follow = new Option<bool>("--follow", "-f") { Description = "Go on with what is added until the run settles; Ctrl-C ends it." };
        var json = new Option<bool>("--json") { Description = "Print JSON, an object a line." };
        var command = new Command("logs", "Shows what the workers of a run tell of its attempts, with the stack traces of failures.")
        {
            name, attempt, level, grep, follow, json,
        };
        command.SetAction(async (parsed, cancellation) =>
        {
            await using var installation = Installation.Of(parsed, session);
            var run = await RunTarget.FindAsync(installation.Archive, parsed.GetRequiredValue(name), cancellation);
            var query = new LogQuery
            {
                Attempt = parsed.GetValue(attempt) is > 0 and var number ? number : null,
                Level = Enum.GetValues<LogSeverity>().Single(known => LogEvents.NameOf(known) == parsed.GetRequiredValue(level)),
                Search = parsed.GetValue(grep) ?? "",
            };
            var log = new LogPrinter(installation.Archive, session, parsed.GetValue(json));
            await log.PrintAsync(run.Id, query, parsed.GetValue(follow), cancellation);
            return (int)(log.IsDamaged ? ExitCode.Storage : ExitCode.Ok);
        });
        return command;
    }
}
