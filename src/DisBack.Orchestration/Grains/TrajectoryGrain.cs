using DisBack.Contracts.Documents;
using DisBack.Contracts.Grains;
using DisBack.Orchestration.Ownership;
using DisBack.Orchestration.Placement;
using DisBack.Orchestration.Runs;
using DisBack.Orchestration.Training;

namespace DisBack.Orchestration.Grains;

/// <inheritdoc cref="ITrajectoryGrain"/>
[GrainType(DocumentNames.Trajectory), PlacedOn(SiloRole.Control)]
internal sealed class TrajectoryGrain(
    [PersistentState(DocumentNames.Trajectory, DocumentNames.Storage)] IPersistentState<TrajectoryDocument> document, RunOwnerServices services)
    : RunOwnerGrain<TrajectoryDocument>(RunKind.Recording, document, services), ITrajectoryGrain
{
    /// <summary>Trials that wait for it; those that an earlier activation knew ask again.</summary>
    private readonly HashSet<string> _waiting = [];

    protected override string Spec => Document.Spec;

    public async Task<TrajectoryDocument> RegisterAsync(TrajectoryRegistration registration)
    {
        await ApplyAsync(new RunCommand.Register(), Document.Sealed ? null : known => known with
        {
            Id = this.GetPrimaryKeyString(),
            Name = registration.Name,
            Teacher = registration.Nodes[0].Content,
            Nodes = registration.Nodes,
            Sealed = true,
        });
        return Document;
    }

    public async Task<TrajectoryReply> EnsureAsync(TrajectoryRequest request)
    {
        if (!Document.Sealed)
        {
            if (Run.Submitted == default && SpecFacts.NamesTrajectory(request.Spec))
            {
                return new TrajectoryReply(
                    false, [], RunStatus.Failed, "its spec names a trajectory that is not here; import or record it again.", FailureCause.Invalid);
            }
            _waiting.Add(request.Trial);
            await ApplyAsync(await SubmissionAsync(), Document.Spec.Length > 0 ? null : known => known with
            {
                Id = this.GetPrimaryKeyString(),
                Name = request.Name,
                Spec = request.Spec,
                Teacher = request.Teacher,
                Nodes = [new NodeRef(0, 0, request.Teacher)],
            });
            if (Run.Intent == RunIntent.Pause || Run.Status == RunStatus.Paused || (request.RetryFailed && Run.Status == RunStatus.Failed))
            {
                await ApplyAsync(new RunCommand.Resume());
            }
            await (request.RetryFailed ? AdvanceNowAsync() : AdvanceAsync());
        }
        return new TrajectoryReply(Document.Sealed, Document.Sealed ? Document.Nodes : [], Run.Status, Run.Reason, Run.Cause);
    }

    public async Task WithdrawAsync(string trial)
    {
        _waiting.Remove(trial);
        if (_waiting.Count == 0 && !Document.Sealed)
        {
            await ApplyAsync(new RunCommand.Pause());
        }
    }

    public override Task<CommandReply> PauseAsync() => _waiting.Count == 0
        ? base.PauseAsync()
        : Task.FromResult(new CommandReply(
            Run.Status, false, "Nothing was done: stage 1 is shared, and "
                + $"{string.Join(", ", _waiting.Order(StringComparer.Ordinal).Take(3))}{(_waiting.Count > 3 ? ", ..." : "")} would wait for it; pause "
                + "or cancel those."));

    /// <summary>Pauses: a trajectory that could never be completed would take every later run that asks for the same with it.</summary>
    public override async Task<CommandReply> CancelAsync()
    {
        const string kept = "a recording is never cancelled, because every run that asks for the same shares it; it goes on only when one does.";
        if (Run.Status is RunStatus.Paused or RunStatus.Failed)
        {
            return new CommandReply(Run.Status, false, $"Nothing was done: stage 1 is {Run.Status.ToString().ToLowerInvariant()} already, and {kept}");
        }
        var reply = await PauseAsync();
        return reply.Applied ? reply with { Message = $"Stage 1 is paused and not cancelled: {kept}" } : reply;
    }

    /// <summary>Node 0 is the teacher's own file. Stage 1 makes nothing after its last checkpoint: the picture of a node belongs to the node's step.</summary>
    protected override IEnumerable<Product> Products => base.Products.Select(made => made with { IsLast = false }).Concat(
        Document.Nodes.Where(node => node.Index > 0).Select(node => new Product($"node {node.Index}", node.Content, node.Step, IsLast: false)));

    /// <summary>Trials wait for what is recorded again.</summary>
    protected override TrajectoryDocument Reopen(TrajectoryDocument document) => document with { Sealed = false };

    protected override string HowToSettle => "pause or cancel the runs that wait for it";

    public Task<TrajectoryDocument> GetAsync() => Task.FromResult(Document);

    public override async Task<CommitResult> FinishedAsync(int attempt, RunOutcome outcome) =>
        await ApplyAsync(new RunCommand.Finish(attempt, outcome.Step), known => known with { Sealed = true });

    /// <summary>Appends a node to the trajectory.</summary>
    protected override async Task<CommitResult> RememberAsync(int attempt, MilestoneRecord milestone)
    {
        if (milestone.Kind != MilestoneRecord.Node)
        {
            return await base.RememberAsync(attempt, milestone);
        }
        var node = milestone.ToNode();
        var known = Document.Nodes.FirstOrDefault(known => known.Index == node.Index);
        if (!Run.Lost.IsEmpty && known is not null)
        {
            return known.Content == node.Content
                ? await ApplyAsync(new RunCommand.Recover(attempt, node.Content.Digest))
                : throw new DisBackException(OtherBytes($"Node {node.Index}", known.Content, node.Content));
        }
        // A resumed attempt records the nodes after its checkpoint once more, with the same bytes on the same hardware. Where they differ, the
        // new ones count, and with them what follows.
        if (known?.Content == node.Content)
        {
            return Run.Current?.Number == attempt ? CommitResult.Accepted : CommitResult.Fenced;
        }
        return await ApplyAsync(
            new RunCommand.Note(attempt, RunEventKind.Node, node.Step, $"Node {node.Index} after step {node.Step}."),
            document => document with { Nodes = [.. document.Nodes.Where(earlier => earlier.Index < node.Index), node] });
    }

    protected override RunRecord RunOf(TrajectoryDocument document) => document.Run;

    protected override TrajectoryDocument With(TrajectoryDocument document, RunRecord run) => document with { Run = run };

    public override TrainingAssignment Assign(RunAttempt attempt, int device) => new()
    {
        Run = attempt,
        Spec = Document.Spec,
        Teacher = Document.Teacher,
        Nodes = Document.Nodes.RemoveAll(node => Run.Lost.Contains(node.Content.Digest)),
        Checkpoints = Run.Checkpoints,
        Device = device,
    };

    protected override void OnChanged()
    {
        // Trials that wait ask for the outcome themselves, and wait no longer once the run has settled.
        foreach (var trial in _waiting)
        {
            GrainFactory.GetGrain<ITrialGrain>(trial).WakeAsync().Ignore();
        }
        if (Run.Status.IsSettled())
        {
            _waiting.Clear();
        }
    }

    protected override void OnProgress()
    {
        foreach (var trial in _waiting)
        {
            GrainFactory.GetGrain<ITrialGrain>(trial).TrajectoryProgressAsync(Progress).Ignore();
        }
    }
}
