using System.Security.Cryptography;
using System.Text;
using Azure;
using DisBack.Contracts.Documents;
using DisBack.Contracts.Hosting;
using DisBack.Storage.Tables;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Hosting;
using Orleans.Clustering.Redis;
using Orleans.Configuration;
using StackExchange.Redis;

namespace DisBack.Silo;

/// <summary>Who keeps the membership table and the reminders of a silo, and how it notices that the table has lost it.</summary>
internal static class SiloMembership
{
    public static void Add(ISiloBuilder silo, SiloSettings settings)
    {
        var cluster = settings.Cluster;
        if (cluster.Membership == MembershipKind.Localhost)
        {
            silo.UseLocalhostClustering(settings.Endpoints.Silo, settings.Endpoints.Gateway, serviceId: DocumentNames.Service, clusterId: cluster.Id);
            silo.UseInMemoryReminderService();
            return;
        }
        var detection = settings.Detection;
        silo.Configure<ClusterOptions>(options => (options.ClusterId, options.ServiceId) = (cluster.Id, DocumentNames.Service));
        silo.Configure<ClusterMembershipOptions>(membership =>
        {
            membership.ProbeTimeout = detection.ProbeTimeout;
            membership.MaxProbeTimeout = detection.MaxProbeTimeout;
            membership.NumMissedProbesLimit = detection.MissedProbes;
            membership.TableRefreshTimeout = detection.TableRefresh;
            membership.IAmAliveTablePublishTimeout = detection.IAmAlive;
        });
        DeadProcessDetector.Add(silo);
        if (cluster.Membership == MembershipKind.AzureTables)
        {
            AddTables(silo, cluster);
        }
        else
        {
            silo.UseRedisClustering(redis => redis.ConfigurationOptions = RedisOptions(cluster));
            silo.UseRedisReminderService(redis => redis.ConfigurationOptions = RedisOptions(cluster));
        }
        silo.Services.AddHostedService(services => ActivatorUtilities.CreateInstance<MembershipGuard>(
            services,
            detection.Guard,
            (Func<Exception, bool>)IsWithoutTable,
            (Action)services.GetRequiredService<SiloLife>().ExitAtOnce));
    }

    /// <summary>Whether a failure to read the membership means that who keeps it answers, and has no table.</summary>
    public static bool IsWithoutTable(Exception failure) => failure
        is RedisClusteringException { InnerException: null }
        // The table holds no row of this cluster, or does not exist.
        or KeyNotFoundException
        or { InnerException: RequestFailedException { ErrorCode: "TableNotFound" } };

    private static void AddTables(ISiloBuilder silo, ClusterSettings cluster)
    {
        var account = TableAccount.Open(cluster.Tables.AccountAddress, cluster.Tables.ConnectionString);
        silo.UseAzureStorageClustering(tables => (tables.TableName, tables.TableServiceClient) = (ClusterSettings.MembershipTable, account));
        silo.UseAzureTableReminderService(tables => (tables.TableName, tables.TableServiceClient) = (RemindersTable(cluster.Id), account));
    }

    /// <summary>
    /// One for each cluster, because Orleans keeps reminders by the service alone: a cluster would remove those of another, whose runs it does not know.
    /// </summary>
    private static string RemindersTable(string cluster) =>
        $"DisBackReminders{Convert.ToHexStringLower(SHA256.HashData(Encoding.UTF8.GetBytes(cluster)))[..16]}";

    /// <summary>A server that is away for a while is waited for: what is asked of it meanwhile fails and is asked again.</summary>
    private static ConfigurationOptions RedisOptions(ClusterSettings cluster)
    {
        var options = ConfigurationOptions.Parse(cluster.Redis!);
        options.AbortOnConnectFail = false;
        return options;
    }
}
