using System.Text;
using DisBack.Storage.Blobs;

namespace DisBack.Storage.Metrics;

/// <summary>
/// Reads what runs have measured and keeps it in memory, up to a number of bytes, for who asks for another metric of the same runs next. What is kept is used
/// only while a listing of the run's files shows what it showed before it was read.
/// </summary>
/// <param name="blobs">Where the measurements lie.</param>
/// <param name="mostBytes">How much is kept; what was not asked for the longest time goes first.</param>
public sealed class MeasuredRuns(IBlobStore blobs, long mostBytes = MeasuredRuns.UsualBytes)
{
    /// <summary>Ten million measurements, as a hundred runs of ten metrics have.</summary>
    public const long UsualBytes = 256L << 20;

    private readonly MetricReader _reader = new(blobs);
    private readonly Lock _gate = new();
    private readonly Dictionary<string, LinkedListNode<Kept>> _kept = new(StringComparer.Ordinal);
    private readonly LinkedList<Kept> _byUse = [];
    private long _bytes;

    /// <summary>Bytes that are kept now.</summary>
    public long Bytes
    {
        get
        {
            lock (_gate)
            {
                return _bytes;
            }
        }
    }

    /// <summary>What a run has measured; empty if that is nothing.</summary>
    /// <param name="run">The run, as its <see cref="MetricWriter"/> was told.</param>
    /// <param name="cancellation">Stops the reading.</param>
    /// <exception cref="StorageException">The store cannot be used.</exception>
    public async Task<MeasuredRun> ReadAsync(string run, CancellationToken cancellation = default)
    {
        // Before the reading: what is written meanwhile makes another version, and is read the next time.
        var version = await VersionAsync(run, cancellation);
        if (Find(run, version) is { } known)
        {
            return known;
        }
        var measured = await _reader.ReadColumnsAsync(run, cancellation);
        Keep(new Kept(run, version, measured, measured.Bytes));
        return measured;
    }

    private async Task<string> VersionAsync(string run, CancellationToken cancellation)
    {
        var version = new StringBuilder();
        foreach (var file in (await MetricFolders.ListAsync(blobs, run, cancellation)).Values.SelectMany(files => files))
        {
            version.Append(file.Name).Append('\n').Append(file.ETag).Append('\n').Append(file.Length).Append('\n');
        }
        return version.ToString();
    }

    private MeasuredRun? Find(string run, string version)
    {
        lock (_gate)
        {
            if (!_kept.TryGetValue(run, out var node) || node.Value.Version != version)
            {
                return null;
            }
            _byUse.Remove(node);
            _byUse.AddFirst(node);
            return node.Value.Measured;
        }
    }

    private void Keep(Kept measured)
    {
        lock (_gate)
        {
            Drop(_kept.GetValueOrDefault(measured.Run));
            if (measured.Bytes > mostBytes)
            {
                return;
            }
            _kept[measured.Run] = _byUse.AddFirst(measured);
            _bytes += measured.Bytes;
            while (_bytes > mostBytes)
            {
                Drop(_byUse.Last);
            }
        }
    }

    private void Drop(LinkedListNode<Kept>? node)
    {
        if (node is not null)
        {
            _byUse.Remove(node);
            _kept.Remove(node.Value.Run);
            _bytes -= node.Value.Bytes;
        }
    }

    private sealed record Kept(string Run, string Version, MeasuredRun Measured, long Bytes);
}
