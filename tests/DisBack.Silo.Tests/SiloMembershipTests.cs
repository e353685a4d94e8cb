using DisBack.Contracts.Hosting;
using DisBack.TestKit.Services;
using Microsoft.Extensions.Configuration;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Hosting;
using Microsoft.Extensions.Options;
using Orleans.Reminders.AzureStorage;

namespace DisBack.Silo.Tests;

/// <summary>Where a silo keeps its membership and its reminders, and which failures mean that the table is gone.</summary>
public sealed class SiloMembershipTests
{
    private static CancellationToken Cancellation => TestContext.Current.CancellationToken;

    [Fact]
    public async Task An_emptied_Redis_has_no_table_and_one_that_ended_is_only_away()
    {
        await using var redis = await RedisServer.StartAsync();
        await EmptiedIsGoneAndEndedIsAwayAsync(redis);
    }

    [Fact]
    public async Task Emptied_tables_hold_no_table_and_a_service_that_ended_is_only_away()
    {
        await using var tables = await TableServer.StartAsync();
        await EmptiedIsGoneAndEndedIsAwayAsync(tables);
    }

    [Fact]
    public async Task A_deleted_table_is_gone()
    {
        await using var tables = await TableServer.StartAsync();
        using var host = Build(tables.Configuration);
        var table = host.Services.GetRequiredService<IMembershipTable>();
        await table.InitializeMembershipTableAsync(tryInitTableVersion: true, Cancellation);

        await tables.Tables.DeleteTableAsync(ClusterSettings.MembershipTable, Cancellation);

        Assert.True(SiloMembership.IsWithoutTable(await Assert.ThrowsAnyAsync<Exception>(() => table.ReadAllAsync(Cancellation))));
    }

    [Fact]
    public void With_tables_nothing_of_Redis_is_there_and_clusters_of_one_account_do_not_share_reminders()
    {
        using var host = Build(Account("lab"));
        using var other = Build(Account("other"));

        Assert.DoesNotContain("Redis", host.Services.GetRequiredService<IMembershipTable>().GetType().FullName, StringComparison.Ordinal);
        Assert.DoesNotContain("Redis", host.Services.GetRequiredService<IReminderTable>().GetType().FullName, StringComparison.Ordinal);
        Assert.Matches("^[A-Za-z][A-Za-z0-9]{2,62}$", RemindersOf(host));
        Assert.NotEqual(RemindersOf(host), RemindersOf(other));
    }

    private static async Task EmptiedIsGoneAndEndedIsAwayAsync(IMembershipServer server)
    {
        using var host = Build(server.Configuration);
        var table = host.Services.GetRequiredService<IMembershipTable>();
        await table.InitializeMembershipTableAsync(tryInitTableVersion: true, Cancellation);
        Assert.Empty((await table.ReadAllAsync(Cancellation)).Members);

        await server.ForgetAsync();
        Assert.True(SiloMembership.IsWithoutTable(await Assert.ThrowsAnyAsync<Exception>(() => table.ReadAllAsync(Cancellation))));

        await server.EndAsync();
        Assert.False(SiloMembership.IsWithoutTable(await Assert.ThrowsAnyAsync<Exception>(() => table.ReadAllAsync(Cancellation))));
    }

    private static string RemindersOf(IHost host) => host.Services.GetRequiredService<IOptions<AzureTableReminderStorageOptions>>().Value.TableName;

    private static Dictionary<string, string> Account(string cluster) => new()
    {
        ["Cluster:Id"] = cluster,
        ["Cluster:Membership"] = "AzureTables",
        ["Cluster:Tables:ConnectionString"] = "UseDevelopmentStorage=true",
    };

    private static IHost Build(IReadOnlyDictionary<string, string> configuration)
    {
        var settings = SiloConfiguration.Read(new ConfigurationBuilder()
            .AddInMemoryCollection(configuration.Append(new("Blobs:Folder", "/blobs")).Select(one => KeyValuePair.Create(one.Key, (string?)one.Value)))
            .Build());
        var builder = Host.CreateEmptyApplicationBuilder(new HostApplicationBuilderSettings { DisableDefaults = true });
        builder.UseOrleans(silo => SiloMembership.Add(silo, settings));
        return builder.Build();
    }
}
