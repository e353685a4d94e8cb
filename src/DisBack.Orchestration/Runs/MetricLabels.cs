using DisBack.Contracts.Documents;
using DisBack.Contracts.Grains;
using DisBack.Telemetry;

namespace DisBack.Orchestration.Runs;

/// <summary>What metrics call a kind of run, a cause or a status: a bounded set each.</summary>
internal static class MetricLabels
{
    /// <summary>Shows the counters that alerts watch at zero: one that Prometheus first sees at one has not increased to it.</summary>
    public static void ShowAtZero()
    {
        foreach (var kind in RunKinds.All.Select(kind => Of(kind.Kind)))
        {
            Instruments.Settled.Add(0, kind, Of(RunStatus.Failed));
            Instruments.Interruptions.Add(0, kind, Of(FailureCause.Lost));
        }
    }

    public static KeyValuePair<string, object?> Of(RunKind kind) => new("kind", RunKinds.Of(kind).Label);

    public static KeyValuePair<string, object?> Of(FailureCause cause) => new("cause", NameOf(cause));

    public static KeyValuePair<string, object?> Of(RunStatus status) => new("status", status.ToString().ToLowerInvariant());

    public static string NameOf(FailureCause cause) => cause.ToString().ToLowerInvariant();
}
