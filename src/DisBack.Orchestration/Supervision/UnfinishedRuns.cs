using System.Runtime.CompilerServices;
using DisBack.Contracts.Documents;
using DisBack.Contracts.Grains;
using DisBack.Storage.Blobs;
using DisBack.Storage.Documents;

namespace DisBack.Orchestration.Supervision;

/// <summary>
/// Which runs and sweeps may be unfinished: an empty blob for each, so that a start and an audit read as many documents as there are such runs, however
/// many have settled in the same store.
/// </summary>
/// <remarks>
/// A mark is written before the document that makes it true and deleted after the one that makes it false. Its ETag guards the deletion: whoever marks
/// the run again meanwhile is not undone.
/// </remarks>
/// <param name="blobs">Where the marks lie: <c>unfinished/{grain type}/{escaped key}</c>.</param>
internal sealed class UnfinishedRuns(IBlobStore blobs)
{
    private const string Folder = "unfinished/";
    private const string AuditRecord = Folder + "audit.json";

    private static readonly string s_sweeps = $"{Folder}{DocumentNames.Sweep}/";
    private static readonly string s_drawings = $"{Folder}{DocumentNames.Drawing}/";

    /// <summary>Marks a run.</summary>
    /// <returns>The ETag of its mark.</returns>
    public Task<string> MarkAsync(RunId run, CancellationToken cancellation = default) =>
        blobs.WriteAsync(NameOf(run), BinaryData.Empty, BlobCondition.None, cancellation);

    /// <summary>Deletes the mark of a run that has settled, unless it was marked again.</summary>
    /// <param name="run">The run.</param>
    /// <param name="mark">The ETag of the mark.</param>
    /// <param name="cancellation">Stops it.</param>
    public async Task UnmarkAsync(RunId run, string mark, CancellationToken cancellation = default)
    {
        try
        {
            await blobs.DeleteAsync(NameOf(run), BlobCondition.Unchanged(mark), cancellation);
        }
        catch (BlobConflictException)
        {
            // Marked again, or unmarked by somebody else.
        }
    }

    /// <summary>Marks a sweep that has trials to begin.</summary>
    /// <returns>The ETag of its mark.</returns>
    public Task<string> MarkSweepAsync(string sweep, CancellationToken cancellation = default) =>
        blobs.WriteAsync(s_sweeps + Uri.EscapeDataString(sweep), BinaryData.Empty, BlobCondition.None, cancellation);

    /// <summary>Deletes the mark of a sweep that has settled.</summary>
    public Task UnmarkSweepAsync(string sweep, CancellationToken cancellation = default) =>
        blobs.DeleteAsync(s_sweeps + Uri.EscapeDataString(sweep), BlobCondition.None, cancellation);

    /// <summary>The sweeps that are marked.</summary>
    public IAsyncEnumerable<string> ListSweepsAsync(CancellationToken cancellation = default) =>
        blobs.ListAsync(s_sweeps, cancellation).Select(found => Uri.UnescapeDataString(found.Name[s_sweeps.Length..]));

    /// <summary>Marks a drawing: it is waited for until it has settled, and then until it has expired.</summary>
    public Task MarkDrawingAsync(string id, CancellationToken cancellation = default) =>
        blobs.WriteAsync(s_drawings + id, BinaryData.Empty, BlobCondition.None, cancellation);

    /// <summary>Deletes the mark of a drawing that has expired.</summary>
    public Task UnmarkDrawingAsync(string id, CancellationToken cancellation = default) =>
        blobs.DeleteAsync(s_drawings + id, BlobCondition.None, cancellation);

    /// <summary>The drawings that are marked.</summary>
    public IAsyncEnumerable<string> ListDrawingsAsync(CancellationToken cancellation = default) =>
        blobs.ListAsync(s_drawings, cancellation).Select(found => found.Name[s_drawings.Length..]);

    /// <summary>The runs that are marked.</summary>
    public async IAsyncEnumerable<(RunId Run, string Mark, DateTimeOffset Written)> ListAsync([EnumeratorCancellation] CancellationToken cancellation = default)
    {
        foreach (var kind in RunKinds.All)
        {
            var prefix = FolderOf(kind.Kind);
            await foreach (var found in blobs.ListAsync(prefix, cancellation))
            {
                yield return (new RunId(kind.Kind, Uri.UnescapeDataString(found.Name[prefix.Length..])), found.ETag, found.LastModified);
            }
        }
    }

    /// <summary>The last complete audit of all documents; null if there was none, as in the data of a version without marks.</summary>
    public async Task<DocumentAudit?> LastAuditAsync(CancellationToken cancellation = default) =>
        await blobs.ReadAsync(AuditRecord, cancellation) is { } record
            ? StateDocument.Parse<DocumentAudit>(blobs.Location, AuditRecord, record.Content)
            : null;

    /// <summary>Every document that was written before is either settled or marked.</summary>
    public Task AuditedAsync(DocumentAudit audit, CancellationToken cancellation = default) =>
        blobs.WriteAsync(AuditRecord, StateDocument.Write(audit), BlobCondition.None, cancellation);

    private static string NameOf(RunId run) => FolderOf(run.Kind) + Uri.EscapeDataString(run.Owner);

    private static string FolderOf(RunKind kind) => $"{Folder}{RunKinds.Of(kind).Document}/";
}

/// <summary>A complete audit of all documents.</summary>
/// <param name="Began">When it began.</param>
/// <param name="Position">Where the next one goes on; null looks at everything.</param>
/// <param name="SchemaVersion">Version of this record's form.</param>
internal sealed record DocumentAudit(DateTimeOffset Began, string? Position = null, int SchemaVersion = StateDocument.SchemaVersion);
