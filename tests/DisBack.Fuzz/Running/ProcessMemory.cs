using System.Globalization;
using System.Text;

namespace DisBack.Fuzz.Running;

/// <summary>
/// The peak of this process's memory, which holds managed and native memory and never falls. Growth within one input is that input's, or the garbage of
/// others that was not collected yet.
/// </summary>
internal sealed class ProcessMemory : IDisposable
{
    private readonly FileStream _status = new("/proc/self/status", FileMode.Open, FileAccess.Read, FileShare.ReadWrite, bufferSize: 0);
    private readonly byte[] _text = new byte[8192];

    /// <summary>Bytes.</summary>
    public long Peak()
    {
        _status.Position = 0;
        var text = _text.AsSpan(0, _status.Read(_text));
        var line = text[(text.IndexOf("VmHWM:"u8) + "VmHWM:"u8.Length)..];
        return 1024 * long.Parse(Encoding.ASCII.GetString(line[..line.IndexOf("kB"u8)]).Trim(), CultureInfo.InvariantCulture);
    }

    public void Dispose() => _status.Dispose();
}
