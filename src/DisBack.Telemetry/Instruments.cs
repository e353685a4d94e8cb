using System.Diagnostics;
using System.Diagnostics.Metrics;

namespace DisBack.Telemetry;

/// <summary>
/// Every instrument and the source of every span. Labels are bounded: a kind of run, a cause, a status; never a run, a digest, a token or a blob, whose
/// number grows without end. The curves of single runs are in their metric chunks; a span is one record anyway, so it may say whose it is.
/// <c>infra/telemetry</c> holds the dashboards and alerts that read them.
/// </summary>
public static class Instruments
{
    /// <summary>The name to give to <c>AddMeter</c> and <c>AddSource</c>.</summary>
    public const string Name = "DisBack";

    private static readonly Meter s_meter = new(Name);

    /// <summary>
    /// Spans: one trace per attempt, with a child for its wait for a slot, each of its stages, each evaluation, and each <c>stage</c> (copy into staging
    /// memory), <c>write</c> (to a local file), <c>upload</c> and <c>commit</c> of what it makes, and for its <c>outcome</c>. Grain calls made in them
    /// belong to the same trace.
    /// </summary>
    public static readonly ActivitySource Spans = new(Name);

    // Training: is the work done that the devices are paid for?

    /// <summary>Training steps made, by kind of run: a fleet that has slots in use and makes none hangs.</summary>
    public static readonly Counter<long> Steps = s_meter.CreateCounter<long>("disback.training.steps", "{step}", "Training steps made.");

    /// <summary>Time of one step, by kind of run; the first buckets are for small networks on processors.</summary>
    public static readonly Histogram<double> StepSeconds = Seconds(
        "disback.training.step.duration", "Time of one training step.", 0.005, 0.01, 0.02, 0.05, 0.1, 0.2, 0.5, 1, 2, 5, 10);

    /// <summary>What of a step a worker of a group waits for the others: whether one more is worth its network.</summary>
    public static readonly Histogram<double> SumSeconds = Seconds(
        "disback.training.sum.duration", "Time in which a worker waits for sums of its group.", 0.005, 0.01, 0.02, 0.05, 0.1, 0.2, 0.5, 1, 2, 5, 10);

    /// <summary>Latest losses, by name, a set that the methods define: one that leaves its usual range shows trouble before a run fails of it.</summary>
    public static readonly Gauge<double> Losses = s_meter.CreateGauge<double>("disback.training.loss", null, "Latest loss.");

    /// <summary>Target switches: a backtracking that makes none stands still on its way to the teacher.</summary>
    public static readonly Counter<long> Switches = s_meter.CreateCounter<long>("disback.training.switches", "{switch}", "Targets reached.");

    /// <summary>Time of one evaluation within a run: the training waits for it.</summary>
    public static readonly Histogram<double> EvaluationSeconds = Seconds(
        "disback.evaluation.duration", "Time of one evaluation within a run.", 0.1, 0.5, 1, 5, 15, 60, 300, 900);

    // Checkpoints: what a failure would cost.

    /// <summary>How long the training thread stood still for a checkpoint.</summary>
    public static readonly Histogram<double> CheckpointStall = Seconds(
        "disback.checkpoint.stall", "Time the training thread waits for a checkpoint.", 0.0005, 0.001, 0.002, 0.005, 0.01, 0.02, 0.05, 0.1, 0.5, 1, 5);

    /// <summary>Time from the capture of a checkpoint until it is stored: until then it protects nobody.</summary>
    public static readonly Histogram<double> CheckpointSeconds = Seconds(
        "disback.checkpoint.duration", "Time until a checkpoint is stored.", 0.01, 0.05, 0.1, 0.5, 1, 5, 15, 60, 300);

    /// <summary>Size of a checkpoint: with its duration it says whether the store or the size is the trouble.</summary>
    public static readonly Histogram<long> CheckpointBytes = s_meter.CreateHistogram<long>(
        "disback.checkpoint.size", "By", "Size of a checkpoint.",
        // From 4 KiB to 64 GiB.
        advice: new() { HistogramBucketBoundaries = [.. Enumerable.Range(4, 9).Select(n => 1L << (n * 3))] });

    // Runs: what comes of what was submitted.

    /// <summary>Attempts that began, by kind of run.</summary>
    public static readonly Counter<long> Attempts = s_meter.CreateCounter<long>("disback.run.attempts", "{attempt}", "Attempts that began.");

    /// <summary>
    /// Attempts that ended before their run was complete, by kind of run and cause, counted by the owner: whoever was killed counts nothing any more.
    /// </summary>
    public static readonly Counter<long> Interruptions = s_meter.CreateCounter<long>(
        "disback.run.interruptions", "{attempt}", "Attempts that ended early, by cause.");

    /// <summary>Runs that came to an end, by kind of run and status: what the installation gets done.</summary>
    public static readonly Counter<long> Settled = s_meter.CreateCounter<long>("disback.run.settled", "{run}", "Runs that came to an end, by status.");

    /// <summary>
    /// Calls of attempts that did not own their run any more, by kind of call. They change nothing, but each is of a process that worked on after everybody
    /// had given it up: its clock, its network or its processor stood still.
    /// </summary>
    public static readonly Counter<long> Fenced = s_meter.CreateCounter<long>("disback.run.fenced", "{call}", "Calls of attempts that do not own their run.");

    /// <summary>Trials of sweeps that came to an end, by outcome: <c>measured</c>, <c>pruned</c>, or <c>failed</c>, which leaves no value.</summary>
    public static readonly Counter<long> Trials = s_meter.CreateCounter<long>("disback.sweep.trials", "{trial}", "Trials of sweeps that came to an end.");

    // Drawings: pictures of prompts, and what they keep in memory.

    /// <summary>Drawings that came to an end, by state.</summary>
    public static readonly Counter<long> Drawings = s_meter.CreateCounter<long>("disback.drawing.settled", "{drawing}", "Drawings that came to an end.");

    /// <summary>Pictures drawn.</summary>
    public static readonly Counter<long> Pictures = s_meter.CreateCounter<long>("disback.drawing.pictures", "{picture}", "Pictures drawn.");

    /// <summary>Models of pictures that were opened: many for few drawings say that they push each other out, or are idle for too long.</summary>
    public static readonly Counter<long> ModelLoads = s_meter.CreateCounter<long>("disback.drawing.model.loads", "{model}", "Models of pictures opened.");

    /// <summary>Models of pictures in memory now.</summary>
    public static readonly UpDownCounter<long> ModelsLoaded = s_meter.CreateUpDownCounter<long>(
        "disback.drawing.models", "{model}", "Models of pictures in memory.");

    // Slots: who waits, and for what.

    /// <summary>Slots of this worker in use, and parts of slots.</summary>
    public static readonly UpDownCounter<double> SlotsUsed = s_meter.CreateUpDownCounter<double>("disback.slots.used", "{slot}", "Accelerator slots in use.");

    /// <summary>Slots of this worker.</summary>
    public static readonly UpDownCounter<long> Slots = s_meter.CreateUpDownCounter<long>("disback.slots.total", "{slot}", "Accelerator slots.");

    /// <summary>Runs that wait for a slot.</summary>
    public static readonly Gauge<int> Queued = s_meter.CreateGauge<int>("disback.slots.queue", "{run}", "Runs that wait for a slot.");

    /// <summary>How long runs had waited when they got their slot, by kind of run.</summary>
    public static readonly Histogram<double> SlotWait = Seconds(
        "disback.slots.wait", "Time runs waited for a slot.", 0.1, 1, 10, 60, 300, 900, 3600, 14400, 86400);

    // Storage: everything durable passes here.

    /// <summary>Time of one request to the blob service, retries apart, by method and outcome: <c>ok</c>, <c>refused</c> (4xx), <c>failed</c>.</summary>
    public static readonly Histogram<double> StorageSeconds = Seconds(
        "disback.storage.request.duration", "Time of one request to the blob service.", 0.002, 0.005, 0.01, 0.02, 0.05, 0.1, 0.5, 1, 5, 30);

    /// <summary>Bytes of content uploaded; content that was already there does not count.</summary>
    public static readonly Counter<long> UploadedBytes = s_meter.CreateCounter<long>(
        "disback.storage.upload.bytes", "By", "Content uploaded to the blob store.");

    /// <summary>How long an upload took, hashing excluded.</summary>
    public static readonly Histogram<double> UploadSeconds = Seconds(
        "disback.storage.upload.duration", "Time to upload one content.", 0.01, 0.05, 0.1, 0.5, 1, 5, 15, 60, 300);

    /// <summary>Bytes of content fetched and verified.</summary>
    public static readonly Counter<long> FetchedBytes = s_meter.CreateCounter<long>(
        "disback.storage.fetch.bytes", "By", "Content fetched from the blob store.");

    /// <summary>Contents whose bytes did not match their digest: any at all is an alert.</summary>
    public static readonly Counter<long> CorruptContents = s_meter.CreateCounter<long>(
        "disback.storage.content.corrupt", "{content}", "Contents that did not match their digest.");

    /// <summary>Weights that were on this machine already.</summary>
    public static readonly Counter<long> CacheHits = s_meter.CreateCounter<long>("disback.storage.cache.hits", "{request}", "Weights found on this machine.");

    /// <summary>Weights that had to be fetched.</summary>
    public static readonly Counter<long> CacheMisses = s_meter.CreateCounter<long>(
        "disback.storage.cache.misses", "{request}", "Weights that had to be fetched.");

    /// <summary>Weights evicted for room: many of them say that the cache is smaller than what trains here needs.</summary>
    public static readonly Counter<long> CacheEvictions = s_meter.CreateCounter<long>(
        "disback.storage.cache.evictions", "{file}", "Weights removed from this machine for room.");

    /// <summary>Bytes the weight cache holds now.</summary>
    public static readonly UpDownCounter<long> CacheBytes = s_meter.CreateUpDownCounter<long>(
        "disback.storage.cache.size", "By", "Bytes in the weight cache.");

    // Gateway: what users meet.

    /// <summary>Clients that watch a run.</summary>
    public static readonly UpDownCounter<int> Watchers = s_meter.CreateUpDownCounter<int>("disback.gateway.watchers", "{client}", "Clients that watch a run.");

    /// <summary>Runs that are watched; each costs the cluster one enumeration.</summary>
    public static readonly UpDownCounter<int> Feeds = s_meter.CreateUpDownCounter<int>("disback.gateway.feeds", "{run}", "Runs that are watched.");

    /// <summary>Requests that were turned away, by status: many at a time are an expired token in a script, or somebody who tries.</summary>
    public static readonly Counter<long> Refused = s_meter.CreateCounter<long>(
        "disback.gateway.refused", "{request}", "Requests without a token, or without the right to what they ask for.");

    /// <summary>Notifications that a receiver has taken.</summary>
    public static readonly Counter<long> NotificationsDelivered = s_meter.CreateCounter<long>(
        "disback.notifications.delivered", "{notification}", "Notifications that a receiver has taken.");

    /// <summary>Notifications that no receiver will get, by outcome, refused or expired: whoever relies on them has missed something.</summary>
    public static readonly Counter<long> NotificationsFailed = s_meter.CreateCounter<long>(
        "disback.notifications.failed", "{notification}", "Notifications that were refused by their receiver, or given up.");

    // Hosts: read when they are asked for, because nobody's work passes there.

    /// <summary>Bytes free on a disk of this process, by use: without them no checkpoint is written.</summary>
    public static void DiskFree(Func<IEnumerable<Measurement<long>>> read) =>
        s_meter.CreateObservableGauge("disback.disk.free", read, "By", "Bytes free on a disk, by use.");

    /// <summary>Size of a disk of this process, by use.</summary>
    public static void DiskSize(Func<IEnumerable<Measurement<long>>> read) =>
        s_meter.CreateObservableGauge("disback.disk.size", read, "By", "Size of a disk, by use.");

    /// <summary>Part of the time, 0 to 1, in which a device computed, by its index: slots in use on an idle device wait for something else.</summary>
    public static void DeviceUtilization(Func<IEnumerable<Measurement<double>>> read) =>
        s_meter.CreateObservableGauge("disback.device.utilization", read, "1", "Part of the time in which a device computed.");

    /// <summary>Bytes of a device's memory in use, by all processes.</summary>
    public static void DeviceMemoryUsed(Func<IEnumerable<Measurement<long>>> read) =>
        s_meter.CreateObservableGauge("disback.device.memory.used", read, "By", "Memory of a device in use.");

    /// <summary>Bytes of a device's memory.</summary>
    public static void DeviceMemorySize(Func<IEnumerable<Measurement<long>>> read) =>
        s_meter.CreateObservableGauge("disback.device.memory.size", read, "By", "Memory of a device.");

    /// <summary>Temperature of a device: a hot one slows down before it fails.</summary>
    public static void DeviceTemperature(Func<IEnumerable<Measurement<double>>> read) =>
        s_meter.CreateObservableGauge("disback.device.temperature", read, "Cel", "Temperature of a device.");

    /// <summary>Power that a device draws.</summary>
    public static void DevicePower(Func<IEnumerable<Measurement<double>>> read) =>
        s_meter.CreateObservableGauge("disback.device.power", read, "W", "Power that a device draws.");

    private static Histogram<double> Seconds(string name, string description, params double[] bounds) =>
        s_meter.CreateHistogram(name, "s", description, advice: new InstrumentAdvice<double> { HistogramBucketBoundaries = bounds });
}
