using System.CommandLine;
using DisBack.Client;
using DisBack.Contracts.Grains;

namespace DisBack.Cli.Commands;

/// <summary><c>disback pause</c> and <c>disback cancel</c>: what a user says to a run that another process drives.</summary>
internal static class ControlCommands
{
    public static Command Pause(Session session)
    {
        var name = Arguments.Name("RUN");
        var command = new Command("pause", "Stops a run after a checkpoint; 'resume', or repeating its command, goes on.") { name };
        command.SetAction(async (parsed, cancellation) =>
        {
            var folder = new DataFolder(parsed.GetRequiredValue(CommandLine.Data));
            var trial = await folder.FindTrialAsync(parsed.GetRequiredValue(name), cancellation);
            if (folder.Owner is not { } owner)
            {
                session.Screen.Line($"{trial.Id} is not running: no process works in {folder.Path}.");
                return (int)ExitCode.Ok;
            }
            await using var cluster = await ClusterConnection.ConnectAsync(owner, cancellation);
            return (int)Say(session.Screen, await cluster.Client.Trial(trial.Id).PauseAsync());
        });
        return command;
    }

    public static Command Cancel(Session session)
    {
        var name = Arguments.Name("RUN");
        var command = new Command("cancel", "Stops a run for good; what it stored stays.") { name };
        command.SetAction(async (parsed, cancellation) =>
        {
            var folder = new DataFolder(parsed.GetRequiredValue(CommandLine.Data));
            var trial = await folder.FindTrialAsync(parsed.GetRequiredValue(name), cancellation);
            if (folder.Owner is { } owner)
            {
                await using var cluster = await ClusterConnection.ConnectAsync(owner, cancellation);
                return (int)Say(session.Screen, await cluster.Client.Trial(trial.Id).CancelAsync());
            }
            await using var silo = await Silo.StartAsync(folder, $"disback cancel {trial.Id}", cancellation);
            return (int)Say(session.Screen, await silo.Client.Trial(trial.Id).CancelAsync());
        });
        return command;
    }

    private static ExitCode Say(Screen screen, CommandReply reply)
    {
        screen.Line(reply.Message);
        return ExitCode.Ok;
    }
}
