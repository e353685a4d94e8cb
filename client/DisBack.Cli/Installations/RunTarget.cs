using DisBack.Client;
using DisBack.Contracts.Documents;
using DisBack.Contracts.Grains;
using DisBack.Specs.Experiments;
using DisBack.Specs.Reading;
using DisBack.Specs.Training;

namespace DisBack.Cli.Installations;

/// <summary>A run that a user named: <c>RUN</c> is that of a trial, <c>teacher/NAME</c> and <c>trajectory/NAME</c> are the others.</summary>
/// <param name="Id">Which run.</param>
/// <param name="Name">What a person calls it.</param>
/// <param name="Nodes">Nodes of its trajectory; 0 where there is none or it is not known.</param>
/// <param name="Run">Where it stands.</param>
/// <param name="Spec">What it was made from, as canonical JSON; empty for imported weights.</param>
/// <param name="Trial">The whole document of a trial.</param>
internal sealed record RunTarget(RunId Id, string Name, int Nodes, RunRecord Run, string Spec, TrialDocument? Trial = null)
{
    private static readonly string s_teacherPrefix = RunKinds.Of(RunKind.Teacher).Prefix;
    private static readonly string s_trajectoryPrefix = RunKinds.Of(RunKind.Recording).Prefix;

    /// <summary>How the user can name it in another command.</summary>
    public string Text => RunKinds.Of(Id.Kind).Prefix + Id.Owner;

    /// <summary>The folder of its files, below <c>runs</c>.</summary>
    public string Folder => FolderOf(Id);

    /// <summary>The device that its spec asks for: specs of all kinds have one section of hardware.</summary>
    public string Device
    {
        get
        {
            var hardware = Spec.Length == 0 ? null : SpecJson.Sections(Spec)["hardware"]?.ToJsonString();
            return (hardware is null ? new HardwareSettings() : SpecJson.FromJson<HardwareSettings>(hardware)).Device;
        }
    }

    /// <summary>Trajectory index of the target that the student has come to, 0 for the teacher; null where there is no student or it is not known.</summary>
    public int? LastTarget => Trial is null || Nodes == 0 ? null
        : Run.Switches is [.., var last] ? last.To
        : SpecJson.FromJson<ExperimentSpec>(Spec).FirstTargetOf(Nodes);

    /// <summary>The folder of a run's files, below <c>runs</c>.</summary>
    public static string FolderOf(RunId id) => RunKinds.Of(id.Kind).FilesBelow + id.Owner;

    public static RunTarget Of(TrialDocument trial) => new(RunId.Trial(trial.Id), trial.Name, trial.Nodes, trial.Run, trial.Spec, trial);

    public static RunTarget Of(TeacherDocument teacher) => new(RunId.Teacher(teacher.Id), teacher.Id, 0, teacher.Run, teacher.Spec);

    public static RunTarget Of(TrajectoryDocument trajectory) =>
        new(RunId.Trajectory(trajectory.Id), trajectory.Name, trajectory.Nodes.Length, trajectory.Run, trajectory.Spec);

    /// <summary>The run that a text means.</summary>
    public static async Task<RunTarget> FindAsync(IArchive archive, string text, CancellationToken cancellation) =>
        text.StartsWith(s_teacherPrefix, StringComparison.Ordinal) ? Of(await archive.FindTeacherAsync(text[s_teacherPrefix.Length..], cancellation))
        : text.StartsWith(s_trajectoryPrefix, StringComparison.Ordinal) ? Of(await archive.FindTrajectoryAsync(text[s_trajectoryPrefix.Length..], cancellation))
        : Of(await archive.FindTrialAsync(text, cancellation));

    /// <summary>The run as it stands now.</summary>
    public static async Task<RunTarget> ReadAsync(IArchive archive, RunId id, CancellationToken cancellation) => id.Kind switch
    {
        RunKind.Teacher => Of(await archive.TeacherAsync(id.Owner, cancellation) ?? throw Missing(id)),
        RunKind.Recording => Of(await archive.TrajectoryAsync(id.Owner, cancellation) ?? throw Missing(id)),
        RunKind.Backtracking => Of(await archive.TrialAsync(id.Owner, cancellation) ?? throw Missing(id)),
        _ => throw new ArgumentOutOfRangeException(nameof(id), id.Kind, "There is no such kind of run."),
    };

    private static NotFoundException Missing(RunId id) => new($"There is no {id}; the command 'list' shows what there is.");
}
