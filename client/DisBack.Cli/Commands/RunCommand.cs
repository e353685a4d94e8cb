using System.CommandLine;
using DisBack.Cli.Live;
using DisBack.Client;
using DisBack.Contracts.Documents;
using DisBack.Contracts.Grains;
using DisBack.Contracts.Specs;
using DisBack.Diffusion;
using DisBack.Distillation.Evaluations;
using DisBack.Storage;

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
            var teacher = await silo.Teachers.ResolveAsync(spec.Teacher, cancellation);
            StudentEvaluation.Check(spec.Evaluation, await silo.Teachers.NetworkOfAsync(teacher, cancellation));
            var sweep = await silo.Client.SubmitAsync(spec, teacher);
            if (sweep.Teacher != teacher)
                throw new DisBackException($"{sweep.Id} was begun with the teacher {sweep.Teacher} but '{spec.Teacher}' is now {teacher}; bring the former back, or give the spec another name.");
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
        try
        {
            await RunFiles.WriteAsync(folder, trial, CancellationToken.None);
        }
        catch (Exception e) when (trial.Run.Status == RunStatus.Failed && e is (StorageException or IOException or UnauthorizedAccessException))
        {
            // What made the run fail, a full disk for one, is what to tell; its report is written when the command is repeated.
        }
        Driver.Conclude(session.Screen, folder, trial.Id, trial.Id, trial.Run);
        return session.Signals.Received ?? Driver.CodeOf(trial.Run);
    }
}
