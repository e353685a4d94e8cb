using System.Globalization;
using Azure.Core;
using Azure.Storage.Blobs;
using DisBack.Storage.Blobs;
using DisBack.Storage.Content;
using DisBack.Storage.Local;
using DisBack.Storage.Metrics;

namespace DisBack.Storage.Tests.Kit;

/// <summary>What a child process can be told to do. Each line on its output is a fact the parent may rely on.</summary>
internal static class ChildRoles
{
    public const string WriteForever = "write-forever";
    public const string CreateAll = "create-all";
    public const string AddUp = "add-up";
    public const string HoldFolder = "hold-folder";
    public const string FillDisk = "fill-disk";
    public const string ChangeForever = "change-forever";
    public const string ChangeHalfway = "change-halfway";
    public const string Measure = "measure";
    public const string Upload = "upload";

    /// <summary>Bytes of the blocks that <see cref="Upload"/> sends.</summary>
    public const int UploadedBlockBytes = 64 << 10;

    /// <summary>The run that <see cref="Measure"/> measures.</summary>
    public const string Measured = "digits-0a1b2c3d/0001";

    public static Task<int> RunAsync(string role, string[] arguments) => role switch
    {
        WriteForever => WriteForeverAsync(arguments[0]),
        CreateAll => CreateAllAsync(arguments[0], int.Parse(arguments[1], CultureInfo.InvariantCulture)),
        AddUp => AddUpAsync(arguments[0], int.Parse(arguments[1], CultureInfo.InvariantCulture)),
        HoldFolder => HoldFolderAsync(arguments[0]),
        FillDisk => FillDiskAsync(arguments[0]),
        ChangeForever => ChangeForeverAsync(arguments[0], int.Parse(arguments[1], CultureInfo.InvariantCulture)),
        ChangeHalfway => Task.FromResult(StayHalfway(arguments[0], arguments[1] == "after")),
        Measure => MeasureAsync(arguments[0], int.Parse(arguments[1], CultureInfo.InvariantCulture), long.Parse(arguments[2], CultureInfo.InvariantCulture)),
        Upload => UploadAsync(arguments[0], arguments[1], arguments[2], int.Parse(arguments[3], CultureInfo.InvariantCulture)),
        _ => Task.FromResult(64),
    };

    /// <summary>The bytes of version n: recognisable, and whole only if all of them are there.</summary>
    public static byte[] Version(int n) => [.. Enumerable.Repeat(BitConverter.GetBytes(n), 50_000).SelectMany(bytes => bytes)];

    /// <summary>Says n once version n of the document and its content are durable.</summary>
    private static async Task<int> WriteForeverAsync(string folder)
    {
        var blobs = new FolderBlobStore(folder);
        var contents = new ContentStore(blobs);
        string? etag = null;
        for (var n = 0; ; n++)
        {
            var bytes = BinaryData.FromBytes(Version(n));
            await contents.PutAsync(bytes);
            etag = await blobs.WriteAsync("state/document.json", bytes, etag is null ? BlobCondition.Missing : BlobCondition.Unchanged(etag));
            Console.WriteLine(n.ToString(CultureInfo.InvariantCulture));
        }
    }

    /// <summary>Creates blobs 0, 1, 2... that hold the process id, and says those that it was the one to create.</summary>
    private static async Task<int> CreateAllAsync(string folder, int count)
    {
        var blobs = new FolderBlobStore(folder);
        for (var n = 0; n < count; n++)
        {
            try
            {
                await blobs.WriteAsync($"cas/{n}", BinaryData.FromString($"{Environment.ProcessId}"), BlobCondition.Missing);
                Console.WriteLine(n.ToString(CultureInfo.InvariantCulture));
            }
            catch (BlobConflictException)
            {
                // Another process was first.
            }
        }
        return 0;
    }

    /// <summary>The blob that <see cref="AddUp"/> adds to.</summary>
    public const string Counter = "state/counter.json";

    /// <summary>Adds one to the number in a blob, as often as told, each time to what it has read.</summary>
    private static async Task<int> AddUpAsync(string folder, int count)
    {
        var blobs = new FolderBlobStore(folder);
        for (var added = 0; added < count;)
        {
            var read = (await blobs.ReadAsync(Counter))!;
            var sum = int.Parse(read.Content.ToString(), CultureInfo.InvariantCulture) + 1;
            try
            {
                await blobs.WriteAsync(Counter, BinaryData.FromString($"{sum}"), BlobCondition.Unchanged(read.ETag));
                added++;
            }
            catch (BlobConflictException)
            {
                // Another process was first.
            }
        }
        return 0;
    }

    /// <summary>The points of a step, whichever attempt makes it.</summary>
    public static IEnumerable<(string Name, double Value)> PointsOf(long step) => [("loss", 1.0 / step), ("fid", step * 0.1)];

    /// <summary>
    /// An attempt that makes step after step, and says one once its points are flushed. Meanwhile the earlier attempts are compacted, as their owner has done.
    /// </summary>
    private static async Task<int> MeasureAsync(string folder, int attempt, long resumedAt)
    {
        var blobs = new FolderBlobStore(folder);
        var compaction = new MetricCompactor(blobs).CompactAsync(Measured, earlier => earlier < attempt);
        await using var writer = new MetricWriter(blobs, Measured, attempt, resumedAt);
        for (var step = resumedAt + 1; ; step++)
        {
            foreach (var (name, value) in PointsOf(step))
            {
                writer.Add(new MetricPoint(step, name, value, DateTimeOffset.UtcNow));
            }
            // So many bytes that what an attempt leaves is worth a column file.
            writer.Add(new MetricEvent(step, "note", new string('x', 800), DateTimeOffset.UtcNow));
            if (step % 3 == 0)
            {
                await writer.FlushAsync();
                Console.WriteLine(step.ToString(CultureInfo.InvariantCulture));
            }
            if (compaction.IsCompleted)
            {
                // What failed ends this process, and its parent waits for lines in vain.
                await compaction;
            }
        }
    }

    /// <summary>Stores a file in a container, one block after the other, says the name of each, and stays before the next when so many are there.</summary>
    private static async Task<int> UploadAsync(string connection, string container, string file, int blocks)
    {
        var requests = new BlockRequests();
        requests.AfterBlock = number => Console.WriteLine(requests.Staged[number]);
        requests.BeforeBlock = number =>
        {
            if (number == blocks)
            {
                new ManualResetEvent(false).WaitOne();
            }
        };
        var client = new BlobClientOptions();
        client.AddPolicy(requests, HttpPipelinePosition.PerRetry);
        var store = new AzureBlobStore(new BlobContainerClient(connection, container, client), new() { BlockBytes = UploadedBlockBytes, Concurrency = 1 });
        await new ContentStore(store).PutAsync(file);
        return 0;
    }

    private static async Task<int> HoldFolderAsync(string folder)
    {
        using var held = DataFolderLock.Acquire(folder, "disback run digits.yaml");
        held.Announce(held.Owner with { Gateway = "127.0.0.1:30000" });
        Console.WriteLine("held");
        await Task.Delay(Timeout.Infinite);
        return 0;
    }

    /// <summary>Writes and deletes documents at random, and says once that it does.</summary>
    private static async Task<int> ChangeForeverAsync(string folder, int seed)
    {
        var blobs = new FolderBlobStore(folder);
        var random = new Random(seed);
        for (var count = 0; ; count++)
        {
            var name = $"state/{random.Next(3)}/{random.Next(10)}.json";
            await (random.Next(3) switch
            {
                0 => blobs.DeleteAsync(name, BlobCondition.None),
                1 => blobs.RenewAsync(name),
                _ => (Task)blobs.WriteAsync(name, BinaryData.FromString($"{count}"), BlobCondition.None),
            });
            if (count == 0)
            {
                Console.WriteLine("changing");
            }
        }
    }

    /// <summary>The document that <see cref="ChangeHalfway"/> is about to create.</summary>
    public const string HalfChanged = "state/half.json";

    /// <summary>Says when it stands just before or just after the change of a document, and stays there.</summary>
    private static int StayHalfway(string folder, bool afterwards)
    {
        new ChangeLog(folder).Change(HalfChanged, () =>
        {
            if (afterwards)
            {
                File.WriteAllText(Path.Combine(folder, HalfChanged), "{}");
            }
            Console.WriteLine("halfway");
            new ManualResetEvent(false).WaitOne();
        });
        return 0;
    }

    /// <summary>Writes versions until the disk is full, then says the error, how many versions are whole, and how many other files lie around.</summary>
    private static async Task<int> FillDiskAsync(string folder)
    {
        var blobs = new FolderBlobStore(folder);
        var written = 0;
        try
        {
            for (; written < 100; written++)
            {
                await blobs.WriteAsync($"cas/{written}", BinaryData.FromBytes(Version(written)), BlobCondition.Missing);
            }
        }
        catch (StorageException e)
        {
            Console.WriteLine(e.Message);
        }
        try
        {
            await using var file = new HashingFileStream(Path.Combine(folder, "checkpoint"));
            await file.WriteAsync(Version(1));
            await file.WriteAsync(Version(2));
            file.Commit();
        }
        catch (StorageException e)
        {
            Console.WriteLine(e.Message);
        }
        var whole = 0;
        for (var n = 0; n < written; n++)
        {
            whole += (await blobs.ReadAsync($"cas/{n}"))!.Content.ToMemory().Span.SequenceEqual(Version(n)) ? 1 : 0;
        }
        Console.WriteLine(FormattableString.Invariant($"{written} {whole} {Directory.GetFiles(folder, "*", SearchOption.AllDirectories).Length}"));
        return 0;
    }
}
