using System.Collections.Concurrent;
using DisBack.Storage;
using DisBack.Storage.Documents;

namespace DisBack.Client;

/// <summary>
/// A copy in memory of what lists show of all documents of a kind. It is brought up to date when it is asked, by listing the documents and reading
/// only those whose ETag has changed; of any number who ask at a time one does the work.
/// </summary>
/// <param name="reader">Reads the documents.</param>
/// <param name="kind">Their grain type, which is also their state name.</param>
/// <param name="project">What to keep of a document.</param>
/// <param name="mostAge">How old a copy may be that is not looked over again.</param>
/// <param name="time">The clock.</param>
/// <param name="file">Keeps the copy for the next process; null if nothing does.</param>
internal sealed class DocumentMirror<TDocument, TItem>(
    DocumentReader reader, string kind, Func<TDocument, TItem> project, TimeSpan mostAge, TimeProvider time, MirrorFile<TItem>? file = null)
    where TDocument : class
{
    private const int ReadsAtOnce = 16;

    /// <summary>Damage is no news: whoever asks for it right after a list need not have all looked over again.</summary>
    private static readonly TimeSpan s_damageAge = TimeSpan.FromSeconds(1);

    private readonly Lock _gate = new();
    private Copy _copy = new(null, new Dictionary<string, Entry>());
    private Task<Copy>? _look;
    private long _lookBegan;
    private long _changed = long.MinValue;

    /// <summary>The documents as they were at most the allowed age ago; those that cannot be read are left out.</summary>
    public async Task<IEnumerable<TItem>> ItemsAsync(CancellationToken cancellation) =>
        (await CopyAsync(mostAge, cancellation)).Entries.Values.OfType<Entry.Read>().Select(entry => entry.Item);

    /// <summary>The keys of those that cannot be read, and what is wrong with them.</summary>
    public async Task<IEnumerable<(string Key, string Message)>> DamagedAsync(CancellationToken cancellation) =>
        from entry in (await CopyAsync(mostAge < s_damageAge ? s_damageAge : mostAge, cancellation)).Entries
        where entry.Value is Entry.Damaged
        select (entry.Key, ((Entry.Damaged)entry.Value).Message);

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
        var reading = before.Taken is null && file is not null ? Task.Run(file.Read) : null;
        var entries = new ConcurrentDictionary<string, Entry>();
        var stale = new List<DocumentInfo>();
        var documents = await reader.FindAllAsync(kind, kind).ToListAsync();
        var kept = reading is null ? null : await reading;
        foreach (var document in documents)
        {
            if (before.Entries.TryGetValue(document.Key, out var known) && known.ETag == document.ETag)
            {
                entries[document.Key] = known;
            }
            else if (kept?.GetValueOrDefault(document.Key) is { } same && same.ETag == document.ETag)
            {
                entries[document.Key] = new Entry.Read(same.ETag, same.Item);
            }
            else
            {
                stale.Add(document);
            }
        }
        await Parallel.ForEachAsync(stale, new ParallelOptions { MaxDegreeOfParallelism = ReadsAtOnce }, async (document, stop) =>
        {
            try
            {
                // A document that was cleared since it was listed is no longer one.
                if (await reader.ReadAsync<TDocument>(kind, document.Key, kind, stop) is { } state)
                {
                    entries[document.Key] = new Entry.Read(document.ETag, project(state));
                }
            }
            catch (CorruptDocumentException e)
            {
                // One damaged document must not hide all the others.
                entries[document.Key] = new Entry.Damaged(document.ETag, e.Message);
            }
        });
        var read = stale.Count(document => entries.GetValueOrDefault(document.Key) is Entry.Read);
        if (file is not null && MirrorFile<TItem>.IsWorthWriting(read, entries.Count))
        {
            file.Write(
                entries.Where(entry => entry.Value is Entry.Read)
                    .ToDictionary(entry => entry.Key, entry => new MirrorEntry<TItem>(entry.Value.ETag, ((Entry.Read)entry.Value).Item)));
        }
        return new Copy(taken, entries);
    }

    private sealed record Copy(long? Taken, IReadOnlyDictionary<string, Entry> Entries);

    private abstract record Entry(string ETag)
    {
        public sealed record Read(string ETag, TItem Item) : Entry(ETag);

        public sealed record Damaged(string ETag, string Message) : Entry(ETag);
    }
}
