using System.CommandLine;
using DisBack.Cli.Installations;
using DisBack.Cli.Live;
using DisBack.Cli.Names;
using DisBack.Cli.Options;
using DisBack.Cli.Terminal;
using DisBack.Contracts.Documents;

namespace DisBack.Cli.Commands;

/// <summary><c>disback watch RUN</c>: follows a run of another process; without one, says how things stand.</summary>
internal static class WatchCommand
{
    public static Command Create(Session session)
    {
        var (name, json) = (NameArguments.Run(), Arguments.Json());
        var command = new Command("watch", "Follows a run that another process hosts; Ctrl-C ends the watching, not the run.") { name, json };
        command.SetAction(async (parsed, cancellation) =>
        {
            await using var installation = Installation.Of(parsed, session);
            var run = await RunTarget.FindAsync(installation.Archive, parsed.GetRequiredValue(name), cancellation);
            var control = run.Run.Status.IsSettled() ? null : await installation.ReachAsync(cancellation);
            if (parsed.GetValue(json))
            {
                if (control is null)
                {
                    session.Screen.Json(run.Trial is { } trial ? DocumentJson.Of(trial) : DocumentJson.Of(run.Run));
                }
                else
                {
                    run = await new RunFollower(session, installation, control).PrintAsync(run.Id);
                }
                return (int)RunFollower.CodeOf(run.Run);
            }
            if (control is not null)
            {
                run = await new RunFollower(session, installation, control).WatchAsync(run);
            }
            // The process that hosts a run of a data folder writes its files; the files of a cluster's run are fetched here.
            if (!installation.HostsRuns && run.Run.Status.IsSettled())
            {
                await RunFollower.ExportAsync(session.Screen, installation, run);
            }
            RunFollower.Conclude(session.Screen, installation, run);
            return (int)RunFollower.CodeOf(run.Run);
        });
        return command;
    }
}
