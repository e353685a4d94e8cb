using System.CommandLine;
using DisBack.Cli.Installations;
using DisBack.Cli.Live;
using DisBack.Cli.Names;
using DisBack.Cli.Terminal;

namespace DisBack.Cli.Commands;

/// <summary><c>disback repair RUN</c>: makes again what is missing or damaged in the content store of what a run has made or needs.</summary>
internal static class RepairCommand
{
    public static Command Create(Session session)
    {
        var name = NameArguments.Run();
        var command = new Command("repair", "Reads what a run has made and what it needs, and makes again what is missing or damaged.") { name };
        command.SetAction(async (parsed, cancellation) =>
        {
            await using var installation = Installation.Of(parsed, session);
            var run = await RunTarget.FindAsync(installation.Archive, parsed.GetRequiredValue(name), cancellation);
            var control = await installation.ReachAsync(cancellation)
                ?? await installation.HostAsync($"disback repair {run.Text}", run.Device, cancellation);
            if (await new ContentRepair(session, installation, control).RepairAsync(run, cancellation))
            {
                await RunFollower.ExportAsync(session.Screen, installation, await RunTarget.ReadAsync(installation.Archive, run.Id, cancellation));
                session.Screen.Line($"{run.Id} is whole again.");
            }
            else
            {
                session.Screen.Line($"Nothing is missing or damaged of {run.Id} that can be made again.");
            }
            return (int)ExitCode.Ok;
        });
        return command;
    }
}
