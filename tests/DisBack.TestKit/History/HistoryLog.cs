namespace DisBack.TestKit.History;

/// <summary>The history of all silos of a test as it comes in.</summary>
public sealed class HistoryLog
{
    private readonly Lock _gate = new();
    private readonly List<HistoryRecord> _records = [];
    private readonly List<(Func<HistoryRecord, bool> Condition, TaskCompletionSource<HistoryRecord> Seen)> _awaited = [];

    /// <summary>What was written so far, in the order of arrival.</summary>
    public IReadOnlyList<HistoryRecord> Records
    {
        get
        {
            lock (_gate)
            {
                return [.. _records];
            }
        }
    }

    /// <summary>Waits for a record, past or to come.</summary>
    /// <param name="condition">Which.</param>
    /// <param name="after">How many records are not looked at, because they were there before.</param>
    /// <param name="cancellation">Stops waiting.</param>
    public Task<HistoryRecord> UntilAsync(Func<HistoryRecord, bool> condition, int after = 0, CancellationToken cancellation = default)
    {
        var seen = new TaskCompletionSource<HistoryRecord>(TaskCreationOptions.RunContinuationsAsynchronously);
        lock (_gate)
        {
            if (_records.Skip(after).FirstOrDefault(condition) is { } past)
            {
                return Task.FromResult(past);
            }
            _awaited.Add((condition, seen));
        }
        return seen.Task.WaitAsync(cancellation);
    }

    internal void Add(HistoryRecord record)
    {
        lock (_gate)
        {
            _records.Add(record);
            foreach (var (condition, seen) in _awaited)
            {
                if (condition(record))
                {
                    seen.TrySetResult(record);
                }
            }
            _awaited.RemoveAll(awaited => awaited.Seen.Task.IsCompleted);
        }
    }
}
