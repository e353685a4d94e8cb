using System.CommandLine;
using System.Diagnostics;
using System.Globalization;
using Azure.Core;
using Azure.Core.Pipeline;
using Azure.Storage.Blobs;
using DisBack.Storage.Blobs;
using DisBack.Storage.Content;
using DisBack.TestKit.Services;

namespace DisBack.Benchmarks;

/// <summary>How long a large file takes to a real Azurite, with how much memory, and what travels again when it was interrupted at a part of it.</summary>
internal static class UploadBenchmark
{
    public static Command Create()
    {
        var mebibytes = new Option<int>("--mib") { DefaultValueFactory = _ => 1024, Description = "Size of the file." };
        var interrupted = new Option<double>("--interrupted") { Description = "The part of the file after which the first upload breaks off; 0 for none." };
        var command = new Command("upload", "A large file on its way to blobs: time, memory, and what an interruption costs.") { mebibytes, interrupted };
        command.SetAction((parsed, cancellation) => RunAsync(parsed.GetValue(mebibytes), parsed.GetValue(interrupted), cancellation));
        return command;
    }

    private static async Task RunAsync(int mebibytes, double interrupted, CancellationToken cancellation)
    {
        await using var azurite = new Azurite();
        var container = $"upload-{Guid.NewGuid():n}";
        var (first, second) = (new SentBytes(), new SentBytes());
        var file = Path.GetTempFileName();
        try
        {
            await FillAsync(file, mebibytes, cancellation);
            var hashing = Stopwatch.StartNew();
            var content = await ContentStore.HashAsync(file, cancellation);
            hashing.Stop();
            if (interrupted > 0)
            {
                using var broken = CancellationTokenSource.CreateLinkedTokenSource(cancellation);
                first.After = bytes => bytes < interrupted * content.Length ? Task.CompletedTask : broken.CancelAsync();
                try
                {
                    await (await OpenAsync(first)).PutAsync(file, content, cancellation: broken.Token);
                }
                catch (OperationCanceledException) when (!cancellation.IsCancellationRequested)
                {
                    // As it was meant.
                }
            }
            var uploading = Stopwatch.StartNew();
            var contents = await OpenAsync(second);
            await contents.PutAsync(file, content, cancellation: cancellation);
            uploading.Stop();
            var memory = Process.GetCurrentProcess().PeakWorkingSet64;
            await contents.VerifyAsync(content, cancellation);

            Figures.Print(
                $"A file of {mebibytes} MiB to Azurite",
                ("hashed", Text($"{hashing.Elapsed.TotalSeconds:f1} s")),
                ("sent before it broke off", Text($"{first.Bytes / 1048576.0:f0} MiB")),
                ("uploaded, of it sent", Text($"{uploading.Elapsed.TotalSeconds:f1} s, {second.Bytes / 1048576.0:f0} MiB")),
                ("most memory of the process", Text($"{memory / 1048576.0:f0} MiB")));
        }
        finally
        {
            File.Delete(file);
        }

        async Task<ContentStore> OpenAsync(SentBytes sent)
        {
            var client = new BlobClientOptions();
            client.AddPolicy(sent, HttpPipelinePosition.PerRetry);
            var store = new AzureBlobStore(new BlobContainerClient(await azurite.ConnectionStringAsync(), container, client));
            await store.InitializeAsync(cancellation);
            return new(store);
        }
    }

    private static async Task FillAsync(string path, int mebibytes, CancellationToken cancellation)
    {
        await using var file = File.OpenWrite(path);
        var random = new Random(mebibytes);
        var bytes = new byte[1 << 20];
        for (var written = 0; written < mebibytes; written++)
        {
            random.NextBytes(bytes);
            await file.WriteAsync(bytes, cancellation);
        }
    }

    private static string Text(FormattableString text) => text.ToString(CultureInfo.InvariantCulture);

    /// <summary>Counts what the bodies of answered requests held.</summary>
    private sealed class SentBytes : HttpPipelinePolicy
    {
        private long _bytes;

        public long Bytes => _bytes;

        /// <summary>Called after each request with the bytes so far.</summary>
        public Func<long, Task> After { get; set; } = _ => Task.CompletedTask;

        public override void Process(HttpMessage message, ReadOnlyMemory<HttpPipelinePolicy> pipeline) => ProcessNext(message, pipeline);

        public override async ValueTask ProcessAsync(HttpMessage message, ReadOnlyMemory<HttpPipelinePolicy> pipeline)
        {
            await ProcessNextAsync(message, pipeline);
            if (message.Request.Content?.TryComputeLength(out var length) == true)
            {
                await After(Interlocked.Add(ref _bytes, length));
            }
        }
    }
}
