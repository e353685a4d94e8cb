using System.Diagnostics;
using System.Diagnostics.Metrics;
using DisBack.Contracts.Documents;
using DisBack.Contracts.Grains;

namespace DisBack.Orchestration;

/// <summary>
/// Every instrument and span of the orchestration. Labels of metrics are bounded: the kind of run and the cause of a failure, never a run, a
/// grain or a digest; the curves of single runs are in their metric chunks. A span is one record anyway, so it may say whose it is.
/// </summary>
public static class Telemetry
{
    /// <summary>The name to give to <c>AddMeter</c> and <c>AddSource</c>.</summary>
    public const string Name = "DisBack.Orchestration";

    private static readonly Meter s_meter = new(Name);

    /// <summary>
    /// Spans: one trace per attempt, with a child for each <c>stage</c> (copy into staging memory), <c>write</c> (to a local file), <c>upload</c> and
    /// <c>commit</c> of what the attempt makes, and for its <c>outcome</c>. Grain calls made in them belong to the same trace.
    /// </summary>
    internal static readonly ActivitySource Source = new(Name);

    /// <summary>Training steps made, by kind.</summary>
    internal static readonly Counter<long> Steps = s_meter.CreateCounter<long>("disback.training.steps", "{step}", "Training steps made.");

    /// <summary>Time of one step, by kind; the first buckets are for small CPU networks.</summary>
    internal static readonly Histogram<double> StepSeconds = s_meter.CreateHistogram<double>(
        "disback.training.step.duration", "s", "Time of one training step.",
        advice: new() { HistogramBucketBoundaries = [0.005, 0.01, 0.02, 0.05, 0.1, 0.2, 0.5, 1, 2, 5, 10] });

    /// <summary>Latest losses, by name of the loss: a bounded set that the method defines.</summary>
    internal static readonly Gauge<double> Losses = s_meter.CreateGauge<double>("disback.training.loss", null, "Latest loss.");

    /// <summary>How long the training thread stood still for a checkpoint.</summary>
    internal static readonly Histogram<double> CheckpointStall = s_meter.CreateHistogram<double>(
        "disback.checkpoint.stall", "s", "Time the training thread waits for a checkpoint.",
        advice: new() { HistogramBucketBoundaries = [0.0005, 0.001, 0.002, 0.005, 0.01, 0.02, 0.05, 0.1, 0.5, 1, 5] });

    /// <summary>Time from the capture of a checkpoint until it is stored.</summary>
    internal static readonly Histogram<double> CheckpointSeconds = s_meter.CreateHistogram<double>(
        "disback.checkpoint.duration",
        "s",
        "Time until a checkpoint is stored.");

    /// <summary>Size of a checkpoint.</summary>
    internal static readonly Histogram<long> CheckpointBytes = s_meter.CreateHistogram<long>("disback.checkpoint.size", "By", "Size of a checkpoint.");

    /// <summary>Target switches.</summary>
    internal static readonly Counter<long> Switches = s_meter.CreateCounter<long>("disback.training.switches", "{switch}", "Targets reached.");

    /// <summary>
    /// Attempts that ended before their run was complete, by kind and cause, counted by the owner: whoever was killed counts nothing any more.
    /// </summary>
    internal static readonly Counter<long> Restarts = s_meter.CreateCounter<long>(
        "disback.run.interruptions",
        "{attempt}",
        "Attempts that ended early, by cause.");

    /// <summary>Calls of attempts that did not own their run any more, by kind of call: <c>commit</c>, <c>heartbeat</c>...</summary>
    internal static readonly Counter<long> Fenced = s_meter.CreateCounter<long>("disback.run.fenced", "{call}", "Calls of attempts that do not own their run.");

    /// <summary>Slots of this worker in use, and parts of slots.</summary>
    internal static readonly UpDownCounter<double> SlotsUsed = s_meter.CreateUpDownCounter<double>("disback.slots.used", "{slot}", "Accelerator slots in use.");

    /// <summary>Slots of this worker.</summary>
    internal static readonly UpDownCounter<long> Slots = s_meter.CreateUpDownCounter<long>("disback.slots.total", "{slot}", "Accelerator slots.");

    /// <summary>Runs that wait for a slot.</summary>
    internal static readonly Gauge<int> Queued = s_meter.CreateGauge<int>("disback.slots.queue", "{run}", "Runs that wait for a slot.");

    /// <summary>The label of a kind.</summary>
    internal static string NameOf(RunKind kind) => RunKinds.Of(kind).Label;

    /// <summary>The label of a cause.</summary>
    internal static string NameOf(FailureCause cause) => cause.ToString().ToLowerInvariant();

    /// <summary>Begins the span of an attempt: a trace of its own, because it outlives by hours the call that started it, to which it only links.</summary>
    /// <param name="run">The attempt.</param>
    /// <param name="startedBy">The call that started it.</param>
    internal static Activity? StartAttempt(RunAttempt run, ActivityContext startedBy)
    {
        var kind = NameOf(run.Kind);
        return Source.StartActivity(
            ActivityKind.Internal,
            tags: [new("disback.kind", kind), new("disback.run", run.Owner), new("disback.attempt", run.Number)],
            links: startedBy == default ? [] : [new ActivityLink(startedBy)],
            name: $"attempt {kind}");
    }

    /// <summary>Begins a span of work done in the name of an attempt, on whatever thread.</summary>
    /// <param name="name">The step of the work.</param>
    /// <param name="attempt">The attempt's span.</param>
    /// <param name="product">What is worked on: <c>checkpoint</c>, <c>node</c>, <c>artifact</c>...</param>
    internal static Activity? StartWork(string name, ActivityContext attempt, string? product = null) =>
        // Without the attempt's span, nobody wants this one either; a default parent would make it a child of whatever is current.
        attempt == default ? null : Source.StartActivity(name, ActivityKind.Internal, attempt, product is null ? null : [new("disback.product", product)]);

    /// <summary>Ends the span of an attempt.</summary>
    internal static void EndAttempt(Activity? span, string stage, RunOutcome outcome)
    {
        span?.SetTag("disback.stage", stage).SetTag("disback.step", outcome.Step);
        if (outcome.Cause is { } cause)
        {
            span?.SetTag("disback.cause", NameOf(cause));
            if (cause != FailureCause.Stopped)
            {
                span?.SetStatus(ActivityStatusCode.Error, outcome.Message);
            }
        }
        span?.Dispose();
    }
}
