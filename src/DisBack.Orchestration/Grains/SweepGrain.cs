using System.Collections.Immutable;
using DisBack.Contracts.Documents;
using DisBack.Contracts.Grains;
using DisBack.Orchestration.Placement;

namespace DisBack.Orchestration.Grains;

/// <inheritdoc cref="ISweepGrain"/>
[GrainType(DocumentNames.Sweep), PlacedOn(SiloRole.Control)]
internal sealed class SweepGrain([PersistentState(DocumentNames.Sweep, DocumentNames.Storage)] IPersistentState<SweepDocument> document, TimeProvider time)
    : Grain, ISweepGrain
{
    private static readonly TimeSpan s_flushAfter = TimeSpan.FromSeconds(5);

    private IGrainTimer? _flush;

    public async Task<SweepDocument> SubmitAsync(SweepSubmission submission)
    {
        if (document.State.Spec.Length == 0)
        {
            document.State = document.State with
            {
                Id = this.GetPrimaryKeyString(),
                Name = submission.Name,
                Spec = submission.Spec,
                Teacher = submission.Teacher,
                Submitted = time.GetUtcNow(),
                TrialCount = 1,
            };
            await document.WriteStateAsync();
        }
        if (document.State.Intent == RunIntent.Run)
        {
            var known = document.State;
            foreach (var (ordinal, spec) in Expand())
            {
                await Trial(ordinal).SubmitAsync(new TrialSubmission(known.Name, spec, known.Teacher!));
            }
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

    public Task PauseAsync() => WantAsync(RunIntent.Pause, trial => trial.PauseAsync());

    public Task ResumeAsync() => WantAsync(RunIntent.Run, trial => trial.ResumeAsync());

    public Task CancelAsync() => WantAsync(RunIntent.Cancel, trial => trial.CancelAsync());

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

    public async Task SummarizeAsync(TrialSummary summary)
    {
        // A summary that was sent before its sweep was deleted.
        if (document.State.Spec.Length == 0)
        {
            return;
        }
        var trials = document.State.Trials;
        var known = trials.FirstOrDefault(other => other.Id == summary.Id);
        if (known?.Updated > summary.Updated)
        {
            return;
        }
        document.State = document.State with
        {
            Trials = known is null ? [.. trials.Append(summary).OrderBy(trial => trial.Id, StringComparer.Ordinal)] : trials.Replace(known, summary),
        };
        // The trials hold the truth: what changes a list is written at once, what only counts steps is written now and then.
        if (known?.Status != summary.Status)
        {
            await FlushAsync();
        }
        else
        {
            _flush ??= this.RegisterGrainTimer(
                static (self, _) => self.FlushAsync(),
                this,
                new GrainTimerCreationOptions(s_flushAfter, Timeout.InfiniteTimeSpan));
        }
    }

    /// <summary>The trials of the spec, one by one. A spec is one trial until it can say what to vary.</summary>
    private IEnumerable<(int Ordinal, string Spec)> Expand()
    {
        yield return (0, document.State.Spec);
    }

    private ITrialGrain Trial(int ordinal) => GrainFactory.GetGrain<ITrialGrain>(GrainKeys.Trial(document.State.Id, ordinal));

    private async Task WantAsync(RunIntent intent, Func<ITrialGrain, Task> command)
    {
        if (document.State.Spec.Length == 0 || document.State.Intent == RunIntent.Cancel)
        {
            return;
        }
        document.State = document.State with { Intent = intent };
        await document.WriteStateAsync();
        foreach (var (ordinal, _) in Expand())
        {
            await command(Trial(ordinal));
        }
    }

    /// <summary>Takes a trial off the list; the sweep goes with the last one.</summary>
    private async Task ForgetAsync(string trial)
    {
        document.State = document.State with { Trials = document.State.Trials.RemoveAll(known => known.Id == trial) };
        if (!document.State.Trials.IsEmpty)
        {
            await FlushAsync();
            return;
        }
        _flush?.Dispose();
        _flush = null;
        await document.ClearStateAsync();
    }

    private async Task FlushAsync()
    {
        _flush?.Dispose();
        _flush = null;
        await document.WriteStateAsync();
    }
}
