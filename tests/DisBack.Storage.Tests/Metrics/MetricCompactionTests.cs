using System.Text;
using System.Text.Json;
using CsCheck;
using DisBack.Storage.Metrics;

namespace DisBack.Storage.Tests.Metrics;

public sealed class MetricCompactionTests
{
    private const string Run = "digits-0a1b2c3d/0001";
    private static readonly DateTimeOffset s_noon = new(2026, 1, 2, 12, 0, 0, TimeSpan.Zero);
    private static readonly string[] s_curves = ["loss/fake", "loss/generator", "score_gap", "fid"];

    private static CancellationToken Cancellation => TestContext.Current.CancellationToken;

    [Fact]
    public async Task An_attempt_that_has_ended_takes_a_tenth_of_its_chunks_and_reads_the_same()
    {
        var blobs = new MemoryBlobs();
        await WriteAsync(blobs, attempt: 1, seed: 1, chunks: 12, steps: 50);
        await WriteAsync(blobs, attempt: 2, seed: 2, chunks: 12, steps: 50);
        var (before, bytes) = (await ReadAsync(blobs), blobs.Bytes);

        await new MetricCompactor(blobs).CompactAsync(Run, attempt => attempt < 2, Cancellation);
        Assert.Equal(13, blobs.Names.Count);
        await new MetricCompactor(blobs).CompactAsync(Run, _ => true, Cancellation);

        Assert.All(blobs.Names, name => Assert.EndsWith(".parquet", name, StringComparison.Ordinal));
        Assert.Equal(2, blobs.Names.Count);
        Assert.Equal(before, await ReadAsync(blobs));
        Assert.True(blobs.Bytes * 10 <= bytes, $"{bytes} bytes became {blobs.Bytes}.");
    }

    [Fact]
    public async Task A_long_attempt_becomes_several_files_and_groups_of_rows()
    {
        var blobs = new MemoryBlobs();
        await WriteAsync(blobs, attempt: 1, seed: 1, chunks: 6, steps: 5000);
        var before = await ReadAsync(blobs);

        await new MetricCompactor(blobs, fileRows: 70_000).CompactAsync(Run, _ => true, Cancellation);

        Assert.Equal(2, blobs.Names.Count);
        Assert.Equal(before, await ReadAsync(blobs));
    }

    [Fact]
    public async Task What_columns_would_not_make_shorter_stays_as_it_is()
    {
        var blobs = new MemoryBlobs();
        await WriteAsync(blobs, attempt: 1, seed: 1, chunks: 1, steps: 2);

        await new MetricCompactor(blobs).CompactAsync(Run, _ => true, Cancellation);

        Assert.EndsWith("/0001/000001.ndjson", Assert.Single(blobs.Names), StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_chunk_of_random_text_which_columns_would_not_make_shorter_stays()
    {
        var blobs = new MemoryBlobs();
        var random = new byte[3 << 10];
        new Random(1).NextBytes(random);
        await WriteTextsAsync(blobs, Convert.ToBase64String(random));

        await new MetricCompactor(blobs).CompactAsync(Run, _ => true, Cancellation);

        Assert.EndsWith(".ndjson", Assert.Single(blobs.Names), StringComparison.Ordinal);
    }

    /// <summary>What is damaged stays a chunk, and does not count.</summary>
    [Theory]
    [InlineData(4095, false)]
    [InlineData(4096, true)]
    public async Task Columns_begin_at_4_KiB_of_sound_chunks(int bytes, bool isInColumns)
    {
        var texts = Enumerable.Repeat("the same", 38);
        var blobs = new MemoryBlobs();
        await WriteTextsAsync(blobs, [.. texts, ""]);
        var rest = new string('x', bytes - (int)blobs.Bytes);
        blobs = new MemoryBlobs();
        await WriteTextsAsync(blobs, [.. texts, rest]);
        Assert.Equal(bytes, blobs.Bytes);
        var damaged = $"metrics/{Run}/0001/000002.ndjson";
        blobs.Set(damaged, new byte[100]);

        await new MetricCompactor(blobs).CompactAsync(Run, _ => true, Cancellation);

        Assert.Equal(isInColumns, !blobs.Names.Contains($"metrics/{Run}/0001/000001.ndjson"));
        Assert.Contains(damaged, blobs.Names);
    }

    /// <summary>Two chunks of forty rows.</summary>
    [Theory]
    [InlineData(40, 2)]
    [InlineData(41, 1)]
    public async Task A_file_ends_with_the_chunk_that_brings_it_to_its_rows(int fileRows, int files)
    {
        var blobs = new MemoryBlobs();
        for (var chunk = 0; chunk < 2; chunk++)
        {
            await WriteTextsAsync(blobs, [.. Enumerable.Repeat($"a text of some length in every event of chunk {chunk}", 39)]);
        }

        await new MetricCompactor(blobs, fileRows).CompactAsync(Run, _ => true, Cancellation);

        Assert.All(blobs.Names, name => Assert.EndsWith(".parquet", name, StringComparison.Ordinal));
        Assert.Equal(files, blobs.Names.Count);
    }

    /// <summary>Readers would take the columns for it.</summary>
    [Fact]
    public async Task No_columns_are_written_of_a_chunk_that_has_become_another_one()
    {
        var blobs = new MemoryBlobs();
        await WriteAsync(blobs, attempt: 1, seed: 1, chunks: 4, steps: 20);
        var (chunks, first) = (blobs.Names, blobs.Names[0]);
        var reads = 0;

        await Assert.ThrowsAsync<StorageException>(() => new MetricCompactor(blobs.Seen((_, what) =>
        {
            if (what == $"read {first}" && ++reads == 2)
            {
                blobs.Set(first, [.. blobs.Get(first), (byte)'{']);
            }
            return Task.CompletedTask;
        })).CompactAsync(Run, _ => true, Cancellation));

        Assert.Equal(chunks, blobs.Names);
    }

    /// <summary>The owner asks for it with every activation.</summary>
    [Fact]
    public async Task An_attempt_that_is_in_columns_is_listed_and_not_read_again()
    {
        var blobs = new MemoryBlobs();
        await WriteAsync(blobs, attempt: 1, seed: 1, chunks: 4, steps: 20);
        await new MetricCompactor(blobs).CompactAsync(Run, _ => true, Cancellation);

        var operations = await OperationsAsync(blobs);

        Assert.All(operations, what => Assert.StartsWith("list", what, StringComparison.Ordinal));
    }

    [Fact]
    public async Task A_chunk_is_read_twice_to_be_added_and_to_be_compared_with_what_columns_give()
    {
        var blobs = new MemoryBlobs();
        await WriteAsync(blobs, attempt: 1, seed: 1, chunks: 4, steps: 20);
        var expected = blobs.Names.SelectMany(name => new[] { $"read {name}", $"read {name}" });

        var operations = await OperationsAsync(blobs);

        Assert.Equal(expected, operations.Where(what => what.EndsWith(".ndjson", StringComparison.Ordinal)
            && what.StartsWith("read", StringComparison.Ordinal)).Order(StringComparer.Ordinal));
    }

    /// <summary>No writer makes a longer one, and it need not fit into memory.</summary>
    [Theory]
    [InlineData(0, true)]
    [InlineData(1, false)]
    public async Task A_chunk_of_more_than_32_MiB_is_not_read(int more, bool isRead)
    {
        var blobs = new MemoryBlobs();
        var name = $"metrics/{Run}/0001/000001.ndjson";
        blobs.Set(name, new byte[(32 << 20) + more]);

        var operations = await OperationsAsync(blobs);

        Assert.Equal(isRead, operations.Contains($"read {name}"));
        Assert.Equal([name], blobs.Names);
    }

    [Fact]
    public async Task What_an_interrupted_compaction_has_not_deleted_the_next_one_deletes()
    {
        var blobs = new MemoryBlobs();
        await WriteAsync(blobs, attempt: 1, seed: 1, chunks: 4, steps: 20);
        var deletions = 0;
        Assert.True(await StopsAsync(() => new MetricCompactor(blobs.Seen(
            (_, what) => what.StartsWith("delete", StringComparison.Ordinal) && ++deletions == 2 ? throw new StorageException("stopped") : Task.CompletedTask))
            .CompactAsync(Run, _ => true, Cancellation)));
        Assert.Equal(4, blobs.Names.Count);

        await new MetricCompactor(blobs).CompactAsync(Run, _ => true, Cancellation);

        Assert.EndsWith(".parquet", Assert.Single(blobs.Names), StringComparison.Ordinal);
    }

    [Fact]
    public async Task No_chunk_goes_where_the_store_gives_other_columns_back_than_were_written()
    {
        var blobs = new MemoryBlobs();
        await WriteAsync(blobs, attempt: 1, seed: 1, chunks: 4, steps: 20);
        var chunks = blobs.Names;

        await new MetricCompactor(blobs.Seen((_, what) =>
        {
            if (what.StartsWith("read", StringComparison.Ordinal) && what.EndsWith(".parquet", StringComparison.Ordinal))
            {
                blobs.Set(what["read ".Length..], [1]);
            }
            return Task.CompletedTask;
        })).CompactAsync(Run, _ => true, Cancellation);

        Assert.Equal(chunks, blobs.Names.Where(name => name.EndsWith(".ndjson", StringComparison.Ordinal)));
    }

    /// <summary>
    /// The law: whatever stops a compaction between two of its operations, whatever other compaction runs there and wherever that one stops, a reader
    /// sees the history that it would see had there never been any.
    /// </summary>
    [Fact]
    public void The_history_is_the_same_before_during_and_after_whatever_interrupts_it() =>
        Gen.Select(Gen.Int[0, 1 << 20], Gen.Int[0, 60], Gen.Int[0, 60], Gen.Bool).Sample((seed, stop, otherStop, isSmall) =>
        {
            var random = new Random(seed);
            var blobs = new MemoryBlobs();
            BuildAsync(blobs, random).GetAwaiter().GetResult();
            var plain = blobs.Copy();
            var expected = ReadAsync(plain).GetAwaiter().GetResult();
            var fileRows = isSmall ? 30 : 1 << 20;

            // Every state between two operations is read; at one of them another compaction runs, as far as it comes, and then this one stops or goes on.
            StopsAsync(() => new MetricCompactor(blobs.Seen(async (operation, what) =>
            {
                Assert.Equal(expected, await ReadAsync(blobs));
                if (operation == stop)
                {
                    await StopsAsync(() => new MetricCompactor(
                        blobs.Seen((other, _) => other == otherStop ? throw new StorageException("stopped") : Task.CompletedTask), fileRows)
                        .CompactAsync(Run, _ => true));
                    Assert.Equal(expected, await ReadAsync(blobs));
                }
                if (operation == stop + 7 && seed % 2 == 0)
                {
                    throw new StorageException("stopped");
                }
            }), fileRows).CompactAsync(Run, _ => true)).GetAwaiter().GetResult();

            // What a fenced attempt writes late: anew, in the place of a chunk that went, and a chunk that went once more.
            Late(plain, blobs, random);
            expected = ReadAsync(plain).GetAwaiter().GetResult();
            Assert.Equal(expected, ReadAsync(blobs).GetAwaiter().GetResult());
            new MetricCompactor(blobs, fileRows).CompactAsync(Run, _ => true).GetAwaiter().GetResult();
            new MetricCompactor(blobs, fileRows).CompactAsync(Run, _ => true).GetAwaiter().GetResult();
            Assert.Equal(expected, ReadAsync(blobs).GetAwaiter().GetResult());

            // What is damaged is still there.
            var kept = plain.Names.Where(name => IsOdd(plain.Get(name))).ToList();
            Assert.All(kept, name => Assert.Equal(plain.Get(name), blobs.Get(name)));
        }, iter: 40, threads: 1, seed: "0000000000000");

    [Fact]
    public void A_reader_in_the_middle_of_whose_work_all_is_compacted_sees_the_same() =>
        Gen.Select(Gen.Int[0, 1 << 20], Gen.Int[1, 60]).Sample((seed, at) =>
        {
            var blobs = new MemoryBlobs();
            BuildAsync(blobs, new Random(seed)).GetAwaiter().GetResult();
            var expected = ReadAsync(blobs).GetAwaiter().GetResult();
            var seen = ReadAsync(blobs.Seen(async (operation, _) =>
            {
                // First one attempt, later the others.
                if (operation == at || operation == at + 9)
                {
                    await new MetricCompactor(blobs).CompactAsync(Run, attempt => attempt == 1 || operation > at);
                }
            })).GetAwaiter().GetResult();
            Assert.Equal(expected, seen);
        }, iter: 100, threads: 1, seed: "0000000000000");

    /// <summary>A writer of a fenced attempt that comes late takes the name of a chunk that has gone.</summary>
    [Fact]
    public async Task Other_points_in_the_place_of_a_chunk_that_has_gone_are_read_as_well()
    {
        var blobs = new MemoryBlobs();
        await WriteAsync(blobs, attempt: 1, seed: 1, chunks: 4, steps: 20);
        var plain = blobs.Copy();
        await new MetricCompactor(blobs).CompactAsync(Run, _ => true, Cancellation);

        await WriteAsync(plain, attempt: 1, seed: 2, chunks: 1, steps: 30, resumedAt: 80);
        await WriteAsync(blobs, attempt: 1, seed: 2, chunks: 1, steps: 30, resumedAt: 80);

        Assert.Contains($"metrics/{Run}/0001/000001.ndjson", blobs.Names);
        Assert.Contains($"metrics/{Run}/0001/000005.ndjson", plain.Names);
        Assert.Equal(await ReadAsync(plain), await ReadAsync(blobs));
        await new MetricCompactor(blobs).CompactAsync(Run, _ => true, Cancellation);
        Assert.Equal(await ReadAsync(plain), await ReadAsync(blobs));
    }

    [Fact]
    public async Task A_chunk_that_became_another_one_before_its_deletion_stays()
    {
        var blobs = new MemoryBlobs();
        await WriteAsync(blobs, attempt: 1, seed: 1, chunks: 4, steps: 20);
        var plain = blobs.Copy();
        await WriteAsync(plain, attempt: 1, seed: 2, chunks: 1, steps: 2, resumedAt: 80);

        var isFirst = true;
        await new MetricCompactor(blobs.Seen(async (_, what) =>
        {
            if (isFirst && what.StartsWith("delete", StringComparison.Ordinal))
            {
                isFirst = false;
                await new MetricCompactor(blobs).CompactAsync(Run, _ => true, Cancellation);
                await WriteAsync(blobs, attempt: 1, seed: 2, chunks: 1, steps: 2, resumedAt: 80);
            }
        })).CompactAsync(Run, _ => true, Cancellation);

        Assert.Equal(await ReadAsync(plain), await ReadAsync(blobs));
    }

    [Fact]
    public async Task A_damaged_column_file_is_named_and_what_is_still_there_in_chunks_is_read()
    {
        var blobs = new MemoryBlobs();
        await WriteAsync(blobs, attempt: 1, seed: 1, chunks: 4, steps: 20);
        await WriteAsync(blobs, attempt: 2, seed: 2, chunks: 1, steps: 2, resumedAt: 80);
        var before = await ReadAsync(blobs);
        // Stopped before the third of the four is deleted.
        var deletions = 0;
        await StopsAsync(() => new MetricCompactor(blobs.Seen(
            (_, what) => what.StartsWith("delete", StringComparison.Ordinal) && ++deletions == 3 ? throw new StorageException("stopped") : Task.CompletedTask))
            .CompactAsync(Run, _ => true, Cancellation));
        Assert.Equal(before, await ReadAsync(blobs));
        var columns = blobs.Names.Single(name => name.EndsWith(".parquet", StringComparison.Ordinal));
        var bytes = blobs.Get(columns);
        bytes[bytes.Length / 2] ^= 4;
        blobs.Set(columns, bytes);

        var damaged = await new MetricReader(blobs).ReadAsync(Run, Cancellation);
        Assert.Equal(
            $"The metric columns '{columns}' in memory are damaged: its bytes are not those that were written; what cannot be read is left out of the curves.",
            Assert.Single(damaged.Damage));
        Assert.Equal([.. Enumerable.Range(41, 42).Select(step => (long)step)], damaged.Points.Select(point => point.Step).Distinct());

        // Nothing more is deleted on its word, and the chunks that are left can be compacted without it.
        await new MetricCompactor(blobs).CompactAsync(Run, _ => true, Cancellation);
        Assert.Equal(damaged.Points, (await new MetricReader(blobs).ReadAsync(Run, Cancellation)).Points);
    }

    [Fact]
    public async Task Columns_of_a_schema_of_the_future_and_of_no_parquet_at_all_are_named()
    {
        var blobs = new MemoryBlobs();
        byte[] bytes = [.. "PAR1"u8, 1, 2, 3, 4, .. "PAR1"u8];
        var name = ChunkNames.OfColumns($"metrics/{Run}/0001", ChunkNames.DigestOf(BinaryData.FromBytes(bytes)));
        blobs.Set(name, bytes);

        var sentence = Assert.Single((await new MetricReader(blobs).ReadAsync(Run, Cancellation)).Damage);

        Assert.StartsWith($"The metric columns '{name}' in memory are damaged: it is no file of columns (", sentence, StringComparison.Ordinal);
    }

    [Fact]
    public async Task What_is_deleted_takes_its_columns_with_it()
    {
        var blobs = new MemoryBlobs();
        await WriteAsync(blobs, attempt: 1, seed: 1, chunks: 4, steps: 20);
        await new MetricCompactor(blobs).CompactAsync(Run, _ => true, Cancellation);
        await WriteAsync(blobs, attempt: 2, seed: 1, chunks: 1, steps: 2);

        await new MetricReader(blobs).DeleteAsync(Run, Cancellation);

        Assert.Empty(blobs.Names);
    }

    /// <summary>Two or three attempts of random chunks, some of them damaged, torn, or written by who knows whom.</summary>
    private static async Task BuildAsync(MemoryBlobs blobs, Random random)
    {
        for (var attempt = 1; attempt <= 2 + random.Next(2); attempt++)
        {
            await WriteAsync(blobs, attempt, random.Next(), chunks: 2 + random.Next(4), steps: 8 + random.Next(10), resumedAt: random.Next(30));
        }
        foreach (var name in blobs.Names)
        {
            if (random.Next(5) != 0)
            {
                continue;
            }
            var text = Encoding.UTF8.GetString(blobs.Get(name));
            blobs.Set(name, Encoding.UTF8.GetBytes(random.Next(5) switch
            {
                0 => text[..^9],
                1 => $"?{text}",
                2 => text.Replace("\"step\":3", "\"step\":", StringComparison.Ordinal).Replace("\"step\":1", "\"step\":", StringComparison.Ordinal),
                3 => text.Replace("\"schema_version\":1", "\"schema_version\":2", StringComparison.Ordinal),
                _ => text.Replace("+00:00", "+02:00", StringComparison.Ordinal),
            }));
        }
    }

    /// <summary>Whether a chunk may not be replaced by columns: read and written again it is not what it was.</summary>
    private static bool IsOdd(byte[] chunk) => chunk[^1] != '\n' || chunk[0] != '{' || Encoding.UTF8.GetString(chunk) is var text
        && (text.Contains("\"step\":,", StringComparison.Ordinal) || text.Contains("+02:00", StringComparison.Ordinal)
            || text.Contains("\"schema_version\":2", StringComparison.Ordinal));

    private static void Late(MemoryBlobs plain, MemoryBlobs blobs, Random random)
    {
        var chunks = plain.Names;
        var (again, next) = (chunks[random.Next(chunks.Count)], $"metrics/{Run}/0001/000099.ndjson");
        blobs.Set(again, plain.Get(again));
        var late = new MemoryBlobs();
        WriteAsync(late, attempt: 1, seed: 99, chunks: 1, steps: 30).GetAwaiter().GetResult();
        blobs.Set(next, late.Get(late.Names[0]));
        plain.Set(next, late.Get(late.Names[0]));
    }

    private static async Task WriteAsync(MemoryBlobs blobs, int attempt, int seed, int chunks, int steps, long resumedAt = 0)
    {
        var random = new Random(seed);
        await using var writer = new MetricWriter(blobs, Run, attempt, resumedAt);
        var step = resumedAt;
        for (var chunk = 0; chunk < chunks; chunk++)
        {
            for (var n = 0; n < steps; n++)
            {
                step++;
                var time = s_noon.AddTicks(step * 5_000_000 + random.Next(1_000_000));
                foreach (var curve in s_curves)
                {
                    var value = random.Next(40) switch
                    {
                        0 => double.NaN,
                        1 => double.NegativeInfinity,
                        2 => -0.0,
                        3 => random.NextDouble(),
                        _ => (float)random.NextDouble(),
                    };
                    writer.Add(new MetricPoint(step, curve, value, time));
                }
                if (random.Next(10) == 0)
                {
                    var data = JsonSerializer.SerializeToElement(new { gap = random.NextDouble(), note = "ü \"quoted\" <b>" });
                    writer.Add(new MetricEvent(step, "switch", "Target 3 -> 2.", time, random.Next(2) == 0 ? data : null));
                }
            }
            await writer.FlushAsync(Cancellation);
        }
    }

    /// <summary>Compacts, and gives what it did in the store.</summary>
    private static async Task<List<string>> OperationsAsync(MemoryBlobs blobs)
    {
        var operations = new List<string>();
        await new MetricCompactor(blobs.Seen((_, what) =>
        {
            operations.Add(what);
            return Task.CompletedTask;
        })).CompactAsync(Run, _ => true, Cancellation);
        return operations;
    }

    /// <summary>One chunk of events, which is always of one length but for their texts.</summary>
    private static async Task WriteTextsAsync(MemoryBlobs blobs, params string[] texts)
    {
        await using var writer = new MetricWriter(blobs, Run, attempt: 1, resumedAt: 0, time: new StoppedClock());
        foreach (var text in texts)
        {
            writer.Add(new MetricEvent(1, "note", text, s_noon));
        }
    }

    /// <summary>A history in words, so that two of them differ where any bit of them does.</summary>
    private static async Task<string> ReadAsync(MemoryBlobs blobs)
    {
        var history = await new MetricReader(blobs).ReadAsync(Run);
        var text = new StringBuilder();
        foreach (var point in history.Points)
        {
            text.AppendLine(FormattableString.Invariant(
                $"{point.Step} {point.Name} {BitConverter.DoubleToInt64Bits(point.Value)} {point.Time.Ticks} {point.Time.Offset}"));
        }
        foreach (var happened in history.Events)
        {
            var e = happened.Event;
            text.AppendLine(FormattableString.Invariant(
                $"{happened.Attempt} {happened.Superseded} {e.Step} {e.Kind} {e.Text} {e.Time.Ticks} {e.Time.Offset} {e.Data?.GetRawText()}"));
        }
        history.Damage.ToList().ForEach(damage => text.AppendLine(damage));
        return text.ToString();
    }

    private sealed class StoppedClock : TimeProvider
    {
        public override DateTimeOffset GetUtcNow() => s_noon;
    }

    private static async Task<bool> StopsAsync(Func<Task> work)
    {
        try
        {
            await work();
            return false;
        }
        catch (StorageException e) when (e.Message == "stopped")
        {
            return true;
        }
    }
}
