using System.Collections.Immutable;
using DisBack.Contracts.Documents;
using DisBack.Contracts.Grains;
using DisBack.Orchestration.Placement;
using DisBack.Orchestration.Supervision;
using DisBack.Orchestration.Sweeps;
using DisBack.Storage.Blobs;
using DisBack.Storage.Metrics;
using Microsoft.Extensions.Logging;
using Orleans.Storage;

namespace DisBack.Orchestration.Grains;

/// <inheritdoc cref="ISweepGrain"/>
/// <remarks>
/// A search is level-triggered, as a run is: whatever wakes it, it looks at its trials and takes the next step. Its trials hold the truth of themselves; what
/// the pages say of them is asked for again after a crash.
/// </remarks>
[GrainType(DocumentNames.Sweep), PlacedOn(SiloRole.Control)]
internal sealed partial class SweepGrain(
    [PersistentState(DocumentNames.Sweep, DocumentNames.Storage)] IPersistentState<SweepDocument> document,
    IBlobStore blobs,
    TimeProvider time,
    ILogger<SweepGrain> logger)
    : Grain, ISweepGrain
{
    /// <summary>Trials that are submitted or commanded at the same time.</summary>
    private const int AtOnce = 16;

    private static readonly TimeSpan s_flushAfter = TimeSpan.FromSeconds(5);

    /// <summary>A trial that has said nothing for so long is asked: its last message may be lost.</summary>
    private static readonly TimeSpan s_askAfter = TimeSpan.FromSeconds(30);

    private readonly UnfinishedRuns _unfinished = new(blobs);
    private SweepSearch? _search;
    private bool _isCaughtUp;
    private IGrainTimer? _flush;
    private IGrainTimer? _check;

    public override async Task OnActivateAsync(CancellationToken cancellationToken)
    {
        await OpenSearchAsync();
        await base.OnActivateAsync(cancellationToken);
    }

    public async Task<SweepDocument> SubmitAsync(SweepSubmission submission)
    {
        var isSearch = SweepSearch.IsSearch(submission.Spec);
        if (document.State.Spec.Length == 0)
        {
            if (isSearch)
            {
                await _unfinished.MarkSweepAsync(this.GetPrimaryKeyString());
            }
            document.State = document.State with
            {
                Id = this.GetPrimaryKeyString(),
                Name = submission.Name,
                Spec = submission.Spec,
                Teacher = submission.Teacher,
                Submitted = time.GetUtcNow(),
                TrialCount = isSearch ? SweepSearch.TotalOf(submission.Spec, []) : 1,
                Contents = submission.Contents,
                Teachers = submission.Teachers,
            };
            await document.WriteStateAsync();
            await OpenSearchAsync();
        }
        if (_search is null && document.State.Intent == RunIntent.Run)
        {
            var known = document.State;
            await Trial(0).SubmitAsync(new TrialSubmission(known.Name, known.Spec, known.Teacher!));
        }
        return document.State;
    }

    public Task<SweepDocument> GetAsync() => Task.FromResult(document.State);

    public Task<SummaryPage> ListAsync(int firstOrdinal, int count)
    {
        var page = document.State.Trials.Skip(firstOrdinal).Take(count).ToImmutableArray();
        var next = firstOrdinal + page.Length;
        return Task.FromResult(new SummaryPage(page, next < document.State.Trials.Length ? next : null));
    }

    public async Task WakeAsync()
    {
        if (_search is null)
        {
            // Its mark was written before a document that never was.
            await _unfinished.UnmarkSweepAsync(this.GetPrimaryKeyString());
            return;
        }
        CheckAfter(TimeSpan.Zero);
    }

    public async Task<CommandReply> AmendAsync(SweepSubmission submission)
    {
        if (_search is null || document.State is not { IsSearch: true } known)
        {
            return new CommandReply(RunStatus.Pending, false, $"There is no sweep {this.GetPrimaryKeyString()}.");
        }
        if (known.CurrentSpec == submission.Spec)
        {
            return new CommandReply(RunStatus.Running, true, $"The sweep {known.Id} is like that already.");
        }
        if (known.Intent == RunIntent.Cancel)
        {
            return new CommandReply(RunStatus.Cancelled, false, $"The sweep {known.Id} was cancelled and begins no trial any more; start another one.");
        }
        if (SweepSearch.FaultOf(known, submission) is { } fault)
        {
            return new CommandReply(RunStatus.Running, false, fault);
        }
        // The trials that there are must be durable before the first of the others gets its number.
        await _search.FlushAsync();
        await _unfinished.MarkSweepAsync(known.Id);
        document.State = known with
        {
            Amendments = known.Amendments.Add(new SweepAmendment(_search.Trials.Count, time.GetUtcNow(), submission.Spec)),
            TrialCount = SweepSearch.TotalOf(submission.Spec, _search.Trials),
            Exhausted = null,
            Contents = [.. known.Contents.Union(submission.Contents)],
            Teachers = known.Teachers.SetItems(submission.Teachers),
        };
        await document.WriteStateAsync();
        await OpenSearchAsync();
        return new CommandReply(RunStatus.Running, true, $"The sweep {known.Id} has {document.State.TrialCount} trials now.");
    }

    public Task PauseAsync() => WantAsync(RunIntent.Pause);

    public Task ResumeAsync() => WantAsync(RunIntent.Run);

    public Task CancelAsync() => WantAsync(RunIntent.Cancel);

    public async Task<CommandReply> DeleteAsync(string trial)
    {
        var owner = GrainFactory.GetGrain<ITrialGrain>(trial);
        // Before the trial: a deletion that is interrupted in between is repeated through the trial, which is still found then.
        if ((await owner.GetAsync()).Run is { Submitted.Ticks: > 0 } run && run.Status.IsSettled())
        {
            await ForgetAsync(trial);
        }
        return await owner.DeleteAsync();
    }

    public async Task<CommandReply> DeleteSweepAsync()
    {
        var id = this.GetPrimaryKeyString();
        if (_search is not { } search)
        {
            return new CommandReply(RunStatus.Pending, false, $"There is no sweep {id}.");
        }
        if (!SweepView.Of(document.State, search.Trials).IsSettled)
        {
            return new CommandReply(RunStatus.Running, false, $"Nothing was deleted: the sweep {id} has trials to come or under way; cancel it first.");
        }
        _check?.Dispose();
        _flush?.Dispose();
        // What is left of an interrupted deletion must not begin its trials anew.
        document.State = document.State with { Intent = RunIntent.Cancel };
        await document.WriteStateAsync();
        // The document goes last: as long as the sweep is known, a deletion that was interrupted can be repeated.
        await ForEachAsync([.. search.Trials.Where(trial => !trial.Deleted)], trial => Trial(trial.Ordinal).DeleteAsync());
        var count = search.Trials.Count;
        await search.DeleteAsync();
        await _unfinished.UnmarkSweepAsync(id);
        await document.ClearStateAsync();
        // Nothing that this activation remembers may reach the next sweep of this name.
        DeactivateOnIdle();
        return new CommandReply(RunStatus.Completed, true, $"Deleted the sweep {id} with its {count} trials.");
    }

    public async Task SummarizeAsync(TrialSummary summary)
    {
        if (_search is not null)
        {
            // A trial that has come further may have reached a rung.
            if (_search.Summarize(summary) || _search.ToMeasure.Count > 0)
            {
                CheckAfter(TimeSpan.Zero);
            }
            else
            {
                FlushLater();
            }
            return;
        }
        // A summary that was sent before its sweep was deleted.
        if (document.State.Spec.Length == 0)
        {
            return;
        }
        var known = document.State.Trials.FirstOrDefault();
        if (known?.Updated > summary.Updated)
        {
            return;
        }
        document.State = document.State with { Trials = [summary] };
        // The trials hold the truth: what changes a list is written at once, what only counts steps is written now and then.
        if (known?.Status != summary.Status)
        {
            await FlushAsync();
        }
        else
        {
            FlushLater();
        }
    }

    private ITrialGrain Trial(int ordinal) => GrainFactory.GetGrain<ITrialGrain>(GrainKeys.Trial(this.GetPrimaryKeyString(), ordinal));

    private async Task OpenSearchAsync()
    {
        if (SweepSearch.IsSearch(document.State.Spec))
        {
            _search = await SweepSearch.OpenAsync(document.State, blobs);
            CheckAfter(TimeSpan.Zero);
        }
    }

    private async Task WantAsync(RunIntent intent)
    {
        if (document.State.Spec.Length == 0 || document.State.Intent == RunIntent.Cancel)
        {
            return;
        }
        if (_search is not null)
        {
            await _unfinished.MarkSweepAsync(document.State.Id);
        }
        document.State = document.State with { Intent = intent };
        await document.WriteStateAsync();
        if (_search is null)
        {
            await CommandAsync(0);
            return;
        }
        if (intent != RunIntent.Pause)
        {
            // Those that rest are woken by nobody else.
            await ForEachAsync(_search.Resting, CommandAsync);
        }
        CheckAfter(TimeSpan.Zero);
    }

    private Task<CommandReply> CommandAsync(int ordinal) => document.State.Intent switch
    {
        RunIntent.Pause => Trial(ordinal).PauseAsync(),
        RunIntent.Cancel => Trial(ordinal).CancelAsync(),
        _ => Trial(ordinal).ResumeAsync(),
    };

    /// <summary>Has a trial of a search do what is wanted of the sweep; one that has no run yet only changes in its page.</summary>
    private async Task CommandAsync(SweepTrial trial)
    {
        if (trial.Updated == default && await Trial(trial.Ordinal).SummaryAsync() is null)
        {
            _search!.Settle(trial, document.State.Intent switch
            {
                RunIntent.Pause => RunStatus.Paused,
                RunIntent.Cancel => RunStatus.Cancelled,
                _ => RunStatus.Pending,
            });
            return;
        }
        await CommandAsync(trial.Ordinal);
    }

    /// <summary>The next step of a search: asks trials that are silent, begins those that may begin, stops those that are not wanted.</summary>
    private async Task CheckAsync()
    {
        if (_search is not { } search)
        {
            return;
        }
        try
        {
            // What trials said since the pages were written is lost with the activation that heard it.
            var silentSince = _isCaughtUp ? time.GetUtcNow() - s_askAfter : DateTimeOffset.MaxValue;
            await ForEachAsync([.. search.UnderWay.Where(trial => trial.Updated < silentSince)], AskAsync);
            _isCaughtUp = true;
            await ForEachAsync(search.ToMeasure, MeasureAsync);
            if (search.ToStop is { Count: > 0 } pruned)
            {
                // The decision is durable before anybody acts on it: after a crash it is the same one.
                await search.FlushAsync();
                await ForEachAsync(pruned, trial => Trial(trial.Ordinal).CancelAsync());
            }
            if (document.State.Intent == RunIntent.Run)
            {
                if (await search.ProposeAsync(time.GetUtcNow()) is { } exhausted)
                {
                    document.State = document.State with { TrialCount = search.Trials.Count, Exhausted = exhausted };
                    await document.WriteStateAsync();
                    await OpenSearchAsync();
                    return;
                }
                // Also those that were proposed before a crash and not submitted.
                await ForEachAsync([.. search.UnderWay.Where(trial => trial.Updated == default)], SubmitAsync);
            }
            else
            {
                await ForEachAsync([.. search.UnderWay], CommandAsync);
            }
            await search.FlushAsync();
            if (SweepView.Of(document.State, search.Trials).IsSettled)
            {
                await _unfinished.UnmarkSweepAsync(document.State.Id);
                _check?.Dispose();
                _check = null;
            }
        }
        catch (Exception e) when (e is not (BlobConflictException or InconsistentStateException))
        {
            // The next check tries again.
            LogCheckFailed(e, document.State.Id);
        }
        catch (Exception)
        {
            // Another activation goes on with the sweep.
            DeactivateOnIdle();
        }
    }

    private async Task SubmitAsync(SweepTrial trial)
    {
        TrialSubmission submission;
        try
        {
            submission = _search!.SubmissionOf(trial);
        }
        catch (DisBackException impossible)
        {
            _search!.Settle(trial, RunStatus.Failed, impossible.Message);
            return;
        }
        await Trial(trial.Ordinal).SubmitAsync(submission);
    }

    private async Task AskAsync(SweepTrial trial)
    {
        if (await Trial(trial.Ordinal).SummaryAsync() is { } summary)
        {
            _search!.Summarize(summary);
        }
    }

    private async Task MeasureAsync(SweepTrial trial)
    {
        var id = GrainKeys.Trial(this.GetPrimaryKeyString(), trial.Ordinal);
        var history = await new MetricReader(blobs).ReadAsync(GrainKeys.Metrics(RunKind.Backtracking, id));
        var switches = (await Trial(trial.Ordinal).GetAsync()).Run.Switches;
        _search!.Measure(trial, TrialRungs.Read(_search.Stopping!, _search.Metric, history, switches));
    }

    private static Task ForEachAsync(IReadOnlyList<SweepTrial> trials, Func<SweepTrial, Task> act) => trials.Count == 0
        ? Task.CompletedTask
        : Task.WhenAll(trials.Chunk((trials.Count + AtOnce - 1) / AtOnce).Select(async some =>
        {
            foreach (var trial in some)
            {
                await act(trial);
            }
        }));

    private void CheckAfter(TimeSpan due)
    {
        if (_check is null)
        {
            _check = this.RegisterGrainTimer(
                static (self, _) => self.CheckAsync(), this, new GrainTimerCreationOptions(due, s_flushAfter) { KeepAlive = true });
        }
        else
        {
            _check.Change(due, s_flushAfter);
        }
    }

    /// <summary>Takes a trial off the list; the sweep of a single run goes with it.</summary>
    private async Task ForgetAsync(string trial)
    {
        if (_search is not null)
        {
            _search.Forget(GrainKeys.OrdinalOf(trial));
            await _search.FlushAsync();
            return;
        }
        _flush?.Dispose();
        _flush = null;
        await document.ClearStateAsync();
    }

    private void FlushLater() => _flush ??= this.RegisterGrainTimer(
        static (self, _) => self.FlushAsync(), this, new GrainTimerCreationOptions(s_flushAfter, Timeout.InfiniteTimeSpan));

    private async Task FlushAsync()
    {
        _flush?.Dispose();
        _flush = null;
        await (_search is null ? document.WriteStateAsync() : _search.FlushAsync());
    }

    [LoggerMessage(Level = LogLevel.Warning, Message = "The sweep {Sweep} comes no further now.")]
    private partial void LogCheckFailed(Exception exception, string sweep);
}
