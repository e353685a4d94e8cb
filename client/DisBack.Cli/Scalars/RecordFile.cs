using System.Buffers;
using Microsoft.Win32.SafeHandles;

namespace DisBack.Cli.Scalars;

/// <summary>A new file that only ever holds whole records, also while it grows under the eyes of its readers.</summary>
internal sealed class RecordFile : IDisposable
{
    private const int BufferBytes = 1 << 20;

    private readonly ArrayBufferWriter<byte> _unwritten = new(BufferBytes);
    private readonly SafeFileHandle _file;
    private long _length;

    /// <param name="path">Where it is; nothing may be there.</param>
    public RecordFile(string path) => _file = File.OpenHandle(path, FileMode.CreateNew, FileAccess.Write);

    /// <summary>Adds a record.</summary>
    public void Append(ReadOnlySpan<byte> record)
    {
        _unwritten.Write(record);
        if (_unwritten.WrittenCount >= BufferBytes)
        {
            Flush();
        }
    }

    /// <summary>Writes what was added.</summary>
    public void Flush()
    {
        try
        {
            RandomAccess.Write(_file, _unwritten.WrittenSpan, _length);
        }
        catch (IOException)
        {
            // The disk was full in the middle of a record.
            RandomAccess.SetLength(_file, _length);
            throw;
        }
        _length += _unwritten.WrittenCount;
        _unwritten.ResetWrittenCount();
    }

    /// <summary>Closes the file; what was not flushed is not in it.</summary>
    public void Dispose() => _file.Dispose();
}
