using System.Collections.Immutable;
using DisBack.Contracts.Documents;
using DisBack.Contracts.Grains;
using DisBack.Orchestration.Ownership;
using DisBack.Orchestration.Placement;
using DisBack.Orchestration.Runs;

namespace DisBack.Orchestration.Grains;

/// <inheritdoc cref="ITrialGrain"/>
[GrainType(DocumentNames.Trial), PlacedOn(SiloRole.Control)]
internal sealed class TrialGrain(
    [PersistentState(DocumentNames.Trial, DocumentNames.Storage)] IPersistentState<TrialDocument> document,
    RunOwnerServices services)
    : RunOwnerGrain<TrialDocument>(RunKind.Backtracking, document, services), ITrialGrain
{
    private ImmutableArray<NodeRef> _nodes = [];
    private TimeProvider Time { get; } = services.Time;
    private bool _retryFailed;

    protected override string Spec => Document.Spec;

    protected override ImmutableArray<string> Reads => [.. _nodes.Select(node => node.Content.Digest)];

    public async Task<TrialDocument> SubmitAsync(TrialSubmission submission)
    {
        _retryFailed = true;
        await ApplyAsync(await SubmissionAsync(), Document.Spec.Length > 0 ? null : known => known with
        {
            Id = this.GetPrimaryKeyString(),
            Name = submission.Name,
            Spec = submission.Spec,
            Teacher = submission.Teacher,
            Trajectory = TrajectoryKey.Of(submission.Spec, submission.Teacher.Digest),
        });
        await AdvanceNowAsync();
        return Document;
    }

    public Task<TrialDocument> GetAsync() => Task.FromResult(Document);

    public Task<TrialSummary?> SummaryAsync() => Task.FromResult(Document.Id.Length > 0 ? Summary() : null);

    public async Task<TrialDocument> TagAsync(ImmutableArray<string> add, ImmutableArray<string> remove)
    {
        ImmutableArray<string> tags = [.. Document.Tags.Concat(add).Except(remove, StringComparer.Ordinal).Order(StringComparer.Ordinal)];
        if (Document.Spec.Length > 0 && !tags.SequenceEqual(Document.Tags))
        {
            await ApplyAsync(new RunCommand.Annotate(), known => known with { Tags = tags });
        }
        return Document;
    }

    public Task TrajectoryProgressAsync(TrainingSnapshot snapshot)
    {
        if (Run.Status == RunStatus.Recording)
        {
            Show(snapshot);
        }
        return Task.CompletedTask;
    }

    public override async Task<CommandReply> PauseAsync()
    {
        await WithdrawAsync();
        return await base.PauseAsync();
    }

    public override async Task<CommandReply> CancelAsync()
    {
        await WithdrawAsync();
        return await base.CancelAsync();
    }

    public override Task<CommandReply> RepairAsync(ImmutableArray<string> lost)
    {
        _nodes = [];
        return base.RepairAsync(lost);
    }

    public override Task<CommandReply> ResumeAsync()
    {
        _retryFailed = true;
        return base.ResumeAsync();
    }

    protected override RunRecord RunOf(TrialDocument document) => document.Run;

    protected override TrialDocument With(TrialDocument document, RunRecord run) => document with { Run = run };

    /// <summary>Stage 2 begins with the last node, so it needs the sealed trajectory.</summary>
    public override async Task<bool> PrepareAsync()
    {
        // What is sealed stays as it is.
        if (!_nodes.IsEmpty)
        {
            return true;
        }
        var request = new TrajectoryRequest(Document.Id, Document.Name, Document.Spec, Document.Teacher!, _retryFailed);
        var reply = await GrainFactory.GetGrain<ITrajectoryGrain>(Document.Trajectory).EnsureAsync(request);
        _retryFailed = false;
        if (reply.Sealed)
        {
            // What watchers saw until now was stage 1.
            Show(new TrainingSnapshot());
            _nodes = reply.Nodes;
            if (Document.Nodes != _nodes.Length)
            {
                var reason = _nodes.Length > 1 ? "Its trajectory is complete." : "Nothing was recorded: the teacher is its only target.";
                await ApplyAsync(new RunCommand.AwaitSlot(reason), known => known with { Nodes = _nodes.Length });
            }
            return true;
        }
        await ApplyAsync(reply.Status is RunStatus.Failed or RunStatus.Cancelled
            ? new RunCommand.GiveUp(
                $"Stage 1 {(reply.Status == RunStatus.Failed ? "has failed" : "was cancelled")}{(reply.Reason is null ? "." : $": {reply.Reason}")}",
                reply.Cause)
            : new RunCommand.AwaitTrajectory(reply.Reason is null ? "Stage 1 records its trajectory." : $"Stage 1 waits: {reply.Reason}"));
        return false;
    }

    protected override async Task<ImmutableArray<string>> WaitsForAsync()
    {
        if (Document.Nodes > 0)
        {
            return await base.WaitsForAsync();
        }
        return ["It waits for stage 1, which records its trajectory:", .. await GrainFactory.GetGrain<ITrajectoryGrain>(Document.Trajectory).WhyAsync()];
    }

    public override TrainingAssignment Assign(RunAttempt attempt, int device) => new()
    {
        Run = attempt,
        Spec = Document.Spec,
        Teacher = Document.Teacher,
        Nodes = _nodes,
        Checkpoints = Run.Checkpoints,
        Device = device,
    };

    protected override void OnChanged()
    {
        // A node may be lost: the trajectory is asked again, which may be recording it again by then.
        if (Run is { Current: null, Attempts: [.., { Cause: FailureCause.Storage }] })
        {
            _nodes = [];
        }
        GrainFactory.GetGrain<ISweepGrain>(GrainKeys.SweepOf(Document.Id)).SummarizeAsync(Summary()).Ignore();
    }

    private TrialSummary Summary() => new()
    {
        Id = Document.Id,
        Status = Run.Status,
        Attempt = Run.Attempt,
        Step = Math.Max(Run.Head?.Step ?? 0, Run.Current is null ? 0 : Progress.Step),
        Steps = Run.Steps,
        BestFid = Run.Best.GetValueOrDefault(MetricNames.Fid)?.Value,
        Updated = Time.GetUtcNow(),
        Seconds = Run.Seconds,
        Latest = Run.Status == RunStatus.Completed
            ? Run.Latest.ToImmutableSortedDictionary(metric => metric.Key, metric => metric.Value.Value, StringComparer.Ordinal)
            : ImmutableSortedDictionary<string, double>.Empty,
    };

    private Task WithdrawAsync() =>
        Run.Status == RunStatus.Recording ? GrainFactory.GetGrain<ITrajectoryGrain>(Document.Trajectory).WithdrawAsync(Document.Id) : Task.CompletedTask;
}
