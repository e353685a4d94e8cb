using System.Collections.Concurrent;
using DisBack.Storage;
using DisBack.Storage.Documents;

namespace DisBack.Client;

/// <summary>
/// A copy in memory of what lists show of all documents of a kind, in the order of lists. It is brought up to date when it is asked, by reading only the
/// documents whose ETag has changed, or that the store names as changed; of any number who ask at a time one does the work.
/// </summary>
/// <param name="reader">Reads the documents.</param>
/// <param name="kind">Their grain type, which is also their state name.</param>
/// <param name="project">What to keep of a document.</param>
/// <param name="order">The order of lists, in which no two items are equal.</param>
/// <param name="mostAge">How old a copy may be that is not looked over again.</param>
/// <param name="time">The clock.</param>
/// <param name="file">Keeps the copy for the next process; null if nothing does.</param>
internal sealed class DocumentMirror<TDocument, TItem>(
    DocumentReader reader,
    string kind,
    Func<TDocument, TItem> project,
    Comparison<TItem> order,
    TimeSpan mostAge,
    TimeProvider time,
    MirrorFile<TItem>? file = null)
    where TDocument : class
{
    private const int ReadsAtOnce = 16;

    /// <summary>Damage is no news: whoever asks for it right after a list need not have all looked over again.</summary>
    private static readonly TimeSpan s_damageAge = TimeSpan.FromSeconds(1);

    private static readonly Dictionary<string, Damage> s_noDamage = [];

    private readonly Lock _gate = new();
    private readonly Comparer<MirrorEntry<TItem>> _order = Comparer<MirrorEntry<TItem>>.Create((a, b) => order(a.Item, b.Item));
    private Copy _copy = new(null, null, 0, [], s_noDamage);
    private Task<Copy>? _look;
    private long _lookBegan;
    private long _changed = long.MinValue;

    /// <summary>
    /// The documents as they were at most the allowed age ago, in the order of lists; those that cannot be read are left out. Whoever takes only the first
    /// ones spends no time on the others.
    /// </summary>
    public async Task<IEnumerable<TItem>> ItemsAsync(CancellationToken cancellation) =>
        (await CopyAsync(mostAge, cancellation)).Entries.Select(entry => entry.Item);

    /// <summary>The keys of those that cannot be read, and what is wrong with them.</summary>
    public async Task<IEnumerable<(string Key, string Message)>> DamagedAsync(CancellationToken cancellation) =>
        (await CopyAsync(mostAge < s_damageAge ? s_damageAge : mostAge, cancellation)).Damaged.Select(damage => (damage.Key, damage.Value.Message));

    /// <summary>Something was written: the next question is answered from a copy that is younger than this call.</summary>
    public void Expire()
    {
        lock (_gate)
        {
            _changed = time.GetTimestamp();
        }
    }

    private async Task<Copy> CopyAsync(TimeSpan age, CancellationToken cancellation)
    {
        Task<Copy> look;
        lock (_gate)
        {
            if (IsCurrent(_copy, age))
            {
                return _copy;
            }
            if (_look is null or { IsCompleted: true } || _lookBegan <= _changed)
            {
                _lookBegan = time.GetTimestamp();
                _look = LookAsync(_copy, _lookBegan);
            }
            look = _look;
        }
        // The caller who gives up does not end a request that others wait for.
        var copy = await look.WaitAsync(cancellation);
        lock (_gate)
        {
            if (!(_copy.Taken >= copy.Taken))
            {
                _copy = copy;
            }
        }
        return copy;
    }

    private bool IsCurrent(Copy copy, TimeSpan age) => copy.Taken is { } taken && taken > _changed && time.GetElapsedTime(taken) < age;

    private async Task<Copy> LookAsync(Copy before, long taken)
    {
        // Off the caller's thread, which holds the gate.
        await Task.CompletedTask.ConfigureAwait(ConfigureAwaitOptions.ForceYielding);
        if (before.Taken is null && file?.Read() is { } kept)
        {
            before = new(null, kept.Position, kept.Count, kept.Entries, kept.Damaged.ToDictionary(key => key, _ => new Damage("", "")));
        }
        // What is damaged may have been restored from a copy, of which the store knows nothing.
        var look = await reader.LookAsync([kind], before.Position, [.. before.Damaged.Keys.Select(key => (kind, key))]);
        return look.IsWhole ? await AllAsync(before, look, taken) : await ChangedAsync(before, look, taken);
    }

    /// <summary>Every document was listed: those are read whose ETag is another one.</summary>
    private async Task<Copy> AllAsync(Copy before, DocumentLook look, long taken)
    {
        var known = before.Entries.ToDictionary(entry => entry.Key, StringComparer.Ordinal);
        var same = look.Found.Where(found => known.GetValueOrDefault(found.Info.Key)?.ETag == found.Info.ETag).Select(found => known[found.Info.Key]).ToList();
        var (read, damaged) = await ReadAsync(
            before, look.Found.Select(found => found.Info).Where(info => known.GetValueOrDefault(info.Key)?.ETag != info.ETag));
        MirrorEntry<TItem>[] entries = [.. same, .. read];
        Array.Sort(entries, _order);
        var copy = new Copy(taken, look.Position, entries.Length, entries, damaged);
        if (look.Position is not null || MirrorFile<TItem>.IsWorthWriting(read.Count, entries.Length))
        {
            Keep(copy);
        }
        return copy;
    }

    /// <summary>Only what may have changed was looked at.</summary>
    private async Task<Copy> ChangedAsync(Copy before, DocumentLook look, long taken)
    {
        if (look.Found.Count + look.Gone.Count == 0)
        {
            return before with { Taken = taken, Position = look.Position };
        }
        var (read, damaged) = await ReadAsync(before, look.Found.Select(found => found.Info));
        var touched = look.Found.Select(found => found.Info.Key).Concat(look.Gone.Select(gone => gone.Key)).ToHashSet(StringComparer.Ordinal);
        read.Sort(_order);
        // Whoever looks again will look often, and does not go through a file each time.
        var known = before.Taken is null ? before.Entries : before.Entries as MirrorEntry<TItem>[] ?? [.. before.Entries];
        var kept = known.Where(entry => !touched.Contains(entry.Key));
        if (!MirrorFile<TItem>.IsWorthWriting(touched.Count(key => !(before.Damaged.ContainsKey(key) && damaged.ContainsKey(key))), before.Count))
        {
            return new(taken, look.Position, before.Count + read.Count, Merge(kept, read), damaged);
        }
        MirrorEntry<TItem>[] entries = [.. Merge(kept, read)];
        var copy = new Copy(taken, look.Position, entries.Length, entries, damaged);
        Keep(copy);
        return copy;
    }

    private async Task<(List<MirrorEntry<TItem>> Read, IReadOnlyDictionary<string, Damage> Damaged)> ReadAsync(Copy before, IEnumerable<DocumentInfo> documents)
    {
        var entries = new ConcurrentBag<MirrorEntry<TItem>>();
        var damaged = new ConcurrentDictionary<string, Damage>(StringComparer.Ordinal);
        await Parallel.ForEachAsync(documents, new ParallelOptions { MaxDegreeOfParallelism = ReadsAtOnce }, async (document, stop) =>
        {
            if (before.Damaged.TryGetValue(document.Key, out var known) && known.ETag == document.ETag)
            {
                damaged[document.Key] = known;
                return;
            }
            try
            {
                // A document that was cleared since it was listed is no longer one.
                if (await reader.ReadAsync<TDocument>(kind, document.Key, kind, stop) is { } state)
                {
                    entries.Add(new(document.Key, document.ETag, project(state)));
                }
            }
            catch (CorruptDocumentException e)
            {
                // One damaged document must not hide all the others.
                damaged[document.Key] = new Damage(document.ETag, e.Message);
            }
        });
        return ([.. entries], damaged);
    }

    private void Keep(Copy copy) => file?.Write(new(copy.Position, copy.Count, copy.Entries, [.. copy.Damaged.Keys]));

    private IEnumerable<MirrorEntry<TItem>> Merge(IEnumerable<MirrorEntry<TItem>> some, List<MirrorEntry<TItem>> others)
    {
        var next = 0;
        foreach (var entry in some)
        {
            for (; next < others.Count && _order.Compare(others[next], entry) < 0; next++)
            {
                yield return others[next];
            }
            yield return entry;
        }
        for (; next < others.Count; next++)
        {
            yield return others[next];
        }
    }

    /// <param name="Taken">When the look at the documents began; null before the first one.</param>
    /// <param name="Position">Where the next look goes on; null looks at everything.</param>
    /// <param name="Count">About how many entries there are.</param>
    /// <param name="Entries">In the order of lists.</param>
    /// <param name="Damaged">What cannot be read, by key.</param>
    private sealed record Copy(
        long? Taken, string? Position, int Count, IEnumerable<MirrorEntry<TItem>> Entries, IReadOnlyDictionary<string, Damage> Damaged);

    private sealed record Damage(string ETag, string Message);
}
