using System.Runtime.CompilerServices;
using DisBack.Storage.Blobs;

namespace DisBack.Fuzz.Readers;

/// <summary>A store of one blob, whose bytes are exchanged.</summary>
internal sealed class OneBlob(string name) : IBlobStore
{
    private long _version;
    private BinaryData _content = new([]);

    public string Location => "memory";

    public void Set(byte[] bytes) => (_content, _version) = (BinaryData.FromBytes(bytes), _version + 1);

    public Task InitializeAsync(CancellationToken cancellation = default) => Task.CompletedTask;

    public Task<BlobInfo?> FindAsync(string name, CancellationToken cancellation = default) => Task.FromResult(name == Info.Name ? Info : null);

    public Task<BlobContent?> ReadAsync(string name, CancellationToken cancellation = default) =>
        Task.FromResult(name == Info.Name ? new BlobContent(_content, Info.ETag) : null);

    public Task<Stream?> OpenReadAsync(string name, CancellationToken cancellation = default) =>
        Task.FromResult(name == Info.Name ? _content.ToStream() : null);

    public async IAsyncEnumerable<BlobInfo> ListAsync(string prefix, [EnumeratorCancellation] CancellationToken cancellation = default)
    {
        await Task.CompletedTask;
        if (Info.Name.StartsWith(prefix, StringComparison.Ordinal))
        {
            yield return Info;
        }
    }

    public Task<bool> DownloadAsync(string name, Stream destination, CancellationToken cancellation = default) => throw new NotSupportedException();

    public Task<string> WriteAsync(string name, BinaryData content, BlobCondition condition, CancellationToken cancellation = default) =>
        throw new NotSupportedException();

    public Task<string> UploadAsync(string name, string localFile, BlobCondition condition, bool consume = false, CancellationToken cancellation = default) =>
        throw new NotSupportedException();

    public Task<bool> DeleteAsync(string name, BlobCondition condition, CancellationToken cancellation = default) => throw new NotSupportedException();

    public Task<bool> RenewAsync(string name, CancellationToken cancellation = default) => throw new NotSupportedException();

    public string? LocalPathOf(string name) => null;

    private BlobInfo Info => new(name, _content.ToMemory().Length, default, _version.ToString(System.Globalization.CultureInfo.InvariantCulture));
}
