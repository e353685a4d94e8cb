using DisBack.Storage.Blobs;
using DisBack.Storage.Documents;
using Microsoft.Extensions.Logging;
using Microsoft.Extensions.Options;
using Orleans.Configuration;
using Orleans.Serialization.Serializers;
using Orleans.Storage;

namespace DisBack.GrainStorage;

/// <summary>Grain state as one small JSON blob per state, guarded by the blob's ETag.</summary>
/// <remarks>
/// A write whose answer was lost leaves the activation with a stale ETag: its next write conflicts, Orleans recycles the activation, and the
/// new one reads what was really stored. Nothing here retries around a conflict, because that would undo the guard. src/README.md says why it is not Orleans'
/// own provider for Azure.
/// </remarks>
internal sealed partial class BlobGrainStorage(
    string name,
    BlobGrainStorageOptions options,
    IBlobStore blobs,
    IOptions<ClusterOptions> cluster,
    IActivatorProvider activators,
    ILogger<BlobGrainStorage> logger)
    : IGrainStorage, ILifecycleParticipant<ISiloLifecycle>
{
    public void Participate(ISiloLifecycle observer) => observer.Subscribe(
        $"{nameof(BlobGrainStorage)}-{name}", options.InitStage, blobs.InitializeAsync);

    public Task ReadStateAsync<T>(string stateName, GrainId grainId, IGrainState<T> grainState) =>
        ReadStateAsync(stateName, grainId, grainState, CancellationToken.None);

    public async Task ReadStateAsync<T>(string stateName, GrainId grainId, IGrainState<T> grainState, CancellationToken cancellationToken)
    {
        var blobName = NameOf(stateName, grainId);
        var stored = await blobs.ReadAsync(blobName, cancellationToken);
        if (stored is null)
        {
            Reset(grainState);
        }
        else
        {
            Set(grainState, StateDocument.Parse<T>(blobs.Location, blobName, stored.Content) ?? Fresh<T>(), stored.ETag);
        }
    }

    public Task WriteStateAsync<T>(string stateName, GrainId grainId, IGrainState<T> grainState) =>
        WriteStateAsync(stateName, grainId, grainState, CancellationToken.None);

    public async Task WriteStateAsync<T>(string stateName, GrainId grainId, IGrainState<T> grainState, CancellationToken cancellationToken)
    {
        var blobName = NameOf(stateName, grainId);
        var document = StateDocument.Write(grainState.State);
        if (document.ToMemory().Length > options.WarnAboveBytes)
        {
            LogLargeDocument(blobName, document.ToMemory().Length, options.WarnAboveBytes);
        }
        var condition = grainState.ETag is { } etag ? BlobCondition.Unchanged(etag) : BlobCondition.Missing;
        try
        {
            var written = await blobs.WriteAsync(blobName, document, condition, cancellationToken);
            Set(grainState, grainState.State!, written);
        }
        catch (BlobConflictException e)
        {
            throw Inconsistent("written", e, grainState.ETag);
        }
    }

    public Task ClearStateAsync<T>(string stateName, GrainId grainId, IGrainState<T> grainState) =>
        ClearStateAsync(stateName, grainId, grainState, CancellationToken.None);

    public async Task ClearStateAsync<T>(string stateName, GrainId grainId, IGrainState<T> grainState, CancellationToken cancellationToken)
    {
        var blobName = NameOf(stateName, grainId);
        try
        {
            if (grainState.ETag is { } etag)
            {
                await blobs.DeleteAsync(blobName, BlobCondition.Unchanged(etag), cancellationToken);
            }
            else if (await blobs.FindAsync(blobName, cancellationToken) is { } stored)
            {
                throw new BlobConflictException(blobName, null, stored.ETag);
            }
        }
        catch (BlobConflictException e)
        {
            throw Inconsistent("cleared", e, grainState.ETag);
        }
        Reset(grainState);
    }

    private string NameOf(string stateName, GrainId grainId) =>
        StateNames.Of(cluster.Value.ServiceId, grainId.Type.ToString()!, grainId.Key.ToString()!, stateName);

    private T Fresh<T>() => activators.GetActivator<T>().Create();

    private void Reset<T>(IGrainState<T> grainState) => (grainState.State, grainState.ETag, grainState.RecordExists) = (Fresh<T>(), null, false);

    private static void Set<T>(IGrainState<T> grainState, T state, string etag) =>
        (grainState.State, grainState.ETag, grainState.RecordExists) = (state, etag, true);

    private static InconsistentStateException Inconsistent(string action, BlobConflictException conflict, string? currentETag) => new(
        $"The document '{conflict.Name}' could not be {action}: another activation of the grain changed it first; this activation is recycled "
            + "and reads it anew.",
        conflict.StoredETag ?? "unknown",
        currentETag ?? "none",
        conflict);

    [LoggerMessage(
        Level = LogLevel.Warning,
        Message = "The document '{Blob}' has {Bytes} bytes, more than {Limit}; each write rewrites all of it, so page what grows.")]
    private partial void LogLargeDocument(string blob, int bytes, int limit);
}
