using DisBack.Storage.Blobs;

namespace DisBack.Storage.Metrics;

/// <summary>Reads what all attempts of a run wrote and merges it into one history; deletes it with its run.</summary>
/// <param name="blobs">Where chunks lie.</param>
public sealed class MetricReader(IBlobStore blobs)
{
    /// <summary>Each attempt is compacted once, so only a store that loses what it has listed comes near it.</summary>
    private const int MostListings = 64;

    /// <summary>
    /// The history of a run; empty if it wrote nothing. An attempt's points count up to the step at which a later attempt resumed: what came
    /// after was computed again. A line that is damaged, other than a torn last one, is left out and named in <see cref="MetricHistory.Damage"/>: curves are
    /// for people, and a run is not less complete without a part of them. The history is the same before, during and after a compaction.
    /// </summary>
    /// <exception cref="StorageException">The store cannot be used, or what it lists is never there.</exception>
    public async Task<MetricHistory> ReadAsync(string run, CancellationToken cancellation = default) => Merge(await LogsAsync(run, cancellation));

    /// <summary>The points of the same history, metric by metric and without its events.</summary>
    /// <exception cref="StorageException">The store cannot be used, or what it lists is never there.</exception>
    public async Task<MeasuredRun> ReadColumnsAsync(string run, CancellationToken cancellation = default)
    {
        var logs = await LogsAsync(run, cancellation);
        var attempts = logs.SelectMany(log => log.Chunks).Where(chunk => chunk.Header is not null).GroupBy(chunk => chunk.Header!.Attempt)
            .OrderBy(attempt => attempt.Key).ToList();
        var columns = new MetricColumnsBuilder();
        for (var index = 0; index < attempts.Count; index++)
        {
            // Up to where the first of the later attempts to begin again began again.
            var lastStep = attempts.Skip(index + 1).Select(later => later.First().Header!.ResumedAt).DefaultIfEmpty(long.MaxValue).Min();
            foreach (var chunk in attempts[index])
            {
                chunk.AddTo(columns, lastStep);
            }
        }
        return new MeasuredRun(columns.Finish(), [.. logs.SelectMany(log => log.Damage)]);
    }

    /// <summary>
    /// A part of what the workers of a run tell of its attempts, with its milestones among it. What lies before the position that is asked for is not read
    /// as far as it still lies in chunks, and of the rest one attempt is in memory at a time.
    /// </summary>
    /// <exception cref="StorageException">The store cannot be used, or what it lists is never there.</exception>
    public async Task<LogPage> ReadLogAsync(string run, LogQuery query, CancellationToken cancellation = default)
    {
        var from = query.After ?? default;
        var parts = await EachAsync(run, IsWanted, log => new LogPart([.. LinesOf(log).Where(line => line.Position > from)], log.Damage), cancellation);
        var lines = parts.SelectMany(part => part.Lines).ToList();
        var wanted = lines.Where(line =>
            (query.Attempt is null || line.Position.Attempt == query.Attempt) && line.Line.Level >= query.Level
                && line.Line.Text.Contains(query.Search, StringComparison.OrdinalIgnoreCase)).Take(query.Limit + 1).ToList();
        var more = wanted.Count > query.Limit;
        var page = wanted.Take(query.Limit).ToList();
        LogPosition? end = more ? page[^1].Position : lines.Count > 0 ? lines[^1].Position : query.After;
        return new LogPage([.. page.Select(line => line.Line)], end?.ToString(), more, [.. parts.SelectMany(part => part.Damage)]);

        bool IsWanted(BlobInfo blob) =>
            ChunkNames.AttemptOf(ChunkNames.FolderOf(blob.Name)) is { } attempt && (query.Attempt ?? attempt) == attempt && attempt >= from.Attempt
                && (attempt > from.Attempt || ChunkNames.NumberOf(blob.Name) is not { } chunk || chunk >= from.Chunk);
    }

    /// <summary>Deletes everything that a run wrote; nobody may write meanwhile.</summary>
    public async Task DeleteAsync(string run, CancellationToken cancellation = default)
    {
        foreach (var blob in (await MetricFolders.ListAsync(blobs, run, cancellation)).Values.SelectMany(files => files))
        {
            await blobs.DeleteAsync(blob.Name, BlobCondition.None, cancellation);
        }
    }

    private Task<IReadOnlyCollection<AttemptLog>> LogsAsync(string run, CancellationToken cancellation) => EachAsync(run, _ => true, log => log, cancellation);

    /// <summary>Takes something of each attempt, in the order of their folders.</summary>
    private async Task<IReadOnlyCollection<T>> EachAsync<T>(string run, Predicate<BlobInfo> isWanted, Func<AttemptLog, T> take, CancellationToken cancellation)
    {
        var logs = new SortedDictionary<string, (IReadOnlySet<string> Columns, T Taken)>(StringComparer.Ordinal);
        var unread = await MetricFolders.ListAsync(blobs, run, cancellation);
        for (var listings = 1; unread.Count > 0; listings++)
        {
            if (listings > MostListings)
            {
                throw new StorageException($"The metrics of '{run}' in {blobs.Location} changed with every look at them; ask again in a minute.");
            }
            foreach (var (folder, files) in unread)
            {
                var log = await AttemptLog.ReadAsync(blobs, folder, [.. files.Where(file => isWanted(file))], cancellation);
                logs[folder] = (log.Columns, take(log));
            }
            // Chunks are deleted after the column file that replaces them is written. A listing beside that may lack both; then this one has the file.
            unread = await MetricFolders.ListAsync(blobs, run, cancellation);
            foreach (var (folder, files) in unread.ToList())
            {
                if (logs.TryGetValue(folder, out var log)
                    && files.Where(file => ChunkNames.IsColumns(file.Name) && isWanted(file)).All(file => log.Columns.Contains(file.Name)))
                {
                    unread.Remove(folder);
                }
            }
        }
        return [.. logs.Values.Select(log => log.Taken)];
    }

    /// <summary>The lines of an attempt and its milestones. Chunks that share a name go on counting, so that no two lines have one position.</summary>
    private static IEnumerable<(LogPosition Position, LogLine Line)> LinesOf(AttemptLog log)
    {
        var counts = new Dictionary<string, int>(StringComparer.Ordinal);
        var silo = "";
        foreach (var chunk in log.Chunks)
        {
            if (chunk.Header is not { } header || ChunkNames.NumberOf(chunk.File) is not { } number)
            {
                continue;
            }
            var count = counts.GetValueOrDefault(chunk.File);
            foreach (var line in chunk.Events)
            {
                var position = new LogPosition(header.Attempt, number, count + line.Number);
                var said = LogEvents.LineOf(position, line.Event, silo);
                silo = said.Silo;
                yield return (position, said);
            }
            counts[chunk.File] = count + chunk.Lines.Count;
        }
    }

    private static MetricHistory Merge(IEnumerable<AttemptLog> logs)
    {
        var attempts = new SortedDictionary<int, Attempt>();
        var damage = new List<string>();
        foreach (var log in logs)
        {
            damage.AddRange(log.Damage);
            foreach (var chunk in log.Chunks)
            {
                if (chunk.Header is not { } header)
                {
                    continue;
                }
                if (!attempts.TryGetValue(header.Attempt, out var attempt))
                {
                    attempts.Add(header.Attempt, attempt = new(header.ResumedAt, [], []));
                }
                foreach (var line in chunk.Lines)
                {
                    if (line.Point is { } point)
                    {
                        attempt.Points.Add(point);
                    }
                    if (line.Event is { } happened && !LogEvents.IsLine(happened))
                    {
                        attempt.Events.Add(happened);
                    }
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

    private sealed record LogPart(IReadOnlyList<(LogPosition Position, LogLine Line)> Lines, IReadOnlyList<string> Damage);

    private sealed record Attempt(long ResumedAt, List<MetricPoint> Points, List<MetricEvent> Events);
}
