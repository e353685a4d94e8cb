using System.CommandLine;
using System.Diagnostics;
using DisBack.Contracts.Documents;
using DisBack.Contracts.Grains;
using DisBack.Orchestration.Hosting;
using DisBack.Storage.Blobs;
using Microsoft.Extensions.DependencyInjection;

namespace DisBack.Benchmarks;

/// <summary>
/// What runs cost a silo that holds them: memory of a waiting and of a running one, and grain calls and blob writes per run and minute, under the
/// times of a cluster. One process is silo and worker, so the memory of a running one is an upper bound: its thread is in it.
/// </summary>
internal static class TrialsBenchmark
{
    private static readonly TimeSpan s_step = TimeSpan.FromMilliseconds(100);

    public static Command Create()
    {
        var count = new Option<int>("--count") { DefaultValueFactory = _ => 1000, Description = "Runs that wait." };
        var running = new Option<int>("--running") { DefaultValueFactory = _ => 100, Description = "Runs that train." };
        var seconds = new Option<int>("--seconds") { DefaultValueFactory = _ => 60, Description = "How long calls and writes are counted." };
        var checkpoint = new Option<int>("--checkpoint") { DefaultValueFactory = _ => 30, Description = "Seconds between the checkpoints of a run." };
        var command = new Command("trials", "Memory, grain calls and blob writes per run on a silo.") { count, running, seconds, checkpoint };
        command.SetAction(
            async (parsed, _) => await RunAsync(parsed.GetValue(count), parsed.GetValue(running), parsed.GetValue(seconds), parsed.GetValue(checkpoint)));
        return command;
    }

    private static async Task<int> RunAsync(int count, int running, int seconds, int checkpoint)
    {
        using var folder = new TestKit.TemporaryFolder();
        var calls = new Counting();
        var blobs = new CountingBlobs(new FolderBlobStore(folder.Path));
        await using var host = await EmbeddedHost.StartAsync(
            new EmbeddedOptions
            {
                DataFolder = folder.Path,
                Training = training =>
                {
                    training.Devices.Add(new Accelerator(0, "cpu", "cpu", running));
                    training.Heartbeat = training.Supervise = TimeSpan.FromSeconds(5);
                    training.Report = TimeSpan.FromSeconds(2);
                },
                Services = services => services.AddSingleton<IIncomingGrainCallFilter>(calls).AddSingleton<IBlobStore>(blobs),
            },
            new EmptyTraining(1_000_000, s_step));
        var spec = EmptyTraining.Spec(every: (int)(checkpoint / s_step.TotalSeconds));

        var empty = Figures.Memory();
        await SubmitAsync("running", running, RunStatus.Running);
        var busy = Figures.Memory();
        await SubmitAsync("waiting", count, RunStatus.Queued);
        var full = Figures.Memory();

        var (callsBefore, writesBefore, started) = (calls.Count, blobs.Writes, Stopwatch.GetTimestamp());
        await Task.Delay(TimeSpan.FromSeconds(seconds));
        var minutes = Stopwatch.GetElapsedTime(started).TotalMinutes;
        var (made, written) = (calls.Count - callsBefore, blobs.Writes - writesBefore);

        Figures.Print(
            $"{running} runs that train and {count} that wait on one silo, {checkpoint} s between checkpoints",
            ("memory of a waiting run", $"{(full - busy) / 1024.0 / count:f1} KiB"),
            ("memory of a running run, its thread included", $"{(busy - empty) / 1024.0 / running:f1} KiB"),
            ("grain calls per running run and minute (all calls of the silo)", $"{made / minutes / running:f1}"),
            ("blob writes per running run and minute (all writes of the silo)", $"{written / minutes / running:f1}"));
        return 0;

        async Task SubmitAsync(string name, int many, RunStatus status)
        {
            var teachers = Enumerable.Range(0, many).Select(n => host.Grains.GetGrain<ITeacherGrain>($"{name}-{n}")).ToList();
            foreach (var teacher in teachers)
            {
                await teacher.TrainAsync(spec);
            }
            foreach (var teacher in teachers)
            {
                await TestKit.Silos.TestCluster.UntilAsync(teacher, update => update.Status == status, CancellationToken.None);
            }
        }
    }

    private sealed class Counting : IIncomingGrainCallFilter
    {
        private long _count;

        public long Count => Interlocked.Read(ref _count);

        public Task Invoke(IIncomingGrainCallContext context)
        {
            Interlocked.Increment(ref _count);
            return context.Invoke();
        }
    }

    private sealed class CountingBlobs(IBlobStore inner) : IBlobStore
    {
        private long _writes;

        public long Writes => Interlocked.Read(ref _writes);

        public string Location => inner.Location;

        public Task InitializeAsync(CancellationToken cancellation = default) => inner.InitializeAsync(cancellation);

        public Task<BlobInfo?> FindAsync(string name, CancellationToken cancellation = default) => inner.FindAsync(name, cancellation);

        public Task<BlobContent?> ReadAsync(string name, CancellationToken cancellation = default) => inner.ReadAsync(name, cancellation);

        public Task<bool> DownloadAsync(string name, Stream destination, CancellationToken cancellation = default) =>
            inner.DownloadAsync(name, destination, cancellation);

        public Task<Stream?> OpenReadAsync(string name, CancellationToken cancellation = default) => inner.OpenReadAsync(name, cancellation);

        public Task<string> WriteAsync(string name, BinaryData content, BlobCondition condition, CancellationToken cancellation = default)
        {
            Interlocked.Increment(ref _writes);
            return inner.WriteAsync(name, content, condition, cancellation);
        }

        public Task<string> UploadAsync(string name, string localFile, BlobCondition condition, bool consume = false, CancellationToken cancellation = default)
        {
            Interlocked.Increment(ref _writes);
            return inner.UploadAsync(name, localFile, condition, consume, cancellation);
        }

        public Task<bool> DeleteAsync(string name, BlobCondition condition, CancellationToken cancellation = default) =>
            inner.DeleteAsync(name, condition, cancellation);

        public Task<bool> RenewAsync(string name, CancellationToken cancellation = default) => inner.RenewAsync(name, cancellation);

        public IAsyncEnumerable<BlobInfo> ListAsync(string prefix, CancellationToken cancellation = default) => inner.ListAsync(prefix, cancellation);

        public string? LocalPathOf(string name) => inner.LocalPathOf(name);
    }
}
