using System.CommandLine;
using DisBack.Cli.Live;
using DisBack.Client;
using DisBack.Contracts.Grains;
using DisBack.Contracts.Specs;

namespace DisBack.Cli.Commands;

/// <summary><c>disback run SPEC</c> and <c>disback resume RUN</c>: drive a run in this process until it settles.</summary>
internal static class RunCommand
{
    public static Command Create(Session session)
    {
        var file = new Argument<string>("SPEC") { Description = "The YAML file that describes the experiment." };
        var set = Arguments.Set();
        var command = new Command("run", "Runs an experiment; repeating the command resumes it.") { file, set };
        command.SetAction(async (parsed, cancellation) =>
        {
            var spec = SpecReader.Read<ExperimentSpec>(parsed.GetRequiredValue(file), parsed.GetRequiredValue(set));
            var folder = new DataFolder(parsed.GetRequiredValue(CommandLine.Data));
            await using var silo = await Silo.StartAsync(folder, $"disback run {parsed.GetRequiredValue(file)}", cancellation);
            var sweep = await silo.Client.SubmitAsync(spec, await silo.Teachers.ResolveAsync(spec.Teacher, cancellation));
            return (int)await DriveAsync(session, folder, silo.Client.Trial(GrainKeys.Trial(sweep.Id, 0)));
        });
        return command;
    }

    public static Command Resume(Session session)
    {
        var name = Arguments.Name("RUN");
        var command = new Command("resume", "Goes on with a run that was paused or failed.") { name };
        command.SetAction(async (parsed, cancellation) =>
        {
            var folder = new DataFolder(parsed.GetRequiredValue(CommandLine.Data));
            var trial = await folder.FindTrialAsync(parsed.GetRequiredValue(name), cancellation);
            if (folder.Owner is { } owner)
            {
                await using var cluster = await ClusterConnection.ConnectAsync(owner, cancellation);
                session.Screen.Line((await cluster.Client.Trial(trial.Id).ResumeAsync()).Message);
                return (int)ExitCode.Ok;
            }
            await using var silo = await Silo.StartAsync(folder, $"disback resume {trial.Id}", cancellation);
            var run = silo.Client.Trial(trial.Id);
            await run.SubmitAsync(new TrialSubmission(trial.Name, trial.Spec, trial.Teacher!));
            return (int)await DriveAsync(session, folder, run);
        });
        return command;
    }

    private static async Task<ExitCode> DriveAsync(Session session, DataFolder folder, ITrialGrain run)
    {
        var trial = await run.GetAsync();
        await Driver.DriveAsync(session, run, trial.Run, trial.Name, trial.Nodes, async () => (await run.GetAsync()).Run);
        trial = await run.GetAsync();
        await RunFiles.WriteAsync(folder, trial, CancellationToken.None);
        Driver.Conclude(session.Screen, folder, trial.Id, trial.Id, trial.Run);
        return session.Signals.Received ?? Driver.CodeOf(trial.Run);
    }
}
