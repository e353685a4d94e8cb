using DisBack.Contracts.Grains;

namespace DisBack.Orchestration.Scheduling;

/// <summary>
/// The runs that wait for a slot, in the order in which they first asked. Each asks again every few seconds, so what is done for one of them must not go
/// through all of them.
/// </summary>
internal sealed class SlotQueue(TimeProvider time)
{
    private readonly Dictionary<(RunKind Kind, string Owner), Entry> _entries = [];
    private readonly Dictionary<string, SortedList<long, Entry>> _lines = [];

    // The one that asked longest ago comes first.
    private readonly LinkedList<Entry> _byTime = [];
    private readonly SharedDigests _digests = new();
    private long _numbers;

    public int Count => _entries.Count;

    /// <summary>How many different digests the requests name.</summary>
    public int Digests => _digests.Count;

    /// <summary>The requests for one kind of device, in order.</summary>
    public IEnumerable<SlotRequest> For(string deviceKind) => _lines.GetValueOrDefault(deviceKind)?.Values.Select(entry => entry.Request) ?? [];

    public IEnumerable<QueuedRun> Runs =>
        _entries.Values.OrderBy(entry => entry.Number).Select(entry => new QueuedRun(entry.Request.Kind, entry.Request.Owner, entry.Reason));

    /// <summary>The number of requests for the same kind of device that come before this one, which need not be in the queue.</summary>
    public int CountAhead(SlotRequest request)
    {
        if (!_lines.TryGetValue(Allotment.KindOf(request), out var line))
        {
            return 0;
        }
        var position = _entries.TryGetValue((request.Kind, request.Owner), out var entry) ? line.IndexOfKey(entry.Number) : -1;
        return position < 0 ? line.Count : position;
    }

    /// <summary>Adds a request at the end, or renews it at its position; a run's kind of device never changes.</summary>
    public void Put(SlotRequest request, string reason)
    {
        var number = _numbers;
        if (_entries.TryGetValue((request.Kind, request.Owner), out var known))
        {
            number = known.Number;
            _byTime.Remove(known.Node);
            _digests.GiveBack(known.Request.Prefers);
        }
        else
        {
            _numbers++;
        }
        if (!_lines.TryGetValue(Allotment.KindOf(request), out var line))
        {
            _lines.Add(Allotment.KindOf(request), line = []);
        }
        var entry = new Entry(number, request with { Prefers = _digests.Take(request.Prefers) }, reason, time.GetTimestamp());
        _entries[(request.Kind, request.Owner)] = line[number] = entry;
        _byTime.AddLast(entry.Node);
    }

    /// <returns>Whether the run was in the queue.</returns>
    public bool Remove(RunKind kind, string owner)
    {
        if (!_entries.Remove((kind, owner), out var entry))
        {
            return false;
        }
        _lines[Allotment.KindOf(entry.Request)].Remove(entry.Number);
        _byTime.Remove(entry.Node);
        _digests.GiveBack(entry.Request.Prefers);
        return true;
    }

    /// <summary>Removes requests that have not been renewed for too long.</summary>
    public void RemoveSilent(TimeSpan silence)
    {
        while (_byTime.First is { Value: var entry } && time.GetElapsedTime(entry.Asked) > silence)
        {
            Remove(entry.Request.Kind, entry.Request.Owner);
        }
    }

    private sealed class Entry
    {
        public Entry(long number, SlotRequest request, string reason, long asked)
        {
            (Number, Request, Reason, Asked) = (number, request, reason, asked);
            Node = new(this);
        }

        public long Number { get; }

        public SlotRequest Request { get; }

        public string Reason { get; }

        public long Asked { get; }

        public LinkedListNode<Entry> Node { get; }
    }
}
