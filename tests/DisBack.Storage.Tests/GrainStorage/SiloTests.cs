using DisBack.GrainStorage;
using DisBack.Storage.Blobs;
using DisBack.Storage.Documents;
using DisBack.TestKit;
using Orleans.TestingHost;

namespace DisBack.Storage.Tests.GrainStorage;

/// <summary>The provider inside real silos.</summary>
public sealed class SiloTests : IDisposable
{
    private readonly TemporaryFolder _folder = new();

    private static CancellationToken Cancellation => TestContext.Current.CancellationToken;

    public void Dispose() => _folder.Dispose();

    [Fact]
    public async Task State_outlives_its_cluster_and_is_read_without_it()
    {
        for (var expected = 1; expected <= 2; expected++)
        {
            await using var cluster = NewCluster(_folder.Path);
            await cluster.DeployAsync(Cancellation);
            Assert.Equal(expected, await cluster.Client.GetGrain<ICountingGrain>("sweep/0001").IncrementAsync());
        }

        var document = await new DocumentReader(new FolderBlobStore(_folder.Path), "disback").ReadAsync<Counter>(
            "counting",
            "sweep/0001",
            "counter",
            Cancellation);
        Assert.Equal(2, document!.Value);
        Assert.True(File.Exists(Path.Combine(_folder.Path, "state", "disback", "counting", "sweep%2F0001", "counter.json")));
    }

    [Fact]
    public async Task A_silo_whose_store_cannot_be_used_does_not_start()
    {
        await using var cluster = NewCluster(_folder.File("plain", []));

        var refused = await Assert.ThrowsAnyAsync<Exception>(() => cluster.DeployAsync(Cancellation));

        Assert.Contains("--data", refused.ToString(), StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_silo_without_a_store_does_not_start()
    {
        await using var cluster = NewCluster(folder: null);

        var refused = await Assert.ThrowsAnyAsync<Exception>(() => cluster.DeployAsync(Cancellation));

        Assert.Contains("call AddBlobStore", refused.ToString(), StringComparison.Ordinal);
    }

    private static InProcessTestCluster NewCluster(string? folder)
    {
        var builder = new InProcessTestClusterBuilder(1);
        builder.Options.ServiceId = "disback";
        builder.ConfigureSilo((_, silo) =>
        {
            if (folder is not null)
            {
                silo.Services.AddBlobStore(options => options.Folder = folder);
            }
            silo.AddBlobGrainStorageAsDefault();
        });
        return builder.Build();
    }
}

[Alias("disback.tests.ICountingGrain")]
public interface ICountingGrain : IGrainWithStringKey
{
    [Alias("Increment")]
    Task<int> IncrementAsync();
}

public sealed class CountingGrain([PersistentState("counter")] IPersistentState<Counter> counter) : Grain, ICountingGrain
{
    public async Task<int> IncrementAsync()
    {
        counter.State.Value++;
        await counter.WriteStateAsync();
        return counter.State.Value;
    }
}
