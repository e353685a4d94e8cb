using DisBack.Contracts.Documents;
using DisBack.Contracts.Grains;

namespace DisBack.Orchestration.Runs;

/// <summary>What metrics call a kind of run, a cause or a status: a bounded set each.</summary>
internal static class MetricLabels
{
    public static KeyValuePair<string, object?> Of(RunKind kind) => new("kind", RunKinds.Of(kind).Label);

    public static KeyValuePair<string, object?> Of(FailureCause cause) => new("cause", NameOf(cause));

    public static KeyValuePair<string, object?> Of(RunStatus status) => new("status", status.ToString().ToLowerInvariant());

    public static string NameOf(FailureCause cause) => cause.ToString().ToLowerInvariant();
}
