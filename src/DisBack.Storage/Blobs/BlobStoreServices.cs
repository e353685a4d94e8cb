using Azure.Core;
using Azure.Identity;
using Azure.Storage.Blobs;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.DependencyInjection.Extensions;
using Microsoft.Extensions.Options;

namespace DisBack.Storage.Blobs;

/// <summary>Registers the blob store.</summary>
public static class BlobStoreServices
{
    /// <summary>Adds the one <see cref="IBlobStore"/> of the process; the options are validated at start.</summary>
    public static IServiceCollection AddBlobStore(this IServiceCollection services, Action<BlobStoreOptions> configure)
    {
        services.AddOptions<BlobStoreOptions>().Configure(configure).ValidateOnStart();
        services.TryAddEnumerable(ServiceDescriptor.Singleton<IValidateOptions<BlobStoreOptions>, BlobStoreOptionsValidator>());
        services.TryAddSingleton(TimeProvider.System);
        services.TryAddSingleton<IBlobStore>(
            provider => Create(provider.GetRequiredService<IOptions<BlobStoreOptions>>().Value, provider.GetRequiredService<TimeProvider>()));
        return services;
    }

    /// <summary>The store that the options name, for programs without a container of services.</summary>
    public static IBlobStore Create(BlobStoreOptions options, TimeProvider? time = null)
    {
        if (options.Folder is { } folder)
        {
            return new FolderBlobStore(folder, time);
        }
        var account = options.ConnectionString is { } connection
            ? new BlobServiceClient(connection, ClientOptions())
            : new BlobServiceClient(options.AccountAddress, new DefaultAzureCredential(), ClientOptions());
        return new AzureBlobStore(account.GetBlobContainerClient(options.Container), options.Azure);

        // A service that hangs or is overloaded for a moment is retried; an outage is reported within seconds, because callers have timeouts and retries of
        // their own.
        BlobClientOptions ClientOptions()
        {
            var client = new BlobClientOptions
            {
                Retry =
                {
                    Mode = RetryMode.Exponential,
                    MaxRetries = options.Azure.Retries,
                    Delay = TimeSpan.FromSeconds(0.2),
                    MaxDelay = TimeSpan.FromSeconds(5),
                    NetworkTimeout = options.Azure.NetworkTimeout,
                },
            };
            client.AddPolicy(new RequestTimes(), HttpPipelinePosition.PerRetry);
            return client;
        }
    }
}
