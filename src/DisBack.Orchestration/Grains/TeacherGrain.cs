using DisBack.Contracts.Documents;
using DisBack.Contracts.Grains;
using DisBack.Orchestration.Ownership;
using DisBack.Orchestration.Placement;
using DisBack.Orchestration.Runs;
using DisBack.Orchestration.Training;

namespace DisBack.Orchestration.Grains;

/// <inheritdoc cref="ITeacherGrain"/>
[GrainType(DocumentNames.Teacher), PlacedOn(SiloRole.Control)]
internal sealed class TeacherGrain(
    [PersistentState(DocumentNames.Teacher, DocumentNames.Storage)] IPersistentState<TeacherDocument> document,
    RunOwnerServices services)
    : RunOwnerGrain<TeacherDocument>(RunKind.Teacher, document, services), ITeacherGrain
{
    /// <summary>The artifact that is the trained teacher.</summary>
    private const string Weights = Distillation.Teachers.TeacherTraining.TeacherFileName;

    protected override string Spec => Document.Spec;

    public async Task<TeacherDocument> RegisterAsync(TeacherRegistration registration)
    {
        if (Run.Submitted == default)
        {
            await ApplyAsync(new RunCommand.Register(), known => known with
            {
                Id = this.GetPrimaryKeyString(),
                Provenance = registration.Provenance,
                Network = registration.Network,
                Weights = registration.Weights,
                Licence = registration.Licence ?? "",
            });
        }
        return Document;
    }

    public async Task<TeacherDocument> TrainAsync(string spec)
    {
        if (Run.Submitted == default)
        {
            await ApplyAsync(await SubmissionAsync(), known => known with { Id = this.GetPrimaryKeyString(), Provenance = "trained here", Spec = spec });
        }
        else if (Document.Spec != spec && Document.Weights is null && Run.Status is RunStatus.Failed or RunStatus.Cancelled)
        {
            // A corrected mistake: nothing was made under the name that anybody could have used.
            await DeleteCurvesAsync();
            await ApplyAsync(new RunCommand.Replace(), known => known with { Spec = spec, Network = "" });
        }
        await AdvanceNowAsync();
        return Document;
    }

    public Task<TeacherDocument> GetAsync() => Task.FromResult(Document);

    public override async Task<CommitResult> FinishedAsync(int attempt, RunOutcome outcome) => Run.Artifacts.TryGetValue(Weights, out var trained)
        ? await ApplyAsync(new RunCommand.Finish(attempt, outcome.Step), known => known with { Weights = trained.Content, Network = SpecFacts.Network(Spec) })
        : await ApplyAsync(new RunCommand.Fail(attempt, outcome.Step, FailureCause.Invalid, $"The training left no '{Weights}'."));

    protected override RunRecord RunOf(TeacherDocument document) => document.Run;

    protected override TeacherDocument With(TeacherDocument document, RunRecord run) => document with { Run = run };

    public override TrainingAssignment Assign(RunAttempt attempt, int device) => new()
    {
        Run = attempt,
        Spec = Document.Spec,
        Checkpoints = Run.Checkpoints,
        Device = device,
    };
}
