using System.Diagnostics.Metrics;

namespace DisBack.Storage;

/// <summary>Every instrument of this assembly. No instrument carries a digest, blob or trial as a tag: their number is unbounded.</summary>
public static class Telemetry
{
    /// <summary>The name to give to <c>AddMeter</c>.</summary>
    public const string MeterName = "DisBack.Storage";

    private static readonly Meter s_meter = new(MeterName);

    /// <summary>Bytes of content uploaded; content that was already there does not count.</summary>
    internal static readonly Counter<long> UploadedBytes = s_meter.CreateCounter<long>(
        "disback.storage.upload.bytes",
        "By",
        "Content uploaded to the blob store.");

    /// <summary>How long an upload took, hashing excluded.</summary>
    internal static readonly Histogram<double> UploadSeconds = s_meter.CreateHistogram<double>(
        "disback.storage.upload.duration",
        "s",
        "Time to upload one content.");

    /// <summary>Bytes of content fetched and verified.</summary>
    internal static readonly Counter<long> FetchedBytes = s_meter.CreateCounter<long>(
        "disback.storage.fetch.bytes",
        "By",
        "Content fetched from the blob store.");

    /// <summary>Contents whose bytes did not match their digest: any at all is an alert.</summary>
    internal static readonly Counter<long> CorruptContents = s_meter.CreateCounter<long>(
        "disback.storage.content.corrupt",
        "{content}",
        "Contents that did not match their digest.");

    /// <summary>Weights that were on this machine already.</summary>
    internal static readonly Counter<long> CacheHits = s_meter.CreateCounter<long>("disback.storage.cache.hits", "{request}", "Weights found on this machine.");

    /// <summary>Weights that had to be fetched.</summary>
    internal static readonly Counter<long> CacheMisses = s_meter.CreateCounter<long>(
        "disback.storage.cache.misses",
        "{request}",
        "Weights that had to be fetched.");

    /// <summary>Weights evicted for room.</summary>
    internal static readonly Counter<long> CacheEvictions = s_meter.CreateCounter<long>(
        "disback.storage.cache.evictions",
        "{file}",
        "Weights removed from this machine for room.");

    /// <summary>Bytes the weight cache holds now.</summary>
    internal static readonly UpDownCounter<long> CacheBytes = s_meter.CreateUpDownCounter<long>(
        "disback.storage.cache.size",
        "By",
        "Bytes in the weight cache.");
}
