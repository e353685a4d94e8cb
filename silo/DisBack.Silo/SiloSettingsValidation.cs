using System.ComponentModel.DataAnnotations;
using System.Globalization;
using System.Net;
using System.Text.RegularExpressions;
using DisBack.Contracts.Hosting;
using DisBack.Orchestration.Placement;
using DisBack.Storage.Tables;
using StackExchange.Redis;

namespace DisBack.Silo;

/// <summary>What cannot work is refused at the start, in one sentence with what to change.</summary>
internal static partial class SiloSettingsValidation
{
    /// <summary>What the timers of .NET can do, roundly.</summary>
    private static readonly TimeSpan s_longestTimer = TimeSpan.FromDays(49);

    /// <summary>The first thing wrong with the settings; null if nothing is.</summary>
    public static string? Problem(SiloSettings settings) => Problems(settings).FirstOrDefault();

    private static IEnumerable<string> Problems(SiloSettings settings)
    {
        foreach (var section in new object[] { settings.Cluster, settings.Blobs })
        {
            var wrong = new List<ValidationResult>();
            if (!Validator.TryValidateObject(section, new ValidationContext(section), wrong, validateAllProperties: true))
            {
                yield return wrong[0].ErrorMessage!;
            }
        }
        if (!Enum.IsDefined(settings.Role))
        {
            yield return $"Role is {settings.Role}; it is {string.Join(", ", Enum.GetNames<SiloRole>())}.";
        }
        if (settings.Name.Length == 0)
        {
            yield return "Name is empty; give the silo a name of its own.";
        }
        if (settings.Cluster.Redis is { } redis && !IsRedis(redis))
        {
            yield return "Cluster:Redis cannot be read; give host:port, and after commas the options of StackExchange.Redis, as in redis:6379,password=...";
        }
        if (TableAccount.Problem(settings.Cluster.Tables.ConnectionString, "Cluster:Tables:ConnectionString") is { } unreadable)
        {
            yield return unreadable;
        }
        foreach (var problem in (IEnumerable<string>)
        [
            .. EndpointProblems(settings),
            .. WorkerProblems(settings),
            .. TimeProblems(settings),
            .. Contradictions(settings),
            .. RetryProblems(settings),
        ])
        {
            yield return problem;
        }
    }

    private static IEnumerable<string> EndpointProblems(SiloSettings settings)
    {
        var ends = settings.Endpoints;
        foreach (var (name, port) in new[] { ("Silo", ends.Silo), ("Gateway", ends.Gateway), ("Http", ends.Http) })
        {
            if (port is < 1 or > 65535)
            {
                yield return $"Endpoints:{name} is {port}; a port is a number from 1 to 65535.";
            }
        }
        if (new[] { ends.Silo, ends.Gateway, ends.Http }.Distinct().Count() < 3)
        {
            yield return $"Endpoints:Silo, Endpoints:Gateway and Endpoints:Http are {ends.Silo}, {ends.Gateway} and {ends.Http}; give each a port of its own.";
        }
        if (IPAddress.TryParse(ends.Address, out var any) && (any.Equals(IPAddress.Any) || any.Equals(IPAddress.IPv6Any)))
        {
            yield return $"Endpoints:Address is {ends.Address}, under which nobody finds this machine; name it as the others know it.";
        }
        if (settings.Cluster.Membership != MembershipKind.Localhost)
        {
            yield break;
        }
        if (settings.Role != SiloRole.Both)
        {
            yield return $"Role is {settings.Role} but Cluster:Membership is Localhost, which is a cluster of one silo; set Role to Both, or "
                + "Cluster:Membership to Redis or AzureTables.";
        }
        if (IPAddress.TryParse(ends.Address, out var address) && !IPAddress.IsLoopback(address))
        {
            yield return $"Endpoints:Address is {ends.Address} but Cluster:Membership is Localhost, which no other machine can join; set Endpoints:Address to "
                + "127.0.0.1, or Cluster:Membership to Redis or AzureTables.";
        }
    }

    private static IEnumerable<string> WorkerProblems(SiloSettings settings)
    {
        if (!settings.Role.HasFlag(SiloRole.Worker))
        {
            yield break;
        }
        var worker = settings.Worker;
        if (!Accelerator().IsMatch(worker.Accelerator))
        {
            yield return $"Worker:Accelerator is '{worker.Accelerator}'; it is cpu or cuda:N.";
        }
        if (worker.Slots is < 1 or > 1024)
        {
            yield return $"Worker:Slots is {worker.Slots}; an accelerator has 1 to 1024.";
        }
        if (worker.CacheBytes < 1)
        {
            yield return $"Worker:CacheBytes is {worker.CacheBytes}; the cache needs room for the networks of a run.";
        }
        if (settings.Training.Scratch.Length > 0)
        {
            yield return $"Training:Scratch is '{settings.Training.Scratch}', but the scratch folder of a silo is Worker:Scratch; set that instead.";
        }
        if (worker.Scratch is not null && worker.Scratch == worker.Cache)
        {
            yield return $"Worker:Scratch and Worker:Cache are both '{worker.Scratch}', but each needs a folder of its own; name two.";
        }
    }

    /// <summary>Times that make no sense whatever the others are.</summary>
    private static IEnumerable<string> TimeProblems(SiloSettings settings)
    {
        var (training, detection) = (settings.Training, settings.Detection);
        foreach (var (name, time) in new[]
        {
            ("Training:Heartbeat", training.Heartbeat), ("Training:Supervise", training.Supervise), ("Training:Report", training.Report),
            ("Training:Drain", training.Drain), ("Detection:ProbeTimeout", detection.ProbeTimeout), ("Detection:TableRefresh", detection.TableRefresh),
            ("Detection:IAmAlive", detection.IAmAlive), ("Detection:Guard", detection.Guard), ("Supervision:Ensure", settings.Supervision.Ensure),
            ("Supervision:Audit", settings.Supervision.Audit), ("Training:Stale", training.Stale), ("Training:DeadMan", training.DeadMan),
            ("Detection:MaxProbeTimeout", detection.MaxProbeTimeout), ("Retry:FirstDelay", settings.Retry.FirstDelay),
            ("Retry:LongestDelay", settings.Retry.LongestDelay),
        })
        {
            if (time <= TimeSpan.Zero)
            {
                yield return $"{name} is {Text(time)}; it must be longer than nothing.";
            }
            if (time > s_longestTimer)
            {
                yield return $"{name} is {Text(time)}; no timer runs longer than {s_longestTimer.TotalDays:0} days, so lower it.";
            }
        }
        if (detection.MissedProbes < 1)
        {
            yield return $"Detection:MissedProbes is {detection.MissedProbes}; at least one probe must go unanswered.";
        }
    }

    /// <summary>Times that contradict one another.</summary>
    private static IEnumerable<string> Contradictions(SiloSettings settings)
    {
        var (training, detection) = (settings.Training, settings.Detection);
        if (detection.MaxProbeTimeout < detection.ProbeTimeout)
        {
            yield return $"Detection:MaxProbeTimeout ({Text(detection.MaxProbeTimeout)}) is shorter than Detection:ProbeTimeout "
                + $"({Text(detection.ProbeTimeout)}), from which it may only grow; raise it.";
        }
        if (training.Heartbeat * 2 > training.Stale)
        {
            yield return $"Training:Stale ({Text(training.Stale)}) is less than two heartbeats of {Text(training.Heartbeat)}, so one late heartbeat would end "
                + "a healthy attempt; raise Stale or lower Heartbeat.";
        }
        if (training.Hung <= training.Stale)
        {
            yield return $"Training:Hung ({Text(training.Hung)}) is not longer than Training:Stale ({Text(training.Stale)}), so a long step would end a "
                + "healthy attempt; raise Hung.";
        }
        if (training.Stale >= training.DeadMan)
        {
            yield return $"Training:DeadMan ({Text(training.DeadMan)}) is not longer than Training:Stale ({Text(training.Stale)}), so a run would stop itself "
                + "before its owner gives it up; raise DeadMan.";
        }
        if (detection.WorstCase + training.Supervise >= training.DeadMan)
        {
            yield return $"Training:DeadMan ({Text(training.DeadMan)}) is not longer than the {Text(detection.WorstCase + training.Supervise)} in which a "
                + "silent control silo is replaced "
                + "(2 x Detection:MissedProbes x Detection:MaxProbeTimeout + Training:Supervise), so healthy runs would stop with it; raise DeadMan or lower "
                + "MaxProbeTimeout.";
        }
        if (training.StorageGrace < TimeSpan.Zero || training.StorageGrace >= training.Hung)
        {
            yield return $"Training:StorageGrace is {Text(training.StorageGrace)}; it may be nothing, but must be shorter than Training:Hung "
                + $"({Text(training.Hung)}), "
                + "or a thread that waits for the blob store would be taken for one that hangs.";
        }
        var (azure, silence) = (settings.Blobs.Azure, settings.Blobs.Azure.NetworkTimeout * (settings.Blobs.Azure.Retries + 1));
        if (settings.Blobs.Folder is null && silence >= training.DeadMan)
        {
            yield return $"Training:DeadMan ({Text(training.DeadMan)}) is not longer than the {Text(silence)} for which a blob store that hangs keeps an owner "
                + "from listening "
                + $"(Blobs:Azure:NetworkTimeout of {Text(azure.NetworkTimeout)} x {azure.Retries + 1}), so healthy runs would stop with it; raise DeadMan or "
                + "lower NetworkTimeout.";
        }
        if (settings.Supervision.Audit < settings.Supervision.Ensure)
        {
            yield return $"Supervision:Audit ({Text(settings.Supervision.Audit)}) is shorter than Supervision:Ensure ({Text(settings.Supervision.Ensure)}), so "
                + "a silent owner would never be asked twice; raise Audit.";
        }
        if (training.PoolSettle < training.Report)
        {
            yield return $"Training:PoolSettle ({Text(training.PoolSettle)}) is shorter than Training:Report ({Text(training.Report)}), so a new pool would "
                + "give out slots that are in use; raise PoolSettle.";
        }
    }

    private static IEnumerable<string> RetryProblems(SiloSettings settings)
    {
        var retry = settings.Retry;
        foreach (var (name, limit) in new[]
        {
            ("Crashes", retry.Crashes),
            ("OutOfMemory", retry.OutOfMemory),
            ("Storage", retry.Storage),
            ("Lost", retry.Lost),
        })
        {
            if (limit < 1)
            {
                yield return $"Retry:{name} is {limit}; the first failure is one already, so it is at least 1.";
            }
        }
        if (retry.LongestDelay < retry.FirstDelay)
        {
            yield return $"Retry:LongestDelay ({Text(retry.LongestDelay)}) is shorter than Retry:FirstDelay ({Text(retry.FirstDelay)}), from which it only "
                + "grows; raise it.";
        }
    }

    /// <summary>Whether the address can be read; why not is not for logs, because it may hold a password.</summary>
    private static bool IsRedis(string address)
    {
        try
        {
            return ConfigurationOptions.Parse(address).EndPoints.Count > 0;
        }
        catch (Exception e) when (e is ArgumentException or FormatException or OverflowException)
        {
            return false;
        }
    }

    private static string Text(TimeSpan time) => string.Create(CultureInfo.InvariantCulture, $"{time.TotalSeconds:0.###} s");

    [GeneratedRegex("^(cpu|cuda:[0-9]+)$")]
    private static partial Regex Accelerator();
}
