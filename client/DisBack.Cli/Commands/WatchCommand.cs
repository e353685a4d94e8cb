using System.CommandLine;
using System.Text.Json;
using DisBack.Cli.Live;
using DisBack.Client;
using DisBack.Contracts.Documents;
using DisBack.Storage;

namespace DisBack.Cli.Commands;

/// <summary><c>disback watch RUN</c>: follows a run of another process; without one, says how things stand.</summary>
internal static class WatchCommand
{
    private static readonly JsonSerializerOptions s_line = new(StorageJson.Options) { WriteIndented = false };

    public static Command Create(Session session)
    {
        var (name, json) = (Arguments.Name("RUN"), Arguments.Json());
        var command = new Command("watch", "Follows a run that another process drives; Ctrl-C ends the watching, not the run.") { name, json };
        command.SetAction(async (parsed, cancellation) =>
        {
            var folder = new DataFolder(parsed.GetRequiredValue(CommandLine.Data));
            var trial = await folder.FindTrialAsync(parsed.GetRequiredValue(name), cancellation);
            if (folder.Owner is not { } owner || trial.Run.Status.IsSettled())
            {
                if (parsed.GetValue(json))
                    session.Screen.Json(DocumentJson.Of(trial));
                else
                    Driver.Conclude(session.Screen, folder, trial.Id, trial.Id, trial.Run);
                return (int)Driver.CodeOf(trial.Run);
            }
            await using var cluster = await ClusterConnection.ConnectAsync(owner, cancellation);
            var updates = cluster.Client.Trial(trial.Id).WatchAsync(0, session.Signals.Stopping);
            if (parsed.GetValue(json))
            {
                await foreach (var update in updates.WithCancellation(session.Signals.Stopping))
                    session.Screen.Line(JsonSerializer.Serialize(update, s_line));
            }
            else
            {
                await new RunView(session.Screen, session.Time, trial.Name, trial.Nodes).FollowAsync(updates, session.Signals.Stopping);
            }
            trial = await folder.FindTrialAsync(trial.Id, cancellation);
            if (!parsed.GetValue(json))
                Driver.Conclude(session.Screen, folder, trial.Id, trial.Id, trial.Run);
            return (int)Driver.CodeOf(trial.Run);
        });
        return command;
    }
}
