using DisBack.Storage.Blobs;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Options;
using Orleans.Configuration;
using Orleans.Providers;
using Orleans.Runtime.Hosting;

namespace DisBack.GrainStorage;

/// <summary>Registers grain storage on the silo's blob store.</summary>
public static class BlobGrainStorageHosting
{
    /// <summary>Adds grain storage under a provider name.</summary>
    public static ISiloBuilder AddBlobGrainStorage(this ISiloBuilder builder, string name, Action<OptionsBuilder<BlobGrainStorageOptions>>? configure = null)
    {
        builder.Services.AddBlobGrainStorage(name, configure);
        return builder;
    }

    /// <summary>Adds grain storage for every grain that names no other provider.</summary>
    public static ISiloBuilder AddBlobGrainStorageAsDefault(this ISiloBuilder builder, Action<OptionsBuilder<BlobGrainStorageOptions>>? configure = null) =>
        builder.AddBlobGrainStorage(ProviderConstants.DEFAULT_STORAGE_PROVIDER_NAME, configure);

    /// <summary>Adds grain storage under a provider name.</summary>
    public static IServiceCollection AddBlobGrainStorage(
        this IServiceCollection services, string name, Action<OptionsBuilder<BlobGrainStorageOptions>>? configure = null)
    {
        configure?.Invoke(services.AddOptions<BlobGrainStorageOptions>(name));
        services.ConfigureNamedOptionForLogging<BlobGrainStorageOptions>(name);
        services.AddTransient<IConfigurationValidator>(provider => new BlobGrainStorageOptionsValidator(Options(provider, name), name));
        return services.AddGrainStorage(
            name,
            (provider, n) => ActivatorUtilities.CreateInstance<BlobGrainStorage>(provider, n, Options(provider, n), Blobs(provider, n)));
    }

    private static IBlobStore Blobs(IServiceProvider provider, string name) => provider.GetService<IBlobStore>()
        ?? throw new OrleansConfigurationException($"Grain storage '{name}' has no blob store; call AddBlobStore on the silo's services.");

    private static BlobGrainStorageOptions Options(IServiceProvider provider, string name) =>
        provider.GetRequiredService<IOptionsMonitor<BlobGrainStorageOptions>>().Get(name);
}
