using System.Net.Http.Headers;
using System.Net.Http.Json;
using DisBack.Specs.Files;
using DisBack.Storage;
using DisBack.Storage.Blobs;
using Polly;
using Polly.Retry;

namespace DisBack.Client.Http;

/// <summary>
/// The contents of a cluster as the blobs of a store, so that they are verified, resumed and named in messages by the code that does it for every
/// other store. Only contents: documents and metrics have requests of their own.
/// </summary>
internal sealed class ContentsOverHttp(ClusterHttp http) : IBlobStore
{
    /// <summary>Bytes of a part; a file of more than one is sent in parts, so that a broken upload goes on.</summary>
    internal const int PartBytes = 16 << 20;

    private const int PartsAtOnce = 2;

    /// <summary>How often the parts are sent that are not there when the content is to be made of them.</summary>
    private const int Sendings = 3;

    private const int Resumptions = 5;

    /// <summary>Connections break all at once when a gateway ends, so that the next ones are spread.</summary>
    private static readonly ResiliencePipeline<Reading> s_resumptions = new ResiliencePipelineBuilder<Reading>()
        .AddRetry(new RetryStrategyOptions<Reading>
        {
            ShouldHandle = read => new(read.Outcome.Result.Broken is not null),
            MaxRetryAttempts = Resumptions,
            BackoffType = DelayBackoffType.Exponential,
            Delay = TimeSpan.FromSeconds(0.1),
            UseJitter = true,
        })
        .Build();

    public string Location { get; } = http.Address.AbsoluteUri.TrimEnd('/');

    public Task InitializeAsync(CancellationToken cancellation = default) => Task.CompletedTask;

    public async Task<BlobInfo?> FindAsync(string name, CancellationToken cancellation = default)
    {
        using var response = await FindAsync(HttpMethod.Head, name, null, cancellation);
        return response is null
            ? null
            : new(name, response.Content.Headers.ContentLength ?? 0, response.Content.Headers.LastModified ?? default, response.Headers.ETag?.Tag ?? "");
    }

    public async Task<BlobContent?> ReadAsync(string name, CancellationToken cancellation = default)
    {
        using var response = await FindAsync(HttpMethod.Get, name, null, cancellation);
        return response is null ? null : new(BinaryData.FromBytes(await response.Content.ReadAsByteArrayAsync(cancellation)), response.Headers.ETag?.Tag ?? "");
    }

    public async Task<Stream?> OpenReadAsync(string name, CancellationToken cancellation = default) =>
        await FindAsync(HttpMethod.Get, name, null, cancellation) is { } response ? await response.Content.ReadAsStreamAsync(cancellation) : null;

    /// <summary>Copies a content; where the connection breaks, another one goes on with the rest.</summary>
    public async Task<bool> DownloadAsync(string name, Stream destination, CancellationToken cancellation = default)
    {
        var buffer = new byte[1 << 17];
        var received = 0L;
        var (found, broken) = await s_resumptions.ExecuteAsync(ReadOnAsync, cancellation);
        return broken is null
            ? found
            : throw new ClusterUnavailableException($"The connection to {Location} broke {Resumptions + 1} times in one download; try again later.", broken);

        async ValueTask<Reading> ReadOnAsync(CancellationToken stop)
        {
            using var response = await FindAsync(HttpMethod.Get, name, received == 0 ? null : new RangeHeaderValue(received, null), stop);
            if (response is null)
            {
                return new(false);
            }
            await using var source = await response.Content.ReadAsStreamAsync(stop);
            while (true)
            {
                int count;
                try
                {
                    count = await source.ReadAsync(buffer, stop);
                }
                catch (Exception failure) when (failure is IOException or HttpRequestException && !stop.IsCancellationRequested)
                {
                    return new(true, failure);
                }
                if (count == 0)
                {
                    return new(true);
                }
                // Failures of the destination, a full disk for one, are not the connection's.
                await destination.WriteAsync(buffer.AsMemory(0, count), stop);
                received += count;
            }
        }
    }

    public async Task<string> WriteAsync(string name, BinaryData content, BlobCondition condition, CancellationToken cancellation = default) =>
        await FindAsync(name, content.ToMemory().Length, cancellation)
            ?? await PutAsync(PathOf(name), () => new ReadOnlyMemoryContent(content.ToMemory()), cancellation);

    /// <summary>Stores a content that is not there yet; the gateway proves while it stores, so what is there is what its digest says.</summary>
    public async Task<string> UploadAsync(
        string name, string localFile, BlobCondition condition, bool consume = false, CancellationToken cancellation = default)
    {
        var length = new FileInfo(localFile).Length;
        return await FindAsync(name, length, cancellation)
            ?? (length > PartBytes ? await UploadPartsAsync(PathOf(name), localFile, length, cancellation) : null)
            ?? await PutAsync(PathOf(name), () => new StreamContent(RegularFile.Open(localFile, mayBeEmpty: true)), cancellation);
    }

    public Task<bool> DeleteAsync(string name, BlobCondition condition, CancellationToken cancellation = default) =>
        throw new NotSupportedException("A gateway deletes nothing.");

    public Task<bool> RenewAsync(string name, CancellationToken cancellation = default) =>
        throw new NotSupportedException("A gateway renews nothing.");

    public IAsyncEnumerable<BlobInfo> ListAsync(string prefix, CancellationToken cancellation = default) =>
        throw new NotSupportedException("A gateway lists no contents.");

    public string? LocalPathOf(string name) => null;

    /// <summary>The tag of a content that is there with its length; null if it is not.</summary>
    private async Task<string?> FindAsync(string name, long length, CancellationToken cancellation) =>
        await FindAsync(name, cancellation) is { } there && there.Length == length ? there.ETag : null;

    private async Task<string> PutAsync(string path, Func<HttpContent> body, CancellationToken cancellation)
    {
        using var response = await http.TransferAsync(
            () => new HttpRequestMessage(HttpMethod.Put, path) { Content = body(), Headers = { ExpectContinue = true } }, cancellation);
        return TagOf(response);
    }

    /// <summary>Sends the parts that have not arrived and has the content made of all of them; null with a gateway that knows no parts.</summary>
    private async Task<string?> UploadPartsAsync(string path, string localFile, long length, CancellationToken cancellation)
    {
        if (!await KnowsPartsAsync(path, cancellation))
        {
            return null;
        }
        var transfer = new BlockTransfer(PartBytes, PartsAtOnce);
        for (var sending = 1; ; sending++)
        {
            var there = (await http.GetAsync<ListedParts>($"{path}/parts?length={length}", cancellation)).Parts.ToHashSet();
            var all = await transfer.SendAsync(
                localFile,
                part => there.Contains(part.Content),
                (part, bytes, stop) => PutAsync($"{path}/parts/{part.Content.Digest}", () => new ReadOnlyMemoryContent(bytes), stop),
                cancellation);
            try
            {
                using var response = await http.TransferAsync(
                    () => new HttpRequestMessage(HttpMethod.Post, $"{path}/parts")
                    {
                        Content = JsonContent.Create(new ListedParts([.. all.Select(part => part.Content)]), options: Api.Json),
                    },
                    cancellation);
                return TagOf(response);
            }
            catch (NotFoundException) when (sending < Sendings)
            {
                // Parts that were there are not any more: they were too old, or another sender's.
            }
        }
    }

    /// <summary>Whether the gateway takes parts, which one of version 0.1 does not.</summary>
    private async Task<bool> KnowsPartsAsync(string path, CancellationToken cancellation)
    {
        try
        {
            using var known = await http.TransferAsync(() => new HttpRequestMessage(HttpMethod.Head, $"{path}/parts"), cancellation);
            return true;
        }
        catch (NotFoundException)
        {
            return false;
        }
    }

    private static string TagOf(HttpResponseMessage response) => response.Headers.ETag?.Tag ?? "";

    private async Task<HttpResponseMessage?> FindAsync(HttpMethod method, string name, RangeHeaderValue? range, CancellationToken cancellation)
    {
        try
        {
            return await http.TransferAsync(() => new HttpRequestMessage(method, PathOf(name)) { Headers = { Range = range } }, cancellation);
        }
        catch (NotFoundException)
        {
            return null;
        }
    }

    private static string PathOf(string name) => name.StartsWith(ContentRef.Prefix, StringComparison.Ordinal)
        ? $"contents/{name[(name.LastIndexOf('/') + 1)..]}"
        : throw new StorageException($"'{name}' is not a content; a gateway gives access to contents only.");

    /// <summary>How a reading of a content ended.</summary>
    /// <param name="Found">Whether there is such a content.</param>
    /// <param name="Broken">What broke the connection; null if all was read.</param>
    private readonly record struct Reading(bool Found, Exception? Broken = null);
}
