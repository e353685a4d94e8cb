using System.Security.Cryptography;
using DisBack.Storage.Local;

namespace DisBack.Storage.Content;

/// <summary>
/// A file that is hashed while it is written and appears under its name, whole and durable, with <see cref="Commit"/>; disposed without one
/// it leaves nothing behind.
/// </summary>
public sealed class HashingFileStream : Stream
{
    private readonly IncrementalHash _hash = IncrementalHash.CreateHash(HashAlgorithmName.SHA256);
    private readonly FileStream _file;
    private readonly string _path;
    private readonly string _temporary;
    private long _written;
    private bool _committed;

    /// <summary>Opens a temporary file beside <paramref name="path"/>, whose folder is created if needed.</summary>
    /// <exception cref="StorageException">The folder cannot be written to, or is full.</exception>
    public HashingFileStream(string path)
    {
        _path = Path.GetFullPath(path);
        var folder = Path.GetDirectoryName(_path)!;
        _temporary = Path.Combine(folder, $"~{Guid.NewGuid():n}");
        _file = Guarded(() =>
        {
            DurableFile.CreateDirectory(folder);
            return new FileStream(_temporary, FileMode.CreateNew, FileAccess.Write, FileShare.Read | FileShare.Delete, bufferSize: 1 << 16);
        });
    }

    /// <inheritdoc/>
    public override bool CanRead => false;

    /// <inheritdoc/>
    public override bool CanSeek => false;

    /// <inheritdoc/>
    public override bool CanWrite => true;

    /// <summary>Bytes written so far.</summary>
    public override long Length => _written;

    /// <summary>Bytes written so far; cannot be set.</summary>
    public override long Position { get => _written; set => throw new NotSupportedException(); }

    /// <summary>Makes the bytes durable and gives the file its name, replacing a file of that name.</summary>
    /// <returns>The address of what was written.</returns>
    public ContentRef Commit()
    {
        var content = Digest();
        Guarded(() =>
        {
            _file.Flush(flushToDisk: true);
            File.Move(_temporary, _path, overwrite: true);
            _committed = true;
            DurableFile.SyncDirectory(Path.GetDirectoryName(_path)!);
            return true;
        });
        return content;
    }

    /// <summary>The address of the bytes so far.</summary>
    public ContentRef Digest() => new(Convert.ToHexStringLower(_hash.GetCurrentHash()), _written);

    /// <inheritdoc/>
    public override void Write(ReadOnlySpan<byte> buffer)
    {
        _hash.AppendData(buffer);
        try
        {
            _file.Write(buffer);
        }
        catch (IOException e)
        {
            throw Explain(e);
        }
        _written += buffer.Length;
    }

    /// <inheritdoc/>
    public override void Write(byte[] buffer, int offset, int count) => Write(buffer.AsSpan(offset, count));

    /// <inheritdoc/>
    public override async ValueTask WriteAsync(ReadOnlyMemory<byte> buffer, CancellationToken cancellationToken = default)
    {
        _hash.AppendData(buffer.Span);
        try
        {
            await _file.WriteAsync(buffer, cancellationToken);
        }
        catch (IOException e)
        {
            throw Explain(e);
        }
        _written += buffer.Length;
    }

    /// <inheritdoc/>
    public override Task WriteAsync(byte[] buffer, int offset, int count, CancellationToken cancellationToken) =>
        WriteAsync(buffer.AsMemory(offset, count), cancellationToken).AsTask();

    /// <inheritdoc/>
    public override void Flush()
    {
        // Only Commit makes bytes durable; flushing halfway would cost an fsync and promise nothing.
    }

    /// <inheritdoc/>
    public override int Read(byte[] buffer, int offset, int count) => throw new NotSupportedException();

    /// <inheritdoc/>
    public override long Seek(long offset, SeekOrigin origin) => throw new NotSupportedException();

    /// <inheritdoc/>
    public override void SetLength(long value) => throw new NotSupportedException();

    /// <inheritdoc/>
    protected override void Dispose(bool disposing)
    {
        if (disposing)
        {
            try
            {
                _file.Dispose();
            }
            catch (IOException) when (!_committed)
            {
                // The buffered rest did not fit on a full disk; the file is being given up, and its write already failed or never mattered.
            }
            if (!_committed)
            {
                File.Delete(_temporary);
            }
            _hash.Dispose();
        }
        base.Dispose(disposing);
    }

    private T Guarded<T>(Func<T> work)
    {
        try
        {
            return work();
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            throw Explain(e);
        }
    }

    private StorageException Explain(Exception e) => DurableFile.IsDiskFull(e)
        ? DurableFile.DiskFull(Path.GetDirectoryName(_path)!, $"'{Path.GetFileName(_path)}'", _written, e)
        : new StorageException($"The file '{_path}' cannot be written: {e.Message.TrimEnd('.')}; check the folder's permissions.", e);
}
