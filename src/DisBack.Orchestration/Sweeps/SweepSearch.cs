using System.Collections.Immutable;
using System.Globalization;
using DisBack.Contracts.Documents;
using DisBack.Contracts.Grains;
using DisBack.Search.Histories;
using DisBack.Search.Sweeps;
using DisBack.Specs.Reading;
using DisBack.Specs.Sweeps;
using DisBack.Storage.Blobs;
using DisBack.Telemetry;

namespace DisBack.Orchestration.Sweeps;

/// <summary>The trials of one search: which there are, which may begin, and what each is. It knows no grains.</summary>
/// <param name="document">The sweep.</param>
/// <param name="pages">Its trials.</param>
internal sealed class SweepSearch(SweepDocument document, SweepPages pages)
{
    private readonly SweepPlan _plan = SweepPlan.Parse(document.CurrentSpec, document.Id);

    /// <summary>From which trial on how many may be under way: as the spec says by which each was proposed.</summary>
    private readonly IReadOnlyList<(int From, int MaxConcurrent)> _limits =
    [
        (0, SettingsIn(document.Spec).MaxConcurrent),
        .. document.Amendments.Select(amendment => (amendment.From, SettingsIn(amendment.Spec).MaxConcurrent)),
    ];

    private readonly SortedSet<int> _unfinished = [];
    private readonly Dictionary<int, long> _measuredAt = [];
    private SweepSampler? _sampler;

    /// <summary>Whether a spec is that of a search and not of one experiment.</summary>
    public static bool IsSearch(string spec) => spec.Length > 0 && SpecJson.Sections(spec).ContainsKey(SweepPlan.SearchKey);

    /// <summary>How many trials the spec of a search stands for, those that there are included.</summary>
    /// <param name="spec">The spec.</param>
    /// <param name="trials">The trials before it was amended so; none at the submission.</param>
    public static int TotalOf(string spec, IReadOnlyList<SweepTrial> trials) =>
        (int)new SweepSampler(SweepPlan.Parse(spec, "spec"), [.. trials.Select(trial => trial.Point)]).Total;

    /// <summary>Why a search cannot be amended so, in one sentence; null if it can.</summary>
    public static string? FaultOf(SweepDocument known, SweepSubmission submission)
    {
        try
        {
            SweepPlan.Parse(submission.Spec, "spec").RequireWidens(SweepPlan.Parse(known.CurrentSpec, known.Id));
        }
        catch (SpecException more)
        {
            return more.Message;
        }
        if (submission.Teachers.FirstOrDefault(teacher => known.Teachers.GetValueOrDefault(teacher.Key, teacher.Value) != teacher.Value) is { Key: { } name })
        {
            return $"The sweep {known.Id} has another teacher by the name '{name}'; bring that one back, or start another sweep.";
        }
        var stored = known.Contents.ToDictionary(value => (value.Key, value.Written), value => value.Stored);
        return submission.Contents.FirstOrDefault(value => stored.GetValueOrDefault((value.Key, value.Written), value.Stored) != value.Stored) is { } changed
            ? $"The sweep {known.Id} has another content for {changed.Key}: {changed.Written}; give the changed file another name."
            : null;
    }

    /// <summary>The trials by their ordinals.</summary>
    public IReadOnlyList<SweepTrial> Trials => pages.Trials;

    /// <summary>What the trials are compared by.</summary>
    public string Metric => _plan.Search.Objective.Metric;

    /// <summary>The trials that have neither ended nor rest.</summary>
    public IEnumerable<SweepTrial> UnderWay => _unfinished.Select(ordinal => pages.Trials[ordinal]).Where(trial => !trial.Status.IsSettled());

    /// <summary>The trials that are paused.</summary>
    public IReadOnlyList<SweepTrial> Resting => [.. _unfinished.Select(ordinal => pages.Trials[ordinal]).Where(trial => trial.Status == RunStatus.Paused)];

    /// <summary>The trials that may have reached a rung since they were measured last, and those that have ended and were not measured to their ends.</summary>
    public IReadOnlyList<SweepTrial> ToMeasure => Stopping is null
        ? []
        : [.. _unfinished.Select(ordinal => pages.Trials[ordinal]).Where(trial => trial.Updated != default
            && (!trial.IsMeasured || (_measuredAt.GetValueOrDefault(trial.Ordinal, -1) < trial.Step && !trial.Pruned)))];

    /// <summary>The trials that are to end early and have not.</summary>
    public IReadOnlyList<SweepTrial> ToStop => [.. UnderWay.Where(trial => trial.Pruned)];

    /// <summary>The rule of early stopping; null where every trial trains to its end.</summary>
    public SweepStopping? Stopping => SweepStopping.Of(_plan.Search);

    private SweepSampler Sampler => _sampler ??= new SweepSampler(_plan, [.. pages.Trials.Take(_limits[^1].From).Select(trial => trial.Point)]);

    /// <summary>The search of a sweep whose pages are read.</summary>
    public static async Task<SweepSearch> OpenAsync(SweepDocument document, IBlobStore blobs)
    {
        var pages = new SweepPages(blobs, document.Id);
        await pages.LoadAsync();
        var search = new SweepSearch(document, pages);
        search._unfinished.UnionWith(pages.Trials.Where(trial => !search.IsFinished(trial)).Select(trial => trial.Ordinal));
        return search;
    }

    /// <summary>
    /// Proposes the trials that may begin now, and makes them durable. Each is a function of the settings and of the results before a certain ordinal, never of
    /// who ended first: a sweep of deterministic trials proposes the same points however often it is interrupted.
    /// </summary>
    /// <param name="now">The time.</param>
    /// <returns>Why no trial will begin any more although the sweep has not all of its trials; null if one may.</returns>
    public async Task<string?> ProposeAsync(DateTimeOffset now)
    {
        string? exhausted = null;
        var underWay = UnderWay.Count();
        while (pages.Trials.Count < document.TrialCount && exhausted is null && MayBegin(pages.Trials.Count, underWay++, out var known))
        {
            var ordinal = pages.Trials.Count;
            var trial = new SweepTrial
            {
                Ordinal = ordinal,
                Point = Sampler.Propose(ordinal, Sampler.Learns ? [.. pages.Trials.Take(known).Select(Record)] : [])
                    .ToImmutableSortedDictionary(StringComparer.Ordinal),
            };
            if (_plan.Search.Budget is { } budget)
            {
                trial = trial with { Cost = budget.CountsTraining ? CostOf(trial) : null };
                exhausted = new BudgetUse(pages.Trials, known, now - document.Submitted).ExhaustedBy(budget, trial.Cost);
            }
            if (exhausted is null)
            {
                pages.Add(trial);
                _unfinished.Add(ordinal);
            }
        }
        await pages.FlushAsync();
        return exhausted;
    }

    /// <summary>What a trial is submitted with.</summary>
    /// <exception cref="SpecException">Its point is no experiment.</exception>
    public TrialSubmission SubmissionOf(SweepTrial trial)
    {
        var spec = _plan.ExperimentAt(trial.Point).Spec;
        return new TrialSubmission(document.Name, SpecJson.Canonical(StoredValue.PutIn(spec, document.Contents)), document.Teachers[spec.Teacher]);
    }

    /// <summary>Takes note of what the run of a trial says of itself.</summary>
    /// <returns>Whether it has come to rest or gone on: its number of trials under way has changed.</returns>
    public bool Summarize(TrialSummary summary)
    {
        var ordinal = GrainKeys.OrdinalOf(summary.Id);
        if (ordinal >= pages.Trials.Count || pages.Trials[ordinal] is not { } known || known.Updated > summary.Updated || known.Deleted)
        {
            return false;
        }
        return Replace(known with
        {
            Status = summary.Status,
            Attempt = summary.Attempt,
            Step = summary.Step,
            Steps = summary.Steps,
            Updated = summary.Updated,
            Seconds = summary.Seconds,
            Value = !known.Pruned && summary.Latest.TryGetValue(_plan.Search.Objective.Metric, out var value) ? value : null,
        });
    }

    /// <summary>Takes note of what a trial has measured at the rungs that it has reached, and whether it is to end early by it.</summary>
    /// <param name="trial">The trial as it was when its measurements were read.</param>
    /// <param name="rungs">A value for each rung, those that were known included.</param>
    public void Measure(SweepTrial trial, IReadOnlyList<RungValue> rungs)
    {
        _measuredAt[trial.Ordinal] = trial.Step;
        var now = pages.Trials[trial.Ordinal] with { Measured = IsOver(trial) };
        // As for proposals that learn: who is compared with whom does not depend on who was faster.
        IReadOnlyList<double>[] others = [.. pages.Trials.Take(KnownTo(trial.Ordinal)).Select(other => other.Rungs)];
        for (var rung = now.Rungs.Length; rung < rungs.Count && !now.Pruned; rung++)
        {
            now = now with { Rungs = now.Rungs.Add(rungs[rung].Value) };
            if (Stopping!.Prunes(others, now.Rungs))
            {
                now = now with
                {
                    Pruned = true,
                    PrunedAt = rungs[rung].Step,
                    Value = null,
                    Reason = string.Create(
                        CultureInfo.InvariantCulture,
                        $"Pruned at {(Stopping.Unit == RungUnit.Steps ? "step" : "position")} {Stopping.Rung(rung)} with {Metric} {rungs[rung].Value:g4}."),
                };
            }
        }
        Replace(now);
    }

    /// <summary>Where a trial stands that has no run.</summary>
    public void Settle(SweepTrial trial, RunStatus status, string? reason = null) => Replace(trial with { Status = status, Reason = reason });

    /// <summary>A trial was deleted.</summary>
    public void Forget(int ordinal)
    {
        if (ordinal < pages.Trials.Count)
        {
            Replace(pages.Trials[ordinal] with { Deleted = true });
        }
    }

    /// <inheritdoc cref="SweepPages.FlushAsync"/>
    public Task FlushAsync() => pages.FlushAsync();

    /// <inheritdoc cref="SweepPages.DeleteAsync"/>
    public Task DeleteAsync() => pages.DeleteAsync();

    private static SearchSettings SettingsIn(string spec) =>
        SpecJson.FromJson<SearchSettings>(SpecJson.Sections(spec)[SweepPlan.SearchKey]!.ToJsonString());

    /// <summary>What a trial would train; nothing where its point is no experiment, for then it does not begin.</summary>
    private TrialCost CostOf(SweepTrial trial)
    {
        try
        {
            var settings = _plan.ExperimentAt(trial.Point).Spec.Backtracking;
            return new TrialCost(settings.Steps, (long)settings.Steps * settings.Batch);
        }
        catch (SpecException)
        {
            return new TrialCost(0, 0);
        }
    }

    private static bool IsOver(SweepTrial trial) =>
        trial.Deleted || trial.Status is RunStatus.Completed or RunStatus.Failed or RunStatus.Cancelled;

    private bool IsFinished(SweepTrial trial) => IsOver(trial) && (Stopping is null || trial.IsMeasured);

    private bool Replace(SweepTrial trial)
    {
        var before = pages.Trials[trial.Ordinal].Status.IsSettled();
        pages.Replace(trial);
        if (!IsFinished(trial))
        {
            _unfinished.Add(trial.Ordinal);
        }
        else if (_unfinished.Remove(trial.Ordinal))
        {
            var outcome = trial is { Pruned: true } ? "pruned" : trial is { Value: not null } ? "measured" : "failed";
            Instruments.Trials.Add(1, new KeyValuePair<string, object?>("outcome", outcome));
        }
        return before != trial.Status.IsSettled();
    }

    /// <summary>Whether one more trial may be under way, and how many trials, from the first on, its proposal knows the results of.</summary>
    private bool MayBegin(int ordinal, int underWay, out int known)
    {
        known = KnownTo(ordinal);
        return Sampler.Learns || Stopping is not null
            ? _unfinished.Count == 0 || _unfinished.Min >= known
            : underWay < _plan.Search.MaxConcurrent;
    }

    private int KnownTo(int ordinal) => Math.Max(0, ordinal + 1 - _limits.Last(limit => limit.From <= ordinal).MaxConcurrent);

    private TrialRecord Record(SweepTrial trial) => new(trial.Ordinal, trial.Point, trial switch
    {
        { Pruned: true, Rungs: [.., var last] } => new PrunedOutcome(Stopping!.Rung(trial.Rungs.Length - 1)!.Value, last),
        { Value: { } value } => new CompleteOutcome(value),
        _ => new FailedOutcome(),
    });
}
