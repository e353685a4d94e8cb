using DisBack.Contracts.Documents;
using DisBack.Contracts.Grains;
using DisBack.Storage.Blobs;
using DisBack.Storage.Documents;

namespace DisBack.Orchestration.Ownership;

/// <summary>
/// What the blob store holds of a run beside its document: its curves, and the number of its last attempt once it is deleted. A new run of the same name
/// counts on from there, so that a worker of the deleted one that comes back late is fenced.
/// </summary>
internal sealed class RunRemains(IBlobStore blobs, RunId id, RunCurves curves)
{
    /// <summary>Not the state name of a document, so no list shows it.</summary>
    private readonly string _mark = StateNames.Of(DocumentNames.Service, RunKinds.Of(id.Kind).Document, id.Owner, "deleted");

    /// <summary>The last attempt of the run of this name that was deleted last; 0 if there was none.</summary>
    public async Task<int> LastAttemptAsync() =>
        await blobs.ReadAsync(_mark) is { } mark ? StateDocument.Parse<DeletedRun>(blobs.Location, _mark, mark.Content)?.LastAttempt ?? 0 : 0;

    /// <summary>Deletes all but the document, which is to be cleared after it: while that is there, the deletion can be repeated.</summary>
    /// <param name="lastAttempt">The number of the run's newest attempt; 0 if it never had one.</param>
    public async Task DeleteAsync(int lastAttempt)
    {
        if (lastAttempt > 0)
        {
            await blobs.WriteAsync(_mark, StateDocument.Write(new DeletedRun(lastAttempt)), BlobCondition.None);
        }
        await curves.DeleteAsync();
    }

    private sealed record DeletedRun(int LastAttempt, int SchemaVersion = StateDocument.SchemaVersion);
}
