using DisBack.Contracts.Documents;
using DisBack.Distillation.Generators;

namespace DisBack.TestKit.History;

/// <summary>A contradiction between what silos wrote.</summary>
/// <param name="Rule">The rule that was broken.</param>
/// <param name="Run">The run.</param>
/// <param name="What">What contradicts what.</param>
public sealed record Violation(HistoryRule Rule, string Run, string What)
{
    public override string ToString() => $"{Rule}: {Run}: {What}";
}

/// <summary>What must hold of every history.</summary>
public enum HistoryRule
{
    /// <summary>An owner's sequence numbers are used once, by one silo: nobody else acted as the owner at the same time.</summary>
    OneOwner,

    /// <summary>Attempts only grow, begin once and end once; after completion nothing begins.</summary>
    AttemptsGrow,

    /// <summary>Nothing of an attempt is committed after it ended or a later one began, and who was once refused completes nothing.</summary>
    Fencing,

    /// <summary>No later attempt goes on from behind what a worker was told is safe, nor from behind what the owner itself had committed.</summary>
    NothingAcknowledgedIsLost,

    /// <summary>An attempt resumes what its beginning names, or, where that is damaged, a checkpoint committed before it.</summary>
    RightResume,

    /// <summary>The same step of a run has the same bytes, in every attempt.</summary>
    Determinism,

    /// <summary>One thread works for an attempt, it commits each step once, in their order, and a run completes once.</summary>
    NoDuplicates,

    /// <summary>The document that remains agrees with the history.</summary>
    Document,
}

/// <summary>
/// Checks the merged history of all silos. A killed silo may have lost its last lines, so a missing line proves nothing; two lines that cannot both
/// be true do. No clock is compared: the order is that of the owner's sequence numbers, and of the attempts.
/// </summary>
public static class HistoryChecker
{
    /// <param name="history">The lines of all silos, in any order.</param>
    /// <param name="documents">The final state of runs, by run; may lack some.</param>
    /// <param name="damaged">Digests of checkpoints that were damaged in the store on purpose.</param>
    public static IReadOnlyList<Violation> Check(
        IEnumerable<HistoryRecord> history, IReadOnlyDictionary<string, RunRecord>? documents = null, IReadOnlySet<string>? damaged = null) =>
        [.. history.GroupBy(record => record.Run).SelectMany(run =>
            new RunChecker(run.Key, [.. run], documents?.GetValueOrDefault(run.Key), damaged ?? new HashSet<string>()).Violations())];

    private sealed class RunChecker(string run, IReadOnlyList<HistoryRecord> records, RunRecord? document, IReadOnlySet<string> damaged)
    {
        private readonly List<HistoryRecord> _owned = [.. records.Where(record => record.Sequence > 0).OrderBy(record => record.Sequence)];

        public IEnumerable<Violation> Violations() =>
        [
            .. OneOwner(), .. AttemptsGrow(), .. Fencing(), .. NothingAcknowledgedIsLost(), .. RightResume(), .. Determinism(), .. NoDuplicates(),
            .. Document(),
        ];

        private IEnumerable<Violation> OneOwner() =>
            from same in _owned.GroupBy(record => record.Sequence)
            let writers = same.DistinctBy(record => record with { At = default }).ToList()
            where writers.Count > 1
            select Broken(HistoryRule.OneOwner, $"sequence {same.Key} is both {writers[0]} and {writers[1]}");

        private IEnumerable<Violation> AttemptsGrow()
        {
            var began = Of(HistoryEvent.AttemptBegan).ToList();
            foreach (var (earlier, later) in began.Zip(began.Skip(1)))
            {
                if (later.Attempt <= earlier.Attempt)
                {
                    yield return Broken(HistoryRule.AttemptsGrow, $"{later} follows {earlier}");
                }
            }
            foreach (var ends in Of(HistoryEvent.AttemptEnded).GroupBy(record => record.Attempt).Where(ends => ends.Count() > 1))
            {
                yield return Broken(HistoryRule.AttemptsGrow, $"attempt {ends.Key} ended {ends.Count()} times: {string.Join(" and ", ends)}");
            }
            if (Of(HistoryEvent.Completed).FirstOrDefault() is { } completed
                && began.FirstOrDefault(record => record.Sequence > completed.Sequence) is { } late)
            {
                yield return Broken(HistoryRule.AttemptsGrow, $"{late} after {completed}");
            }
        }

        private IEnumerable<Violation> Fencing()
        {
            HistoryRecord? newest = null;
            var ended = new Dictionary<int, HistoryRecord>();
            foreach (var record in _owned)
            {
                if (record.Event == HistoryEvent.AttemptBegan)
                {
                    newest = newest is null || record.Attempt > newest.Attempt ? record : newest;
                }
                else if (record.Event == HistoryEvent.AttemptEnded)
                {
                    ended.TryAdd(record.Attempt, record);
                }
                else if (newest is not null && record.Attempt < newest.Attempt)
                {
                    yield return Broken(HistoryRule.Fencing, $"{record} was taken after {newest}");
                }
                else if (ended.TryGetValue(record.Attempt, out var end))
                {
                    yield return Broken(HistoryRule.Fencing, $"{record} was taken after {end}");
                }
                if (record.Event == HistoryEvent.Completed
                    && records.FirstOrDefault(refused => refused.Event == HistoryEvent.Fenced && refused.Attempt == record.Attempt) is { } fenced)
                {
                    yield return Broken(HistoryRule.Fencing, $"{record}, but {fenced}");
                }
            }
        }

        private IEnumerable<Violation> NothingAcknowledgedIsLost()
        {
            foreach (var start in Of(HistoryEvent.AttemptBegan).Concat(records.Where(record => record.Event == HistoryEvent.Resumed)))
            {
                // An attempt is told so only while it owns the run, so what an earlier attempt was told was true before this one began.
                var safe = records
                    .Where(record => record.Event == HistoryEvent.CheckpointAcknowledged && record.Attempt < start.Attempt && !damaged.Contains(record.Digest))
                    .MaxBy(record => record.Step);
                if (start.Step < safe?.Step)
                {
                    yield return Broken(HistoryRule.NothingAcknowledgedIsLost, $"{start} is behind {safe}");
                }
            }
            foreach (var began in Of(HistoryEvent.AttemptBegan))
            {
                // The last before it, not the furthest: what comes after damaged checkpoints replaces them.
                var head = Of(HistoryEvent.CheckpointCommitted).LastOrDefault(commit => commit.Sequence < began.Sequence);
                if (began.Step < head?.Step && !damaged.Contains(head.Digest))
                {
                    yield return Broken(HistoryRule.NothingAcknowledgedIsLost, $"{began} is behind {head}");
                }
            }
        }

        private IEnumerable<Violation> RightResume() =>
            from resumed in records.Where(record => record.Event == HistoryEvent.Resumed)
            from began in Of(HistoryEvent.AttemptBegan).Where(record => record.Attempt == resumed.Attempt)
            where (resumed.Step, resumed.Digest) != (began.Step, began.Digest) && !IsFallBack(began, resumed)
            select Broken(HistoryRule.RightResume, $"{resumed}, but {began}");

        /// <summary>Whether the head was damaged and everything between it and what was taken instead too.</summary>
        private bool IsFallBack(HistoryRecord began, HistoryRecord resumed) =>
            damaged.Contains(began.Digest) && resumed.Step < began.Step
            && Of(HistoryEvent.CheckpointCommitted)
                .Where(commit => commit.Sequence < began.Sequence && commit.Step < began.Step)
                .All(commit => commit.Step <= resumed.Step || damaged.Contains(commit.Digest));

        private IEnumerable<Violation> Determinism() =>
            from step in records
                .Where(record => record is
                {
                    Event: HistoryEvent.AttemptBegan or HistoryEvent.CheckpointCommitted or HistoryEvent.CheckpointAcknowledged or HistoryEvent.Resumed,
                    Step: > 0,
                })
                .GroupBy(record => record.Step)
            let contents = step.DistinctBy(record => record.Digest).ToList()
            where contents.Count > 1
            select Broken(HistoryRule.Determinism, $"step {step.Key} is both {contents[0]} and {contents[1]}");

        /// <summary>Whether an attempt that passed over a damaged head, and was told to stop at once, made what it had resumed from the head.</summary>
        private bool Replaces(HistoryRecord resumed, HistoryRecord commit) =>
            (commit.Step, commit.Digest) == (resumed.Step, resumed.Digest)
            && Of(HistoryEvent.AttemptBegan).Any(began => began.Attempt == commit.Attempt && IsFallBack(began, resumed));

        private IEnumerable<Violation> NoDuplicates()
        {
            foreach (var attempt in records.Where(record => record.Event == HistoryEvent.Resumed).GroupBy(record => record.Attempt))
            {
                if (attempt.Count() > 1)
                {
                    yield return Broken(HistoryRule.NoDuplicates, $"attempt {attempt.Key} trained {attempt.Count()} times: {string.Join(" and ", attempt)}");
                }
                foreach (var commit in Of(HistoryEvent.CheckpointCommitted)
                    .Where(commit => commit.Attempt == attempt.Key && commit.Step <= attempt.First().Step && !Replaces(attempt.First(), commit)))
                {
                    yield return Broken(HistoryRule.NoDuplicates, $"{commit} is not beyond {attempt.First()}");
                }
            }
            foreach (var attempt in Of(HistoryEvent.CheckpointCommitted).GroupBy(record => record.Attempt))
            {
                foreach (var (earlier, later) in attempt.Zip(attempt.Skip(1)).Where(pair => pair.Second.Step <= pair.First.Step))
                {
                    yield return Broken(HistoryRule.NoDuplicates, $"{later} follows {earlier}");
                }
            }
            var completed = Of(HistoryEvent.Completed).ToList();
            if (completed.Count > 1)
            {
                yield return Broken(HistoryRule.NoDuplicates, $"it completed {completed.Count} times: {string.Join(" and ", completed)}");
            }
        }

        private IEnumerable<Violation> Document()
        {
            if (document is null)
            {
                yield break;
            }
            if (_owned.LastOrDefault() is { } newest && newest.Sequence > document.Sequence)
            {
                yield return Broken(HistoryRule.Document, $"its document ends with sequence {document.Sequence}, but {newest}");
            }
            if (records.MaxBy(record => record.Attempt) is { } latest && latest.Attempt > document.Attempt)
            {
                yield return Broken(HistoryRule.Document, $"its document knows {document.Attempt} attempts, but {latest}");
            }
            var safe = records.Where(record => record.Event == HistoryEvent.CheckpointAcknowledged).Append(Of(HistoryEvent.CheckpointCommitted).LastOrDefault())
                .Where(record => record is not null && !damaged.Contains(record.Digest)).MaxBy(record => record!.Step);
            if (safe?.Step > (document.Head?.Step ?? 0))
            {
                yield return Broken(HistoryRule.Document, $"the head of its document is step {document.Head?.Step ?? 0}, behind {safe}");
            }
            if (document.Head is { } head
                && Of(HistoryEvent.CheckpointCommitted).LastOrDefault(commit => commit.Step == head.Step) is { } same
                && same.Digest != head.Content.Digest)
            {
                yield return Broken(HistoryRule.Document, $"the head of its document is {head.Content}, but {same}");
            }
            if (Of(HistoryEvent.Completed).FirstOrDefault() is { } completed)
            {
                if (document.Status != RunStatus.Completed)
                {
                    yield return Broken(HistoryRule.Document, $"its document says {document.Status}, but {completed}");
                }
                if (document.Artifacts.GetValueOrDefault(StudentFile.Name)?.Content.Digest is { } student && student != completed.Digest)
                {
                    yield return Broken(HistoryRule.Document, $"its document names the student {student}, but {completed}");
                }
            }
        }

        /// <summary>An owner's records of one kind, each sequence number once, in their order.</summary>
        private IEnumerable<HistoryRecord> Of(HistoryEvent happened) => _owned.Where(record => record.Event == happened).DistinctBy(record => record.Sequence);

        private Violation Broken(HistoryRule rule, string what) => new(rule, run, what);
    }
}
