using System.Collections.Concurrent;
using DisBack.Contracts.Documents;
using DisBack.Contracts.Grains;
using DisBack.Contracts.Queries;
using DisBack.ReadModel.Database;
using DisBack.ReadModel.Documents;
using DisBack.ReadModel.Filters;
using DisBack.ReadModel.Pages;
using DisBack.ReadModel.Tables;
using DisBack.Storage;
using DisBack.Storage.Blobs;
using DisBack.Storage.Documents;
using DuckDB.NET.Data;

namespace DisBack.ReadModel;

/// <summary>
/// What runs, trajectories and teachers look like as tables, made from their documents and brought up to date when it is asked, by reading only those
/// that have changed. It holds nothing that the documents do not have: losing it costs the time to make it again.
/// </summary>
/// <remarks>
/// One process at a time uses a file. Where another one has it for longer than a moment, or where nothing can be written, the tables are made in memory.
/// </remarks>
public sealed class DocumentReadModel : IRowQueries, IDisposable
{
    /// <summary>The name of the file.</summary>
    public const string FileName = "read-model.duckdb";

    private const int ReadsAtOnce = 16;

    /// <summary>Documents whose rows are in memory at a time.</summary>
    private const int BatchSize = 2048;

    private static readonly Dictionary<string, DocumentKind> s_kinds = DocumentKind.All.ToDictionary(kind => kind.Name);
    private static readonly TimeSpan s_lockPause = TimeSpan.FromMilliseconds(10);
    private static readonly TimeSpan s_lockTimeout = TimeSpan.FromSeconds(2);

    private readonly IBlobStore _blobs;
    private readonly DocumentReader _documents;
    private readonly string? _folder;
    private readonly TimeSpan _mostAge;
    private readonly TimeProvider _time;
    private readonly SemaphoreSlim _turn = new(1);
    private ReadModelDatabase? _database;
    private FileStream? _lock;
    private long? _looked;
    private long _version;

    /// <summary>A read model; nothing is read yet.</summary>
    /// <param name="blobs">Where the documents lie.</param>
    /// <param name="folder">Where its file is kept; null keeps it in memory.</param>
    /// <param name="mostAge">How old an answer may be; zero looks every time.</param>
    /// <param name="time">The clock; null is the system's.</param>
    public DocumentReadModel(IBlobStore blobs, string? folder, TimeSpan mostAge = default, TimeProvider? time = null)
    {
        _blobs = blobs;
        _documents = new DocumentReader(blobs, DocumentNames.Service);
        (_folder, _mostAge, _time) = (folder, mostAge, time ?? TimeProvider.System);
    }

    /// <summary>Refuses a filter that rows of a table can never be asked, before there are any.</summary>
    /// <remarks>Keys of specs and metrics have their full names in it, as <c>param.backtracking.batch</c>: which ones there will be nobody knows.</remarks>
    /// <exception cref="DisBackException">There is no such table, or the filter is wrong; the message says where.</exception>
    public static void CheckFilter(string table, string filter) => FilterCheck.Check(PageReader.TableOf(table), filter);

    /// <inheritdoc/>
    public Task<RowPage> QueryAsync(RowQuery query, CancellationToken cancellation = default) => InTurnAsync(database =>
    {
        var page = PageReader.Read(database, query, _time.GetUtcNow());
        var kind = Catalog.Tables.First(table => table.Name == query.Table).Document;
        return page with
        {
            Damaged =
            [
                .. database.Damaged.Where(document => document.Kind == kind).Select(document => document.Damage).OfType<string>()
                    .Order(StringComparer.Ordinal),
            ],
        };
    }, cancellation);

    /// <inheritdoc/>
    public Task<IReadOnlyList<RowTable>> TablesAsync(CancellationToken cancellation = default) => InTurnAsync<IReadOnlyList<RowTable>>(
        database =>
        [
            .. Catalog.Tables.Select(table => new RowTable(table.Name, table.Description, [.. database.ColumnsOf(table).All.Select(column => column.Column)])),
        ],
        cancellation);

    /// <summary>A number that is another one whenever the documents behind the tables have changed; it counts from 0 in each process.</summary>
    public Task<long> VersionAsync(CancellationToken cancellation = default) => InTurnAsync(_ => _version, cancellation);

    /// <summary>Forgets all rows and makes them again from the documents.</summary>
    /// <returns>How many documents were read, and how many of them are damaged.</returns>
    public async Task<(int Documents, int Damaged)> RebuildAsync(CancellationToken cancellation = default)
    {
        await _turn.WaitAsync(cancellation);
        try
        {
            // Lists that are kept elsewhere look at everything again, too.
            await _blobs.ForgetChangesAsync(cancellation);
            Close();
            await OpenAsync(rebuild: true, cancellation);
        }
        finally
        {
            _turn.Release();
        }
        return await InTurnAsync(database => database.Count(), cancellation);
    }

    /// <inheritdoc/>
    public void Dispose()
    {
        Close();
        _turn.Dispose();
    }

    private async Task<T> InTurnAsync<T>(Func<ReadModelDatabase, T> ask, CancellationToken cancellation)
    {
        await _turn.WaitAsync(cancellation);
        try
        {
            var database = _database ?? await OpenAsync(rebuild: false, cancellation);
            if (_looked is not { } looked || _time.GetElapsedTime(looked) >= _mostAge)
            {
                var began = _time.GetTimestamp();
                await RefreshAsync(database, cancellation);
                _looked = began;
            }
            // The engine computes on threads of its own, and this one waits for them.
            return await Task.Run(() => ask(database), cancellation);
        }
        catch (DuckDBException e)
        {
            // What is wrong with the database does not matter: all of it can be made again.
            Close();
            throw new StorageException($"The read model in {_folder ?? "memory"} cannot be used: {e.Message.TrimEnd('.')}; free the disk or memory that it "
                + "needs, or make it again with 'disback query --rebuild'.", e);
        }
        finally
        {
            _turn.Release();
        }
    }

    private async Task<ReadModelDatabase> OpenAsync(bool rebuild, CancellationToken cancellation)
    {
        _lock = await LockAsync(cancellation);
        var file = _lock is null ? null : Path.Combine(_folder!, FileName);
        if (rebuild)
        {
            Delete(file);
        }
        try
        {
            _database = ReadModelDatabase.Open(file);
        }
        catch (DuckDBException) when (file is not null)
        {
            // Another version of the library wrote it, or it is damaged.
            Delete(file);
            _database = ReadModelDatabase.Open(file);
        }
        return _database;
    }

    /// <summary>The right to use the file; null where it cannot be had.</summary>
    private async Task<FileStream?> LockAsync(CancellationToken cancellation)
    {
        if (_folder is null)
        {
            return null;
        }
        try
        {
            Directory.CreateDirectory(_folder);
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            return null;
        }
        var began = _time.GetTimestamp();
        while (true)
        {
            try
            {
                return new FileStream(Path.Combine(_folder, $"{FileName}.lock"), FileMode.OpenOrCreate, FileAccess.ReadWrite, FileShare.None);
            }
            catch (IOException) when (_time.GetElapsedTime(began) < s_lockTimeout)
            {
                await Task.Delay(s_lockPause, _time, cancellation);
            }
            catch (Exception e) when (e is IOException or UnauthorizedAccessException)
            {
                return null;
            }
        }
    }

    private static void Delete(string? file)
    {
        if (file is not null)
        {
            File.Delete(file);
            File.Delete($"{file}.wal");
        }
    }

    private void Close()
    {
        _database?.Dispose();
        _lock?.Dispose();
        (_database, _lock, _looked) = (null, null, null);
    }

    private async Task RefreshAsync(ReadModelDatabase database, CancellationToken cancellation)
    {
        var position = database.Position;
        // What is damaged may have been restored from a copy, of which the store knows nothing.
        var damaged = database.Damaged;
        var look = await _documents.LookAsync(
            [.. DocumentKind.All.Select(kind => kind.Name)], position, [.. damaged.Select(document => (document.Kind, document.Key))], cancellation);
        var (found, gone) = await SearchesOnlyAsync(look, cancellation);
        // Of those that were named only the damaged ones were not changed for certain.
        var known = (look.IsWhole ? database.ReadDocuments() : damaged).ToDictionary(document => document.Name, StringComparer.Ordinal);
        var changed = found.Where(document => known.GetValueOrDefault(NameOf(document))?.ETag != document.Info.ETag).ToList();
        if (look.IsWhole)
        {
            var names = found.Select(NameOf).ToHashSet(StringComparer.Ordinal);
            gone = [.. known.Keys.Where(name => !names.Contains(name))];
        }
        if (changed.Count + gone.Count == 0 && look.Position == position)
        {
            return;
        }
        // Before they are replaced: where that fails halfway, some rows are new already.
        _version += changed.Count + gone.Count > 0 ? 1 : 0;
        var parts = changed.Chunk(BatchSize).DefaultIfEmpty([]).ToList();
        foreach (var (index, part) in parts.Index())
        {
            var isLast = index == parts.Count - 1;
            // Rows are looked for in every table, and a first look finds none.
            var replaced = part.Select(NameOf).Where(name => !look.IsWhole || known.ContainsKey(name)).Concat(isLast ? gone : []).ToList();
            await ReplaceAsync(database, part, replaced, isLast ? look.Position : null, cancellation);
        }
    }

    private static string NameOf((string GrainType, DocumentInfo Info) document) => KnownDocument.NameOf(document.GrainType, document.Info.Key);

    /// <summary>Of a single run there is a sweep too, which says nothing that its trial does not: only sweeps that have pages count.</summary>
    private async Task<(IReadOnlyList<(string GrainType, DocumentInfo Info)> Found, IReadOnlyList<string> Gone)> SearchesOnlyAsync(
        DocumentLook look, CancellationToken cancellation)
    {
        var others = look.Found.Where(document => document.GrainType != DocumentNames.Sweep).ToList();
        var gone = look.Gone.Where(document => document.GrainType != DocumentNames.Sweep)
            .Select(document => KnownDocument.NameOf(document.GrainType, document.Key)).ToList();
        var sweeps = KeysOf(DocumentNames.Sweep).Concat(KeysOf(DocumentNames.SweepPage).Select(GrainKeys.SweepOf)).ToHashSet(StringComparer.Ordinal);
        var searches = sweeps.Count == 0
            ? []
            : await _documents.FindAllAsync(DocumentNames.SweepPage, DocumentNames.SweepPage, cancellation)
                .Select(page => GrainKeys.SweepOf(page.Key)).ToHashSetAsync(StringComparer.Ordinal, cancellation);
        foreach (var sweep in sweeps)
        {
            if (searches.Contains(sweep) && await _documents.FindAsync(DocumentNames.Sweep, sweep, DocumentNames.Sweep, cancellation) is { } info)
            {
                others.Add((DocumentNames.Sweep, info));
            }
            else
            {
                gone.Add(KnownDocument.NameOf(DocumentNames.Sweep, sweep));
            }
        }
        return (others, gone);

        IEnumerable<string> KeysOf(string grainType) => look.Found.Where(document => document.GrainType == grainType).Select(document => document.Info.Key)
            .Concat(look.Gone.Where(document => document.GrainType == grainType).Select(document => document.Key));
    }

    private async Task ReplaceAsync(
        ReadModelDatabase database,
        IReadOnlyCollection<(string GrainType, DocumentInfo Info)> changed,
        IReadOnlyCollection<string> replaced,
        string? position,
        CancellationToken cancellation)
    {
        var batch = new RowBatch();
        var read = new ConcurrentBag<KnownDocument>();
        await Parallel.ForEachAsync(
            changed,
            new ParallelOptions { MaxDegreeOfParallelism = ReadsAtOnce, CancellationToken = cancellation },
            async (document, stop) =>
            {
                var (grainType, (key, etag, _)) = document;
                try
                {
                    if (await s_kinds[grainType].AddAsync(_documents, key, batch, stop))
                    {
                        read.Add(new(grainType, key, etag, null));
                    }
                }
                catch (CorruptDocumentException e)
                {
                    // One damaged document must not hide all the others.
                    read.Add(new(grainType, key, etag, e.Message));
                }
            });
        await Task.Run(() => database.Replace(replaced, read, batch, position), cancellation);
    }
}
