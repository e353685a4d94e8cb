using System.Collections.Concurrent;
using System.Diagnostics;
using DisBack.Contracts.Documents;
using DisBack.Contracts.Grains;
using DisBack.Telemetry;

namespace DisBack.Orchestration.Tests;

/// <summary>What somebody who listens learns of an attempt.</summary>
public sealed class TelemetryTests : IDisposable
{
    private const string Orleans = "Microsoft.Orleans.Application";

    private readonly ConcurrentQueue<Activity> _spans = new();
    private readonly ActivityListener _listener;

    public TelemetryTests()
    {
        _listener = new ActivityListener
        {
            ShouldListenTo = source => source.Name is Instruments.Name or Orleans,
            Sample = (ref ActivityCreationOptions<ActivityContext> _) => ActivitySamplingResult.AllDataAndRecorded,
            ActivityStopped = _spans.Enqueue,
        };
        ActivitySource.AddActivityListener(_listener);
    }

    public void Dispose() => _listener.Dispose();

    [Fact]
    public async Task An_attempt_is_one_trace_down_to_the_grain_calls_that_commit_its_work()
    {
        await using var site = await Site.OpenAsync(new ScriptedTraining());
        await Site.UntilAsync(await site.SubmitAsync("traced-1"), RunStatus.Completed);

        var attempt = Assert.Single(Attempts("traced-1/0000"));
        var work = _spans.Where(span => span.ParentSpanId == attempt.SpanId).ToList();
        var commits = work.Where(span => span.OperationName == "commit").ToList();

        Assert.Equal((default, "attempt backtracking", ActivityStatusCode.Unset), (attempt.ParentSpanId, attempt.OperationName, attempt.Status));
        Assert.Equal(("backtracking", 1, 0L, 40L), (Tag(attempt, "kind"), Tag(attempt, "attempt"), Tag(attempt, "resumed_step"), Tag(attempt, "step")));
        Assert.Equal("target switch", Assert.Single(attempt.Events).Name);
        Assert.All(["stage", "write", "upload", "commit"], step =>
            Assert.Equal(4, work.Count(span => span.OperationName == step && Tag(span, "product") is "checkpoint")));
        Assert.All(commits, commit => Assert.Contains(_spans, call => call.Source.Name == Orleans && call.ParentSpanId == commit.SpanId));
        Assert.Contains(_spans, call => call.Kind == ActivityKind.Server && call.TraceId == attempt.TraceId);
    }

    [Fact]
    public async Task A_trace_begins_with_the_wait_for_a_slot_and_links_to_whoever_submitted_the_run()
    {
        var script = new ScriptedTraining();
        var gate = script.HoldAt(RunKind.Backtracking, 5);
        await using var site = await Site.OpenAsync(script);
        var first = await site.SubmitAsync("traced-3");
        await Site.UntilAsync(first, RunStatus.Running);
        ActivityTraceId submitting;
        ITrialGrain second;
        using (var submit = Instruments.Spans.StartActivity("submit"))
        {
            submitting = submit!.TraceId;
            second = await site.SubmitAsync("traced-4");
        }
        await Site.UntilAsync(second, RunStatus.Queued);
        gate.Open();
        await Site.UntilAsync(second, RunStatus.Completed);

        var attempt = Assert.Single(Attempts("traced-4/0000"));
        var work = _spans.Where(span => span.ParentSpanId == attempt.SpanId && Tag(span, "product") is null).ToLookup(span => span.OperationName);
        var wait = Assert.Single(work["wait"]);
        Assert.Equal(attempt.StartTimeUtc, wait.StartTimeUtc);
        Assert.True(wait.Duration > TimeSpan.Zero);
        Assert.All(["prepare", "resume", "train"], step => Assert.True(Assert.Single(work[step]).StartTimeUtc >= wait.StartTimeUtc + wait.Duration));
        Assert.Contains(attempt.Links, link => link.Context.TraceId == submitting && link.Tags!.Single().Value is "submit");
    }

    [Fact]
    public async Task The_span_of_a_failed_attempt_says_why()
    {
        var script = new ScriptedTraining();
        script.At(RunKind.Backtracking, 27, _ => throw new InvalidOperationException("The device fell off the bus."));
        await using var site = await Site.OpenAsync(script);
        await Site.UntilAsync(await site.SubmitAsync("traced-2"), RunStatus.Completed);

        var attempts = Attempts("traced-2/0000").OrderBy(span => Tag(span, "attempt")).ToList();

        Assert.Equal(
            [(1, "crash", 0L), (2, null, 20L)],
            attempts.Select(span => ((int)Tag(span, "attempt")!, (string?)Tag(span, "cause"), (long)Tag(span, "resumed_step")!)));
        Assert.Equal((ActivityStatusCode.Error, ActivityStatusCode.Unset), (attempts[0].Status, attempts[1].Status));
        Assert.Contains("fell off the bus", attempts[0].StatusDescription, StringComparison.Ordinal);
    }

    private IEnumerable<Activity> Attempts(string run) => _spans.Where(span => Tag(span, "run") is string owner && owner == run);

    private static object? Tag(Activity span, string name) => span.GetTagItem($"disback.{name}");
}
