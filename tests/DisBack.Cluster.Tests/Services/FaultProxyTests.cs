using Azure;
using Azure.Storage.Blobs;
using DisBack.TestKit.Services;

namespace DisBack.Cluster.Tests.Services;

/// <summary>The proxy passes signed requests, and fails in the ways a storage account fails.</summary>
public sealed class FaultProxyTests : IAsyncLifetime
{
    private readonly Azurite _azurite = new();
    private FaultProxy _proxy = null!;
    private BlobContainerClient _container = null!;

    private static CancellationToken Cancellation => TestContext.Current.CancellationToken;

    public async ValueTask InitializeAsync()
    {
        _proxy = await FaultProxy.StartAsync(await _azurite.AddressAsync());
        _container = new(_azurite.ConnectionStringFor(_proxy.Address), "proxied", new BlobClientOptions { Retry = { MaxRetries = 0 } });
        await _container.CreateAsync(cancellationToken: Cancellation);
    }

    public async ValueTask DisposeAsync()
    {
        await _proxy.DisposeAsync();
        await _azurite.DisposeAsync();
    }

    [Fact]
    public async Task Blobs_pass_unchanged_and_survive_a_restart_of_Azurite()
    {
        await UploadAsync("passed");
        await _azurite.RestartAsync();

        Assert.Equal("passed", (await _container.GetBlobClient("passed").DownloadContentAsync(Cancellation)).Value.Content.ToString());
    }

    [Fact]
    public async Task Busy_is_the_503_of_a_storage_account()
    {
        _proxy.Fault = ProxyFault.Busy;

        var busy = await Assert.ThrowsAsync<RequestFailedException>(() => UploadAsync("busy"));

        Assert.Equal((503, "ServerBusy"), (busy.Status, busy.ErrorCode));
        _proxy.Fault = ProxyFault.None;
        Assert.False(await ExistsAsync("busy"));
    }

    [Fact]
    public async Task A_lost_answer_leaves_the_deed()
    {
        _proxy.Fault = ProxyFault.LoseAnswer;

        await Assert.ThrowsAsync<RequestFailedException>(() => UploadAsync("lost"));

        _proxy.Fault = ProxyFault.None;
        Assert.True(await ExistsAsync("lost"));
    }

    [Fact]
    public async Task Dropped_and_refused_connections_leave_nothing_and_it_listens_again_where_it_was()
    {
        _proxy.Fault = ProxyFault.Drop;
        await Assert.ThrowsAsync<RequestFailedException>(() => UploadAsync("dropped"));
        _proxy.Fault = ProxyFault.None;
        await _proxy.RefuseAsync();
        await Assert.ThrowsAsync<RequestFailedException>(() => UploadAsync("refused"));

        await _proxy.ListenAsync();

        Assert.False(await ExistsAsync("dropped"));
        Assert.False(await ExistsAsync("refused"));
    }

    private async Task UploadAsync(string name) => await _container.UploadBlobAsync(name, BinaryData.FromString(name), Cancellation);

    private async Task<bool> ExistsAsync(string name) => await _container.GetBlobClient(name).ExistsAsync(Cancellation);
}
