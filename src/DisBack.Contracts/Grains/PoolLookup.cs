namespace DisBack.Contracts.Grains;

/// <summary>The grains of which a cluster has one each.</summary>
public static class PoolLookup
{
    /// <summary>The pool of accelerators.</summary>
    public static IAcceleratorPoolGrain Pool(this IGrainFactory grains) => grains.GetGrain<IAcceleratorPoolGrain>(GrainKeys.Pool);

    /// <summary>The repair of damaged contents.</summary>
    public static IContentRepairGrain ContentRepair(this IGrainFactory grains) => grains.GetGrain<IContentRepairGrain>(GrainKeys.ContentRepair);
}
