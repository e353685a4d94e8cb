using DisBack.Contracts.Documents;
using DisBack.Contracts.Grains;
using DisBack.Storage.Blobs;
using DisBack.Storage.Metrics;
using Microsoft.Extensions.DependencyInjection;

namespace DisBack.Orchestration.Tests.Grains;

/// <summary>The metrics of attempts that have ended are compacted by the owner of their run, now or after whatever interrupted it.</summary>
public sealed class MetricCompactionTests
{
    private static readonly DateTimeOffset s_noon = new(2026, 1, 2, 12, 0, 0, TimeSpan.Zero);

    private static CancellationToken Cancellation => TestContext.Current.CancellationToken;

    [Fact]
    public async Task What_an_attempt_wrote_becomes_columns_when_its_run_settles_and_its_host_stops()
    {
        await using var site = await Site.OpenAsync(new ScriptedTraining());
        // As of an attempt that was lost, next to what the scripted one writes, which is too little.
        await WriteAsync(site, "columns-1/0000", attempt: 1, sequence: 7);
        var trial = await site.SubmitAsync("columns-1");
        await Site.UntilAsync(trial, RunStatus.Completed);
        var before = await new MetricReader(Blobs(site)).ReadAsync("columns-1/0000", Cancellation);

        await site.Host.StopAsync(Cancellation);

        Assert.Equal([".parquet"], Files(site, "columns-1/0000"));
        await site.StartAsync(new ScriptedTraining());
        Assert.Equal(before.Points, (await new MetricReader(Blobs(site)).ReadAsync("columns-1/0000", Cancellation)).Points);
    }

    [Fact]
    public async Task What_a_crash_left_in_chunks_is_found_by_the_next_activation()
    {
        await using var site = await Site.OpenAsync(new ScriptedTraining());
        var trial = await site.SubmitAsync("columns-2");
        await Site.UntilAsync(trial, RunStatus.Completed);
        await site.Host.StopAsync(Cancellation);
        await site.StartAsync(new ScriptedTraining());
        await WriteAsync(site, "columns-2/0000", attempt: 1, sequence: 7);

        await site.Trial("columns-2").GetAsync();
        await site.Host.StopAsync(Cancellation);

        Assert.Contains(".parquet", Files(site, "columns-2/0000"));
        await site.StartAsync(new ScriptedTraining());
    }

    [Fact]
    public async Task A_deleted_run_leaves_no_columns()
    {
        await using var site = await Site.OpenAsync(new ScriptedTraining());
        await WriteAsync(site, "columns-3/0000", attempt: 1, sequence: 7);
        var trial = await site.SubmitAsync("columns-3");
        await Site.UntilAsync(trial, RunStatus.Completed);

        Assert.True((await site.Host.Grains.GetGrain<ISweepGrain>("columns-3").DeleteAsync("columns-3/0000")).Applied);
        await site.Host.StopAsync(Cancellation);

        Assert.Empty(Files(site, "columns-3/0000"));
        await site.StartAsync(new ScriptedTraining());
    }

    private static IBlobStore Blobs(Site site) => site.Host.Services.GetRequiredService<IBlobStore>();

    private static IReadOnlyList<string> Files(Site site, string run)
    {
        var folder = Path.Combine(site.Folder, "metrics", run);
        return Directory.Exists(folder)
            ? [.. Directory.EnumerateFiles(folder, "*", SearchOption.AllDirectories).Select(file => Path.GetExtension(file)).Order(StringComparer.Ordinal)]
            : [];
    }

    private static async Task WriteAsync(Site site, string run, int attempt, int sequence)
    {
        var scratch = Directory.CreateTempSubdirectory("disback-chunk-");
        var elsewhere = new FolderBlobStore(scratch.FullName);
        await using (var writer = new MetricWriter(elsewhere, run, attempt, resumedAt: 0))
        {
            for (var step = 1; step <= 100; step++)
            {
                writer.Add(new MetricPoint(step, "loss/late", step, s_noon.AddSeconds(step)));
            }
        }
        var chunk = await elsewhere.ReadAsync($"metrics/{run}/{attempt:D4}/000001.ndjson", Cancellation);
        await Blobs(site).WriteAsync($"metrics/{run}/{attempt:D4}/{sequence:D6}.ndjson", chunk!.Content, BlobCondition.Missing, Cancellation);
        scratch.Delete(recursive: true);
    }
}
