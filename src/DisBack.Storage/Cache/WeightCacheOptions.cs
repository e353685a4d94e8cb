using DisBack.Storage.Blobs;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.DependencyInjection.Extensions;

namespace DisBack.Storage.Cache;

/// <summary>Where a machine keeps weights near, and how many.</summary>
public sealed class WeightCacheOptions
{
    /// <summary>A folder of this process alone; created if needed. Unused when the blob store is a local folder. Required.</summary>
    public string Folder { get; set; } = "";

    /// <summary>Bytes that the folder may hold. Default: 32 GiB.</summary>
    public long CapacityBytes { get; set; } = 32L << 30;
}

/// <summary>Registers the weight cache.</summary>
public static class WeightCacheServices
{
    /// <summary>Adds the one <see cref="WeightCache"/> of the process, over the store of <see cref="BlobStoreServices.AddBlobStore"/>.</summary>
    public static IServiceCollection AddWeightCache(this IServiceCollection services, Action<WeightCacheOptions> configure)
    {
        services.AddOptions<WeightCacheOptions>().Configure(configure)
            .Validate(options => options.Folder.Length > 0, "The weight cache needs a Folder of its own.")
            .Validate(options => options.CapacityBytes > 0, "The weight cache needs a positive CapacityBytes.")
            .ValidateOnStart();
        services.TryAddSingleton<WeightCache>();
        return services;
    }
}
