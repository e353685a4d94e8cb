using System.CommandLine;
using System.Net;
using DisBack.Cli.Installations;
using DisBack.Cli.Live;
using DisBack.Cli.Names;
using DisBack.Cli.Options;
using DisBack.Cli.Terminal;
using DisBack.Client;
using DisBack.Contracts.Documents;
using DisBack.Contracts.Grains;
using DisBack.Specs.Experiments;
using DisBack.Specs.Networks;
using DisBack.Specs.Reading;
using DisBack.Specs.Sweeps;
using DisBack.Storage;

namespace DisBack.Cli.Commands;

/// <summary><c>disback run SPEC</c> and <c>disback resume RUN</c>: see a run through until it settles.</summary>
internal static class RunCommand
{
    public static Command Create(Session session)
    {
        var file = new Argument<string>("SPEC") { Description = "The YAML file that describes the experiment." };
        var (set, detach) = (Arguments.Set(), Arguments.Detach());
        var ui = new Option<bool>("--ui") { Description = "Serve the page of the data folder to this machine while the run trains." };
        var uiAddress = new Option<string>("--ui-address")
        {
            Description = "Where the page is served; port 0 takes a free one.",
            HelpName = "ADDRESS:PORT",
            DefaultValueFactory = _ => FolderPage.UsualAddress,
        };
        var command = new Command("run", "Runs an experiment; repeating the command resumes it.") { file, set, detach, ui, uiAddress };
        command.SetAction(async (parsed, cancellation) =>
        {
            var text = Read(parsed.GetRequiredValue(file), parsed.GetRequiredValue(set));
            // Whoever says where wants it served.
            var page = parsed.GetValue(ui) || parsed.GetResult(uiAddress) is { Implicit: false }
                ? ListenAddress.Parse(parsed.GetRequiredValue(uiAddress), uiAddress.Name)
                : null;
            await using var installation = Installation.Of(parsed, session);
            return (int)await RunAsync(
                session, installation, text, null, $"disback run {parsed.GetRequiredValue(file)}", parsed.GetValue(detach), cancellation, page);
        });
        return command;
    }

    /// <summary>Submits an experiment and sees it through, unless it is to be left with a cluster.</summary>
    /// <param name="session">This process.</param>
    /// <param name="installation">Where it runs.</param>
    /// <param name="text">The experiment.</param>
    /// <param name="weights">The weights of its teacher; null for those that its name means now.</param>
    /// <param name="command">What this process does, as a person would type it.</param>
    /// <param name="detach">Whether to return once it is submitted.</param>
    /// <param name="cancellation">Stops the work.</param>
    /// <param name="page">Where the page of the data folder is served meanwhile; null serves none.</param>
    public static async Task<ExitCode> RunAsync(
        Session session,
        Installation installation,
        LocatedSpec<ExperimentSpec> text,
        ContentRef? weights,
        string command,
        bool detach,
        CancellationToken cancellation,
        IPEndPoint? page = null)
    {
        RefuseDetached(detach, installation);
        if (page is not null)
        {
            FolderPage.Check(installation, page);
        }
        var control = await installation.HostAsync(command, text.Spec.Hardware.Device, cancellation);
        // Before the silo that it asks, which ends with the installation.
        await using var served = page is null ? null : await FolderPage.ServeAsync(session, installation, page, cancellation);
        var teacher = weights ?? await installation.Teachers.ResolveAsync(text.Spec.Teacher, cancellation);
        var network = await NetworkOfAsync(session, installation, control, teacher, cancellation);
        var spec = await new Submission(installation, session.Screen).PrepareAsync(text, teacher, network, cancellation);
        var id = RunId.Trial(await control.SubmitAsync(spec, teacher, cancellation));
        if (detach)
        {
            session.Screen.Line($"{id} is submitted; 'disback watch {id}' shows it.");
            return ExitCode.Ok;
        }
        return await FinishAsync(session, installation, control, id, cancellation);
    }

    public static Command Resume(Session session)
    {
        var name = NameArguments.Run();
        var command = new Command("resume", "Goes on with a run that was paused or failed, or with a paused sweep.") { name };
        command.SetAction(async (parsed, cancellation) =>
        {
            await using var installation = Installation.Of(parsed, session);
            if (SweepCommand.IsNamedBy(parsed.GetRequiredValue(name)))
            {
                return (int)await SweepCommand.ResumeAsync(session, installation, parsed.GetRequiredValue(name), cancellation);
            }
            var run = await RunTarget.FindAsync(installation.Archive, parsed.GetRequiredValue(name), cancellation);
            if (await installation.ReachAsync(cancellation) is { } owner)
            {
                session.Screen.Line((await owner.ResumeAsync(run.Id, cancellation)).Message);
                return (int)ExitCode.Ok;
            }
            var control = await installation.HostAsync($"disback resume {run.Text}", run.Device, cancellation);
            await control.ResumeAsync(run.Id, cancellation);
            return (int)await FinishAsync(session, installation, control, run.Id, cancellation);
        });
        return command;
    }

    /// <summary>Sees a run to its end, puts its files where people look for them, and says how it ended.</summary>
    public static async Task<ExitCode> FinishAsync(Session session, Installation installation, IControl control, RunId id, CancellationToken cancellation)
    {
        var run = await SeeThroughAsync(session, installation, control, id, cancellation);
        RunFollower.Conclude(session.Screen, installation, run);
        return session.Signals.Received ?? RunFollower.CodeOf(run.Run);
    }

    /// <summary>Sees a run to its end and puts its files where people look for them; what is lost on the way or since is made again.</summary>
    public static async Task<RunTarget> SeeThroughAsync(
        Session session, Installation installation, IControl control, RunId id, CancellationToken cancellation)
    {
        var repair = new ContentRepair(session, installation, control);
        var follower = new RunFollower(session, installation, control);
        var wasComplete = (await RunTarget.ReadAsync(installation.Archive, id, cancellation)).Run.Status == RunStatus.Completed;
        var run = await follower.FinishAsync(id, cancellation);
        // What lies on this machine is read at once; what a cluster stores is fetched for the files below and missed there.
        if (installation.HostsRuns
            && (wasComplete || run.Run is { Status: RunStatus.Failed, Cause: FailureCause.Storage })
            && await repair.RepairAsync(run, cancellation))
        {
            run = await follower.FinishAsync(id, cancellation);
        }
        try
        {
            await RunFollower.ExportAsync(session.Screen, installation, run);
        }
        catch (StorageException lost) when (run.Run.Status == RunStatus.Completed && ContentRepair.Helps(lost))
        {
            await repair.RepairAsync(run, cancellation);
            run = await follower.FinishAsync(id, cancellation);
            await RunFollower.ExportAsync(session.Screen, installation, run);
        }
        return run;
    }

    private static LocatedSpec<ExperimentSpec> Read(string file, string[] overrides)
    {
        try
        {
            return SpecReader.ReadLocated<ExperimentSpec>(file, overrides);
        }
        catch (SpecException mistaken) when (SweepPlan.Explains(mistaken))
        {
            throw new DisBackException($"{file} describes a sweep; run it with 'disback sweep {file}', or leave its section 'search' out.", mistaken);
        }
    }

    private static async Task<NetworkSettings> NetworkOfAsync(
        Session session, Installation installation, IControl control, ContentRef teacher, CancellationToken cancellation)
    {
        try
        {
            return await installation.Teachers.NetworkOfAsync(teacher, cancellation);
        }
        catch (StorageException lost) when (ContentRepair.Helps(lost))
        {
            await new ContentRepair(session, installation, control).RepairTeacherAsync(teacher, cancellation);
            return await installation.Teachers.NetworkOfAsync(teacher, cancellation);
        }
    }

    /// <summary>A process that ends takes the runs of its data folder with it, so there is nothing to detach from.</summary>
    public static void RefuseDetached(bool detach, Installation installation)
    {
        if (detach && installation.HostsRuns)
        {
            throw new DisBackException("--detach needs a cluster to leave the run with; name one with --cluster, or leave the option out.");
        }
    }
}
