using DisBack.Contracts.Grains;

namespace DisBack.Orchestration.Scheduling;

/// <summary>The runs that wait for a slot, in the order in which they first asked.</summary>
internal sealed class SlotQueue(TimeProvider time)
{
    private readonly List<Entry> _entries = [];

    public int Count => _entries.Count;

    public IEnumerable<SlotRequest> Requests => _entries.Select(entry => entry.Request);

    public IEnumerable<QueuedRun> Runs => _entries.Select(entry => new QueuedRun(entry.Request.Kind, entry.Request.Owner, entry.Reason));

    /// <summary>Requests for the same device kind that come before this one, which need not be in the queue.</summary>
    public List<SlotRequest> Ahead(SlotRequest request)
    {
        var position = PositionOf(request.Kind, request.Owner);
        return [.. Requests.Take(position < 0 ? _entries.Count : position).Where(earlier => DeviceKindOf(earlier) == DeviceKindOf(request))];
    }

    /// <summary>Adds a request at the end, or renews it at its position.</summary>
    public void Put(SlotRequest request, string reason)
    {
        var entry = new Entry(request, reason, time.GetTimestamp());
        var position = PositionOf(request.Kind, request.Owner);
        if (position >= 0)
        {
            _entries[position] = entry;
        }
        else
        {
            _entries.Add(entry);
        }
    }

    /// <returns>Whether the run was in the queue.</returns>
    public bool Remove(RunKind kind, string owner)
    {
        var position = PositionOf(kind, owner);
        if (position >= 0)
        {
            _entries.RemoveAt(position);
        }
        return position >= 0;
    }

    /// <summary>Removes requests that have not been renewed for too long.</summary>
    public void RemoveSilent(TimeSpan silence) => _entries.RemoveAll(entry => time.GetElapsedTime(entry.Asked) > silence);

    private int PositionOf(RunKind kind, string owner) => _entries.FindIndex(entry => entry.Request.Kind == kind && entry.Request.Owner == owner);

    private static string DeviceKindOf(SlotRequest request) => request.Device.Split(':')[0];

    private sealed record Entry(SlotRequest Request, string Reason, long Asked);
}
