using System.Diagnostics;
using DisBack.Contracts.Documents;
using DisBack.Contracts.Grains;
using DisBack.Orchestration.Runs;
using DisBack.Telemetry;

namespace DisBack.Orchestration.Training;

/// <summary>The trace of an attempt.</summary>
internal static class AttemptSpans
{
    /// <summary>Begins the span of an attempt: a trace of its own, because it outlives by hours the calls that led to it, to which it only links.</summary>
    /// <param name="assignment">The attempt.</param>
    /// <param name="startedBy">The call that started it.</param>
    public static Activity? Start(TrainingAssignment assignment, ActivityContext startedBy)
    {
        var run = assignment.Run;
        var kind = RunKinds.Of(run.Kind).Label;
        var links = new List<ActivityLink>();
        if (startedBy != default)
        {
            links.Add(new ActivityLink(startedBy));
        }
        if (ActivityContext.TryParse(assignment.SubmittedIn, null, isRemote: true, out var submitted))
        {
            links.Add(new ActivityLink(submitted, new() { ["disback.link"] = "submit" }));
        }
        var attempt = Instruments.Spans.StartActivity(
            ActivityKind.Internal,
            tags: [new("disback.kind", kind), new("disback.run", run.Owner), new("disback.attempt", run.Number)],
            links: links,
            startTime: assignment.WaitingSince ?? default,
            name: $"attempt {kind}");
        if (assignment.WaitingSince is { } since && attempt is not null)
        {
            Instruments.Spans.StartActivity("wait", ActivityKind.Internal, attempt.Context, startTime: since)?.Dispose();
        }
        return attempt;
    }

    /// <summary>Begins a span of work done in the name of an attempt, on whatever thread.</summary>
    /// <param name="name">The step of the work.</param>
    /// <param name="attempt">The attempt's span.</param>
    /// <param name="product">What is worked on: <c>checkpoint</c>, <c>node</c>, <c>artifact</c>...</param>
    public static Activity? StartWork(string name, ActivityContext attempt, string? product = null) =>
        // Without the attempt's span, nobody wants this one either; a default parent would make it a child of whatever is current.
        attempt == default ? null : Instruments.Spans.StartActivity(
            name, ActivityKind.Internal, attempt, product is null ? null : [new("disback.product", product)]);

    /// <summary>Ends the span of an attempt.</summary>
    public static void End(Activity? span, string stage, RunOutcome outcome)
    {
        span?.SetTag("disback.stage", stage).SetTag("disback.step", outcome.Step);
        if (outcome.Cause is { } cause)
        {
            span?.SetTag("disback.cause", MetricLabels.NameOf(cause));
            if (cause != FailureCause.Stopped)
            {
                span?.SetStatus(ActivityStatusCode.Error, outcome.Message);
            }
        }
        span?.Dispose();
    }
}
