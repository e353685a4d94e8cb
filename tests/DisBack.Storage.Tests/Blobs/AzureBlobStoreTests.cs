using Azure.Storage.Blobs;
using DisBack.Storage.Blobs;
using DisBack.TestKit.Services;
using Microsoft.Extensions.DependencyInjection;

namespace DisBack.Storage.Tests.Blobs;

public sealed class AzureBlobStoreTests(Azurite azurite) : BlobStoreContract
{
    // Small blocks, so that the contract's large file is many of them.
    protected override async Task<IBlobStore> CreateAsync() => await azurite.NewStoreAsync(new() { BlockBytes = 1 << 20 });

    [Fact]
    public async Task A_container_that_does_not_exist_is_named_and_is_not_a_missing_blob()
    {
        var container = await azurite.NewContainerAsync();
        var store = new AzureBlobStore(container);

        var refused = await Assert.ThrowsAsync<StorageException>(() => store.ReadAsync("a", Cancellation));

        Assert.Contains(container.Name, refused.Message, StringComparison.Ordinal);
        Assert.Contains("ContainerNotFound", refused.Message, StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_service_that_cannot_be_reached_is_one_sentence_without_the_key()
    {
        var options = new BlobClientOptions { Retry = { MaxRetries = 0 } };
        var nobody = new BlobContainerClient(
            "DefaultEndpointsProtocol=http;AccountName=a;AccountKey=c2VjcmV0;BlobEndpoint=http://127.0.0.1:1/a;",
            "container",
            options);

        var refused = await Assert.ThrowsAsync<StorageException>(() => new AzureBlobStore(nobody).InitializeAsync(Cancellation));

        Assert.Contains("http://127.0.0.1:1/a/container", refused.Message, StringComparison.Ordinal);
        Assert.DoesNotContain("c2VjcmV0", refused.Message, StringComparison.Ordinal);
    }

    [Fact]
    public async Task The_options_choose_the_store()
    {
        var services = new ServiceCollection();
        var connection = await azurite.ConnectionStringAsync();
        services.AddBlobStore(options => (options.ConnectionString, options.Container) = (connection, "chosen"));
        await using var provider = services.BuildServiceProvider();

        var store = provider.GetRequiredService<IBlobStore>();
        await store.InitializeAsync(Cancellation);

        Assert.EndsWith("/chosen", store.Location, StringComparison.Ordinal);
    }
}
