using System.Collections.Concurrent;
using DisBack.Contracts.Documents;
using DisBack.Contracts.Grains;
using DisBack.Contracts.Queries;
using DisBack.ReadModel.Database;
using DisBack.ReadModel.Documents;
using DisBack.ReadModel.Pages;
using DisBack.ReadModel.Tables;
using DisBack.Storage;
using DisBack.Storage.Blobs;
using DisBack.Storage.Documents;
using DuckDB.NET.Data;

namespace DisBack.ReadModel;

/// <summary>
/// What runs, trajectories and teachers look like as tables, made from their documents and brought up to date when it is asked, by reading only those
/// whose ETag has changed. It holds nothing that the documents do not have: losing it costs the time to make it again.
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

    private static readonly TimeSpan s_lockPause = TimeSpan.FromMilliseconds(10);
    private static readonly TimeSpan s_lockTimeout = TimeSpan.FromSeconds(2);

    private readonly DocumentReader _documents;
    private readonly string? _folder;
    private readonly TimeSpan _mostAge;
    private readonly TimeProvider _time;
    private readonly SemaphoreSlim _turn = new(1);
    private readonly Dictionary<string, KnownDocument> _known = new(StringComparer.Ordinal);
    private ReadModelDatabase? _database;
    private FileStream? _lock;
    private long? _looked;

    /// <summary>A read model; nothing is read yet.</summary>
    /// <param name="blobs">Where the documents lie.</param>
    /// <param name="folder">Where its file is kept; null keeps it in memory.</param>
    /// <param name="mostAge">How old an answer may be; zero looks every time.</param>
    /// <param name="time">The clock; null is the system's.</param>
    public DocumentReadModel(IBlobStore blobs, string? folder, TimeSpan mostAge = default, TimeProvider? time = null)
    {
        _documents = new DocumentReader(blobs, DocumentNames.Service);
        (_folder, _mostAge, _time) = (folder, mostAge, time ?? TimeProvider.System);
    }

    /// <inheritdoc/>
    public Task<RowPage> QueryAsync(RowQuery query, CancellationToken cancellation = default) => InTurnAsync(database =>
    {
        var page = PageReader.Read(database, query, _time.GetUtcNow());
        var kind = Catalog.Tables.First(table => table.Name == query.Table).Document;
        return page with
        {
            Damaged =
            [
                .. _known.Values.Where(document => document.Kind == kind).Select(document => document.Damage).OfType<string>()
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

    /// <summary>Forgets all rows and makes them again from the documents.</summary>
    /// <returns>How many documents were read, and how many of them are damaged.</returns>
    public async Task<(int Documents, int Damaged)> RebuildAsync(CancellationToken cancellation = default)
    {
        await _turn.WaitAsync(cancellation);
        try
        {
            if (_folder is not null && Directory.Exists(_folder))
            {
                Close();
                await OpenAsync(rebuild: true, cancellation);
            }
        }
        finally
        {
            _turn.Release();
        }
        return await InTurnAsync(_ => (_known.Count, _known.Values.Count(document => document.Damage is not null)), cancellation);
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
        _known.Clear();
        foreach (var document in _database.ReadDocuments())
        {
            _known[document.Name] = document;
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
        _known.Clear();
    }

    private async Task RefreshAsync(ReadModelDatabase database, CancellationToken cancellation)
    {
        var found = new Dictionary<string, (DocumentKind Kind, DocumentInfo Info)>(_known.Count, StringComparer.Ordinal);
        var searches = new HashSet<string>(StringComparer.Ordinal);
        foreach (var kind in DocumentKind.All)
        {
            await foreach (var info in _documents.FindAllAsync(kind.Name, kind.Name, cancellation))
            {
                if (kind.Name == DocumentNames.SweepPage)
                {
                    searches.Add(GrainKeys.SweepOf(info.Key));
                }
                // Of a single run there is a sweep too, which says nothing that its trial does not.
                if (kind.Name != DocumentNames.Sweep || searches.Contains(info.Key))
                {
                    found[KnownDocument.NameOf(kind.Name, info.Key)] = (kind, info);
                }
            }
        }
        var changed = found.Where(document => _known.GetValueOrDefault(document.Key)?.ETag != document.Value.Info.ETag)
            .Select(document => document.Value).ToList();
        var gone = _known.Keys.Where(name => !found.ContainsKey(name)).ToList();
        foreach (var part in changed.Chunk(BatchSize).DefaultIfEmpty([]))
        {
            if (part.Length > 0 || gone.Count > 0)
            {
                await ReplaceAsync(database, part, gone, cancellation);
                gone = [];
            }
        }
    }

    private async Task ReplaceAsync(
        ReadModelDatabase database,
        IReadOnlyCollection<(DocumentKind Kind, DocumentInfo Info)> changed,
        IReadOnlyCollection<string> gone,
        CancellationToken cancellation)
    {
        var batch = new RowBatch();
        var read = new ConcurrentBag<KnownDocument>();
        await Parallel.ForEachAsync(
            changed,
            new ParallelOptions { MaxDegreeOfParallelism = ReadsAtOnce, CancellationToken = cancellation },
            async (document, stop) =>
            {
                var (kind, (key, etag, _)) = document;
                try
                {
                    if (await kind.AddAsync(_documents, key, batch, stop))
                    {
                        read.Add(new(kind.Name, key, etag, null));
                    }
                }
                catch (CorruptDocumentException e)
                {
                    // One damaged document must not hide all the others.
                    read.Add(new(kind.Name, key, etag, e.Message));
                }
            });
        var replaced = changed.Select(document => KnownDocument.NameOf(document.Kind.Name, document.Info.Key)).Where(_known.ContainsKey).Concat(gone).ToList();
        await Task.Run(() => database.Replace(replaced, read, batch), cancellation);
        foreach (var name in replaced)
        {
            _known.Remove(name);
        }
        foreach (var document in read)
        {
            _known[document.Name] = document;
        }
    }
}
