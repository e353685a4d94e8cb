using System.Runtime.CompilerServices;
using Azure;
using Azure.Identity;
using Azure.Storage;
using Azure.Storage.Blobs;
using Azure.Storage.Blobs.Models;
using Azure.Storage.Blobs.Specialized;

namespace DisBack.Storage.Blobs;

/// <summary>Blobs in one container of Azure Blob Storage, or of the Azurite emulator.</summary>
/// <remarks>
/// A file of more than one block stages its blocks in parallel and becomes visible with one conditional commit. What an interrupted upload staged stays
/// invisible, and whoever uploads the same bytes under the same name within a week goes on with it. Retries are the SDK's. A conditional write whose answer
/// was lost may therefore report a conflict although it was applied: callers re-read, as they must after any conflict.
/// </remarks>
/// <param name="container">The container, with its credential.</param>
/// <param name="options">How bytes are transferred.</param>
public sealed class AzureBlobStore(BlobContainerClient container, AzureBlobOptions? options = null) : IBlobStore
{
    /// <summary>How often an upload begins whose staged blocks are gone when they are to be committed.</summary>
    private const int Beginnings = 3;

    private readonly long _blockBytes = (options ?? new()).BlockBytes;
    private readonly BlockTransfer _blocks = new((options ?? new()).BlockBytes, (options ?? new()).Concurrency);

    private readonly StorageTransferOptions _transfer = new()
    {
        MaximumTransferSize = (options ?? new()).BlockBytes,
        InitialTransferSize = (options ?? new()).BlockBytes,
        MaximumConcurrency = (options ?? new()).Concurrency,
    };

    private readonly UploadTransferValidationOptions _uploadValidation = new()
    {
        ChecksumAlgorithm = (options ?? new()).TransferValidation switch
        {
            TransferValidation.Md5 => StorageChecksumAlgorithm.MD5,
            TransferValidation.Crc64 => StorageChecksumAlgorithm.StorageCrc64,
            _ => StorageChecksumAlgorithm.None,
        },
    };

    /// <inheritdoc/>
    public string Location { get; } = container.Uri.GetLeftPart(UriPartial.Path);

    /// <inheritdoc/>
    public Task InitializeAsync(CancellationToken cancellation = default) => Guard("open the container", container.Name, async () =>
    {
        // Looking first lets an identity that may not create containers use one that exists.
        if (!await container.ExistsAsync(cancellation))
        {
            await container.CreateIfNotExistsAsync(cancellationToken: cancellation);
        }
        return true;
    });

    /// <inheritdoc/>
    public Task<BlobInfo?> FindAsync(string name, CancellationToken cancellation = default) => GuardMissing("look up", name, async blob =>
    {
        BlobProperties found = await blob.GetPropertiesAsync(cancellationToken: cancellation);
        return new BlobInfo(name, found.ContentLength, found.LastModified, found.ETag.ToString());
    });

    /// <inheritdoc/>
    public Task<BlobContent?> ReadAsync(string name, CancellationToken cancellation = default) => GuardMissing("read", name, async blob =>
    {
        BlobDownloadResult read = await blob.DownloadContentAsync(cancellation);
        return new BlobContent(read.Content, read.Details.ETag.ToString());
    });

    /// <inheritdoc/>
    public Task<Stream?> OpenReadAsync(string name, CancellationToken cancellation = default) =>
        GuardMissing("open", name, blob => blob.OpenReadAsync(new BlobOpenReadOptions(allowModifications: false), cancellation));

    /// <inheritdoc/>
    public async Task<bool> DownloadAsync(
        string name,
        Stream destination,
        CancellationToken cancellation = default) => await GuardMissing("download", name, async blob =>
    {
        using var response = await blob.DownloadToAsync(destination, new BlobDownloadToOptions { TransferOptions = _transfer }, cancellation);
        return string.Empty;
    }) is not null;

    /// <inheritdoc/>
    public Task<string> WriteAsync(string name, BinaryData content, BlobCondition condition, CancellationToken cancellation = default) =>
        GuardCondition("write", name, condition, async (blob, conditions) =>
        {
            BlobContentInfo written = await blob.UploadAsync(content, Upload(conditions), cancellation);
            return written.ETag.ToString();
        });

    /// <inheritdoc/>
    public async Task<string> UploadAsync(
        string name,
        string localFile,
        BlobCondition condition,
        bool consume = false,
        CancellationToken cancellation = default)
    {
        if (!File.Exists(localFile))
        {
            throw new StorageException($"The file '{localFile}' does not exist, so it cannot be stored as '{name}'; check the path.");
        }
        var etag = await UploadAsync(name, localFile, condition, cancellation);
        if (consume)
        {
            File.Delete(localFile);
        }
        return etag;
    }

    /// <inheritdoc/>
    public Task<bool> DeleteAsync(string name, BlobCondition condition, CancellationToken cancellation = default) =>
        GuardCondition("delete", name, condition, async (blob, conditions) =>
        {
            try
            {
                await blob.DeleteAsync(DeleteSnapshotsOption.IncludeSnapshots, conditions, cancellation);
                return true;
            }
            catch (RequestFailedException e) when (e.Status == 404 && condition.ETag is null)
            {
                return false;
            }
        });

    /// <inheritdoc/>
    /// <remarks>Writing the metadata, of which there is none, is the one change that leaves the bytes where they are.</remarks>
    public async Task<bool> RenewAsync(string name, CancellationToken cancellation = default) => await GuardMissing("renew", name, async blob =>
    {
        await blob.SetMetadataAsync(new Dictionary<string, string>(), cancellationToken: cancellation);
        return string.Empty;
    }) is not null;

    /// <inheritdoc/>
    public async IAsyncEnumerable<BlobInfo> ListAsync(string prefix, [EnumeratorCancellation] CancellationToken cancellation = default)
    {
        await using var blobs = container
            .GetBlobsAsync(BlobTraits.None, BlobStates.None, prefix, cancellation)
            .GetAsyncEnumerator(cancellation);
        while (await Guard("list", prefix, async () => await blobs.MoveNextAsync()))
        {
            var (name, found) = (blobs.Current.Name, blobs.Current.Properties);
            yield return new BlobInfo(name, found.ContentLength ?? 0, found.LastModified ?? default, found.ETag?.ToString("H") ?? "");
        }
    }

    /// <inheritdoc/>
    public string? LocalPathOf(string name) => null;

    private async Task<string> UploadAsync(string name, string localFile, BlobCondition condition, CancellationToken cancellation)
    {
        for (var beginning = 1; ; beginning++)
        {
            if (condition.MustBeMissing && await FindAsync(name, cancellation) is { } there)
            {
                throw new BlobConflictException(name, null, there.ETag);
            }
            try
            {
                return await GuardCondition("upload", name, condition, async (blob, conditions) =>
                {
                    BlobContentInfo written = new FileInfo(localFile).Length <= _blockBytes
                        ? await blob.UploadAsync(localFile, Upload(conditions), cancellation)
                        : await UploadBlocksAsync(container.GetBlockBlobClient(name), localFile, conditions, cancellation);
                    return written.ETag.ToString();
                });
            }
            catch (StorageException e) when (
                beginning < Beginnings && e.InnerException is RequestFailedException refused && refused.ErrorCode == BlobErrorCode.InvalidBlockList)
            {
                // Somebody else wrote the blob in other blocks meanwhile, and with that the service has dropped these.
            }
        }
    }

    private async Task<BlobContentInfo> UploadBlocksAsync(
        BlockBlobClient blob, string localFile, BlobRequestConditions conditions, CancellationToken cancellation)
    {
        var staged = await new AzureBlocks(blob).FindAsync(cancellation);
        var stage = new BlockBlobStageBlockOptions { TransferValidation = _uploadValidation };
        var blocks = await _blocks.SendAsync(
            localFile,
            block => staged.Contains(AzureBlocks.NameOf(block)),
            (block, bytes, stop) => blob.StageBlockAsync(AzureBlocks.NameOf(block), BinaryData.FromBytes(bytes).ToStream(), stage, stop),
            cancellation);
        return await blob.CommitBlockListAsync(blocks.Select(AzureBlocks.NameOf), new CommitBlockListOptions { Conditions = conditions }, cancellation);
    }

    private BlobUploadOptions Upload(BlobRequestConditions conditions) => new()
    {
        Conditions = conditions,
        TransferOptions = _transfer,
        TransferValidation = _uploadValidation,
    };

    private async Task<T?> GuardMissing<T>(string action, string name, Func<BlobClient, Task<T>> call)
        where T : class
    {
        BlobNames.Check(name);
        return await Guard(action, name, async () =>
        {
            try
            {
                return await call(container.GetBlobClient(name));
            }
            catch (RequestFailedException e) when (e.ErrorCode == BlobErrorCode.BlobNotFound || (e.Status == 404 && e.ErrorCode is null))
            {
                return null;
            }
        });
    }

    private async Task<T> GuardCondition<T>(string action, string name, BlobCondition condition, Func<BlobClient, BlobRequestConditions, Task<T>> call)
    {
        BlobNames.Check(name);
        var conditions = new BlobRequestConditions
        {
            IfNoneMatch = condition.MustBeMissing ? ETag.All : null,
            IfMatch = condition.ETag is null ? null : new ETag(condition.ETag),
        };
        try
        {
            return await Guard(action, name, () => call(container.GetBlobClient(name), conditions));
        }
        catch (StorageException e) when (e.InnerException is RequestFailedException refused && IsConflict(refused, condition))
        {
            throw new BlobConflictException(name, condition.ETag, inner: refused);
        }
    }

    /// <summary>The service answers a lost race with 412, but a lost creation with 409, and a change to a deleted blob with 404.</summary>
    private static bool IsConflict(RequestFailedException refused, BlobCondition condition) =>
        refused.Status == 412
        || (refused.Status == 409 && refused.ErrorCode == BlobErrorCode.BlobAlreadyExists)
        || (refused.Status == 404 && condition.ETag is not null && refused.ErrorCode != BlobErrorCode.ContainerNotFound);

    private async Task<T> Guard<T>(string action, string name, Func<Task<T>> call)
    {
        try
        {
            return await call();
        }
        catch (RequestFailedException e)
        {
            throw new StorageException($"The blob store at {Location} refused to {action} '{name}' ({e.Status} {e.ErrorCode}); check the container, the "
                + "credential and its permissions.", e);
        }
        catch (AuthenticationFailedException e)
        {
            throw new StorageException($"No credential for the blob store at {Location} could be obtained to {action} '{name}'; sign in, assign an identity, "
                + "or configure a connection string.", e);
        }
        catch (AggregateException e) when (e.InnerExceptions.All(inner => inner is RequestFailedException or IOException or TaskCanceledException))
        {
            throw new StorageException(
                $"The blob store at {Location} could not be reached to {action} '{name}'; check the network and that the service runs.",
                e);
        }
    }
}
