using System.Collections.Immutable;
using DisBack.Contracts.Grains;
using DisBack.Orchestration.Placement;

namespace DisBack.Orchestration.Grains;

/// <inheritdoc cref="IContentRepairGrain"/>
[GrainType("content-repair"), PlacedOn(SiloRole.Control)]
internal sealed class ContentRepairGrain(TimeProvider time) : Grain, IContentRepairGrain
{
    /// <summary>How long a worker that has a copy may take to report.</summary>
    private static readonly TimeSpan s_memory = TimeSpan.FromMinutes(10);

    private readonly Dictionary<string, Damage> _damaged = [];

    public Task<ImmutableArray<string>> ReportAsync(ContentReport report)
    {
        foreach (var (digest, damage) in _damaged.ToList())
        {
            if (time.GetElapsedTime(damage.Reported) > s_memory)
            {
                _damaged.Remove(digest);
            }
        }
        foreach (var digest in report.Damaged)
        {
            _damaged[digest] = new Damage(time.GetTimestamp(), [report.Worker]);
        }
        // Every worker with a copy is asked once, because its copy may be damaged, too.
        return Task.FromResult<ImmutableArray<string>>(
            [.. _damaged.Where(damage => report.Cached.Contains(damage.Key) && damage.Value.Asked.Add(report.Worker)).Select(damage => damage.Key)]);
    }

    private sealed record Damage(long Reported, HashSet<SiloAddress> Asked);
}
