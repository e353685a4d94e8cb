using DisBack.Contracts.Documents;
using DisBack.Contracts.Grains;
using DisBack.Orchestration.Runs;
using DisBack.Orchestration.Supervision;
using DisBack.Specs.Training;
using DisBack.Storage;
using DisBack.Telemetry;

namespace DisBack.Orchestration.Ownership;

/// <summary>The document of an owner: the only way to change the run in it is a command, whose outcome is durable before anything comes of it.</summary>
/// <param name="state">The document in its store.</param>
/// <param name="id">Whose run it holds.</param>
/// <param name="runOf">The run in a document.</param>
/// <param name="with">A document with another state of its run.</param>
/// <param name="services">The retries, the clock and the history.</param>
internal sealed class RunDocument<TDocument>(
    IPersistentState<TDocument> state, RunId id, Func<TDocument, RunRecord> runOf, Func<TDocument, RunRecord, TDocument> with, RunOwnerServices services)
    where TDocument : class, new()
{
    private readonly UnfinishedRuns _unfinished = new(services.Blobs);
    private string? _mark;

    /// <summary>The document as it is now.</summary>
    public TDocument Value => state.State;

    /// <summary>The run in it.</summary>
    public RunRecord Run => runOf(state.State);

    /// <summary>Why the last write failed, in one sentence; null if it did not.</summary>
    public string? Unwritten { get; private set; }

    /// <summary>Deletes the document, unless another activation has changed it.</summary>
    public Task ClearAsync() => state.ClearStateAsync();

    /// <summary>Applies a command and, if it matters, writes what it changed.</summary>
    /// <param name="command">What happened.</param>
    /// <param name="checkpoints">Which checkpoints are remembered.</param>
    /// <param name="also">What else changes in the document with it.</param>
    /// <returns>The transition; <see cref="RunTransition.Persist"/> tells whether the document was written.</returns>
    public async Task<RunTransition> ApplyAsync(RunCommand command, CheckpointSettings checkpoints, Func<TDocument, TDocument>? also)
    {
        var before = state.State;
        var transition = new RunMachine(services.Retry.Value, checkpoints).Apply(Run, command, services.Time.GetUtcNow());
        if (transition.Result == CommitResult.Fenced)
        {
            Instruments.Fenced.Add(1, new KeyValuePair<string, object?>("call", command.GetType().Name.ToLowerInvariant()));
            return transition;
        }
        state.State = with(before, transition.State);
        if (also is not null)
        {
            state.State = also(state.State);
        }
        if (!transition.Persist && also is null)
        {
            return transition;
        }
        try
        {
            if (IsUnfinished(runOf(before)) || IsUnfinished(transition.State))
            {
                // Also of a run that settles now and was marked by an earlier activation: its ETag is needed to delete it.
                _mark ??= await _unfinished.MarkAsync(id);
            }
            await state.WriteStateAsync();
            Unwritten = null;
        }
        catch (Exception e)
        {
            // What is not durable has not happened.
            state.State = before;
            Unwritten = $"Its state cannot be written, so it comes no further: {(e.InnerException ?? e).Message}";
            throw;
        }
        if (_mark is not null && !IsUnfinished(transition.State))
        {
            await UnmarkAsync(_mark);
        }
        services.History.Written(id.Kind, id.Owner, command, Run);
        Count(command, runOf(before));
        return transition with { Persist = true };
    }

    private void Count(RunCommand command, RunRecord before)
    {
        var kind = MetricLabels.Of(id.Kind);
        switch (command)
        {
            case RunCommand.Begin:
                Instruments.Attempts.Add(1, kind);
                Instruments.SlotWait.Record((services.Time.GetUtcNow() - RunMachine.WaitingSince(before))?.TotalSeconds ?? 0, kind);
                break;
            case RunCommand.Fail failed:
                Instruments.Interruptions.Add(1, kind, MetricLabels.Of(failed.Cause));
                break;
        }
        if (Run.Status.IsSettled() && !before.Status.IsSettled())
        {
            Instruments.Settled.Add(1, kind, MetricLabels.Of(Run.Status));
        }
    }

    private static bool IsUnfinished(RunRecord run) => run.Submitted != default && !run.Status.IsSettled();

    private async Task UnmarkAsync(string mark)
    {
        _mark = null;
        try
        {
            await _unfinished.UnmarkAsync(id, mark);
        }
        catch (StorageException)
        {
            // The run has settled all the same; the supervisor deletes what is left of marks.
        }
    }
}
