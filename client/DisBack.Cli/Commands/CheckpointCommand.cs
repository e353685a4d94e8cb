using System.CommandLine;
using System.Globalization;
using System.Text.Json;
using DisBack.Cli.Installations;
using DisBack.Cli.Names;
using DisBack.Cli.Options;
using DisBack.Cli.Terminal;
using DisBack.Storage;

namespace DisBack.Cli.Commands;

/// <summary><c>disback checkpoint</c>: the states a run can be resumed from.</summary>
internal static class CheckpointCommand
{
    public static Command Create(Session session) => new("checkpoint", "Checkpoints of a run: list, verify.") { List(session), Verify(session) };

    private static Command List(Session session)
    {
        var (name, json) = (NameArguments.Trial(), Arguments.Json());
        var command = new Command("list", "Lists the checkpoints of a run, newest first.") { name, json };
        command.SetAction(async (parsed, cancellation) =>
        {
            await using var installation = Installation.Of(parsed, session);
            var trial = await installation.Archive.FindTrialAsync(parsed.GetRequiredValue(name), cancellation);
            if (parsed.GetValue(json))
            {
                session.Screen.Json(JsonSerializer.SerializeToNode(trial.Run.Checkpoints, StorageJson.Options));
            }
            else
            {
                session.Screen.Table(["STEP", "TARGET", "BYTES", "DIGEST"], trial.Run.Checkpoints.Select(c => new[]
                {
                    c.Step.ToString(CultureInfo.InvariantCulture),
                    c.TargetIndex < 0 ? "-" : c.TargetIndex.ToString(CultureInfo.InvariantCulture),
                    Texts.Bytes(c.Content.Length),
                    c.Content.Digest,
                }));
            }
            return (int)ExitCode.Ok;
        });
        return command;
    }

    private static Command Verify(Session session)
    {
        var name = NameArguments.Trial();
        var command = new Command("verify", "Reads every checkpoint of a run and checks its digest.") { name };
        command.SetAction(async (parsed, cancellation) =>
        {
            await using var installation = Installation.Of(parsed, session);
            var trial = await installation.Archive.FindTrialAsync(parsed.GetRequiredValue(name), cancellation);
            var checkpoints = trial.Run.Checkpoints.Select(c => (string.Create(CultureInfo.InvariantCulture, $"step {c.Step}"), c.Content));
            return (int)(await Verification.RunAsync(session.Screen, installation.Archive.Content, checkpoints, cancellation) ? ExitCode.Ok : ExitCode.Storage);
        });
        return command;
    }
}
