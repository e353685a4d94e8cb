using System.CommandLine;
using DisBack.Cli.Installations;
using DisBack.Cli.Names;
using DisBack.Cli.Terminal;
using DisBack.Contracts.Documents;

namespace DisBack.Cli.Commands;

/// <summary><c>disback pause</c> and <c>disback cancel</c>: commands of a user to a run that another process hosts.</summary>
internal static class ControlCommands
{
    public static Command Pause(Session session)
    {
        var name = NameArguments.Run();
        var command = new Command("pause", "Stops a run, or the trials of a sweep, after a checkpoint; 'resume', or repeating its command, goes on.") { name };
        command.SetAction(async (parsed, cancellation) =>
        {
            await using var installation = Installation.Of(parsed, session);
            if (SweepCommand.IsNamedBy(parsed.GetRequiredValue(name)))
            {
                return (int)await SweepCommand.StopAsync(session, installation, parsed.GetRequiredValue(name), RunIntent.Pause, cancellation);
            }
            var run = await RunTarget.FindAsync(installation.Archive, parsed.GetRequiredValue(name), cancellation);
            session.Screen.Line(await installation.ReachAsync(cancellation) is { } control
                ? (await control.PauseAsync(run.Id, cancellation)).Message
                : $"{run.Id} is not running: no process works in {installation.Archive.Location}.");
            return (int)ExitCode.Ok;
        });
        return command;
    }

    public static Command Cancel(Session session)
    {
        var name = NameArguments.Run();
        var command = new Command("cancel", "Stops a run, or the trials of a sweep, for good; what it stored stays.") { name };
        command.SetAction(async (parsed, cancellation) =>
        {
            await using var installation = Installation.Of(parsed, session);
            if (SweepCommand.IsNamedBy(parsed.GetRequiredValue(name)))
            {
                return (int)await SweepCommand.StopAsync(session, installation, parsed.GetRequiredValue(name), RunIntent.Cancel, cancellation);
            }
            var run = await RunTarget.FindAsync(installation.Archive, parsed.GetRequiredValue(name), cancellation);
            if (await installation.ReachAsync(cancellation) is { } owner)
            {
                session.Screen.Line((await owner.CancelAsync(run.Id, cancellation)).Message);
                return (int)ExitCode.Ok;
            }
            // This process ends in a moment, and what is cancelled must be settled by then.
            var control = await installation.HostAsync($"disback cancel {run.Text}", "cpu", cancellation);
            var reply = await control.CancelAsync(run.Id, cancellation);
            if (reply is { Applied: true, Status: not RunStatus.Cancelled })
            {
                var last = await control.WatchAsync(run.Id, 0, cancellation).LastOrDefaultAsync(cancellation);
                reply = last is { Status: RunStatus.Cancelled } ? reply with { Message = "Cancelled." } : reply;
            }
            session.Screen.Line(reply.Message);
            return (int)ExitCode.Ok;
        });
        return command;
    }
}
