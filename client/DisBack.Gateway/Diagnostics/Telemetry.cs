using System.Diagnostics.Metrics;

namespace DisBack.Gateway.Diagnostics;

/// <summary>Every instrument of the gateway. None carries a run or a name of a token: their number is unbounded.</summary>
internal static class Telemetry
{
    /// <summary>The name to give to <c>AddMeter</c>.</summary>
    public const string MeterName = "DisBack.Gateway";

    private static readonly Meter s_meter = new(MeterName);

    /// <summary>Clients that watch a run.</summary>
    public static readonly UpDownCounter<int> Watchers = s_meter.CreateUpDownCounter<int>("disback.gateway.watchers", "{client}", "Clients that watch a run.");

    /// <summary>Runs that are watched; each costs the cluster one enumeration.</summary>
    public static readonly UpDownCounter<int> Feeds = s_meter.CreateUpDownCounter<int>("disback.gateway.feeds", "{run}", "Runs that are watched.");

    /// <summary>Requests that were turned away, by status.</summary>
    public static readonly Counter<long> Refused = s_meter.CreateCounter<long>("disback.gateway.refused", "{request}", "Requests without a token, or without "
        + "the right to what they ask for.");
}
