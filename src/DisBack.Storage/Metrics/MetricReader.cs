using System.Text.Json;
using DisBack.Storage.Blobs;

namespace DisBack.Storage.Metrics;

/// <summary>Reads what all attempts of a run wrote and merges it into one history; deletes it with its run.</summary>
/// <param name="blobs">Where chunks lie.</param>
public sealed class MetricReader(IBlobStore blobs)
{
    /// <summary>
    /// The history of a run; empty if it wrote nothing. An attempt's points count up to the step at which a later attempt resumed: what came
    /// after was computed again.
    /// </summary>
    /// <exception cref="StorageException">A chunk is damaged other than by a torn last line.</exception>
    public async Task<MetricHistory> ReadAsync(string run, CancellationToken cancellation = default)
    {
        var attempts = new SortedDictionary<int, Attempt>();
        // Names sort by attempt and sequence, so chunks arrive in the order they were written.
        await foreach (var chunk in blobs.ListAsync(ChunkNames.Prefix(run), cancellation))
        {
            if (ChunkNames.IsChunk(run, chunk.Name) && await blobs.ReadAsync(chunk.Name, cancellation) is { } blob)
            {
                Parse(chunk.Name, blob.Content, attempts);
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
        return new([.. points.OrderBy(point => point.Step)], events);
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

    private void Parse(string name, BinaryData content, SortedDictionary<int, Attempt> attempts)
    {
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
            catch (JsonException e)
            {
                throw new StorageException(
                    $"The metric chunk '{name}' in {blobs.Location} is damaged at line {line}; delete it to go on without its points.",
                    e);
            }
        }
    }

    private static T Deserialize<T>(ReadOnlyMemory<byte> line)
        where T : class => JsonSerializer.Deserialize<T>(line.Span, ChunkJson.Options) ?? throw new JsonException("null");

    private sealed record Attempt(long ResumedAt, List<MetricPoint> Points, List<MetricEvent> Events);
}
