using System.Text.Json;
using DisBack.Storage.Blobs;

namespace DisBack.Storage.Metrics;

/// <summary>Reads what all attempts of a run wrote and merges it into one history; deletes it with its run.</summary>
/// <param name="blobs">Where chunks lie.</param>
public sealed class MetricReader(IBlobStore blobs)
{
    /// <summary>
    /// The history of a run; empty if it wrote nothing. An attempt's points count up to the step at which a later attempt resumed: what came
    /// after was computed again. A line that is damaged, other than a torn last one, is left out and named in <see cref="MetricHistory.Damage"/>: curves are
    /// for people, and a run is not less complete without a part of them.
    /// </summary>
    public async Task<MetricHistory> ReadAsync(string run, CancellationToken cancellation = default)
    {
        var attempts = new SortedDictionary<int, Attempt>();
        var damage = new List<string>();
        // Names sort by attempt and sequence, so chunks arrive in the order they were written.
        await foreach (var chunk in blobs.ListAsync(ChunkNames.Prefix(run), cancellation))
        {
            if (ChunkNames.IsChunk(run, chunk.Name) && await blobs.ReadAsync(chunk.Name, cancellation) is { } blob)
            {
                if (Parse(blob.Content, attempts) is { } line)
                {
                    damage.Add(
                        $"The metric chunk '{chunk.Name}' in {blobs.Location} is damaged at line {line}; what cannot be read is left out of the curves.");
                }
            }
        }

        var points = new List<MetricPoint>();
        var events = new List<AttemptEvent>();
        var lastStep = long.MaxValue;
        foreach (var (number, attempt) in attempts.Reverse())
        {
            points.InsertRange(0, attempt.Points.Where(point => point.Step <= lastStep));
            events.InsertRange(0, attempt.Events.Select(happened => new AttemptEvent(number, happened.Step > lastStep, happened)));
            lastStep = Math.Min(lastStep, attempt.ResumedAt);
        }
        return new([.. points.OrderBy(point => point.Step)], events) { Damage = damage };
    }

    /// <summary>Deletes everything that a run wrote; nobody may write meanwhile.</summary>
    public async Task DeleteAsync(string run, CancellationToken cancellation = default)
    {
        var chunks = await blobs.ListAsync(ChunkNames.Prefix(run), cancellation).Where(chunk => ChunkNames.IsChunk(run, chunk.Name)).ToListAsync(cancellation);
        foreach (var chunk in chunks)
        {
            await blobs.DeleteAsync(chunk.Name, BlobCondition.None, cancellation);
        }
    }

    /// <returns>The first line that is damaged; null if none is.</returns>
    private static int? Parse(BinaryData content, SortedDictionary<int, Attempt> attempts)
    {
        int? damaged = null;
        Attempt? attempt = null;
        var rest = content.ToMemory();
        for (var line = 1; rest.Length > 0; line++)
        {
            var end = rest.Span.IndexOf((byte)'\n');
            var text = end < 0 ? rest : rest[..end];
            rest = end < 0 ? default : rest[(end + 1)..];
            try
            {
                if (attempt is null)
                {
                    var header = Deserialize<ChunkHeader>(text);
                    if (!attempts.TryGetValue(header.Attempt, out attempt))
                    {
                        attempts.Add(header.Attempt, attempt = new(header.ResumedAt, [], []));
                    }
                    continue;
                }
                var record = Deserialize<ChunkLine>(text);
                if (record.Point is { } point)
                {
                    attempt.Points.Add(point);
                }
                if (record.Event is { } happened)
                {
                    attempt.Events.Add(happened);
                }
            }
            catch (JsonException) when (end < 0)
            {
                // Torn: the last line of a file that was cut short. The lines before it are whole.
            }
            catch (JsonException)
            {
                damaged ??= line;
                if (attempt is null)
                {
                    // Without its header nothing tells up to which step its points count.
                    return damaged;
                }
            }
        }
        return damaged;
    }

    private static T Deserialize<T>(ReadOnlyMemory<byte> line)
        where T : class => JsonSerializer.Deserialize<T>(line.Span, ChunkJson.Options) ?? throw new JsonException("null");

    private sealed record Attempt(long ResumedAt, List<MetricPoint> Points, List<MetricEvent> Events);
}
