using Azure.Data.Tables;
using DisBack.TestKit.Services;

namespace DisBack.Cluster.Tests.Services;

public sealed class TableServerTests
{
    [Fact]
    public async Task One_that_ended_comes_back_with_what_it_had_acknowledged_and_an_emptied_one_with_nothing()
    {
        var cancellation = TestContext.Current.CancellationToken;
        await using var server = await TableServer.StartAsync();
        var table = new TableServiceClient(server.ConnectionString).GetTableClient("rows");
        await table.CreateAsync(cancellation);
        await table.AddEntityAsync(new TableEntity("partition", "row"), cancellation);

        await server.EndAsync();
        await server.RestartAsync();

        Assert.True((await table.GetEntityIfExistsAsync<TableEntity>("partition", "row", cancellationToken: cancellation)).HasValue);
        await server.ForgetAsync();
        Assert.False((await table.GetEntityIfExistsAsync<TableEntity>("partition", "row", cancellationToken: cancellation)).HasValue);
    }
}
