using System.Globalization;
using System.Net;
using System.Net.Sockets;
using DisBack.Client;
using DisBack.Contracts.Hosting;
using DisBack.Gateway.Configuration;
using DisBack.Storage.Tables;
using Microsoft.Extensions.Hosting;
using Microsoft.Extensions.Logging;
using Polly;
using Polly.Retry;
using StackExchange.Redis;

namespace DisBack.Gateway;

/// <summary>
/// The gateway's connection to the silos. It is made in the background and made again until there is one: what only reads blobs works without it,
/// and the rest is answered that the cluster does not answer.
/// </summary>
internal sealed partial class ClusterLink(GatewaySettings settings, TimeProvider time, ILoggerFactory logs, ILogger<ClusterLink> logger) : BackgroundService
{
    private static readonly TimeSpan s_firstWait = TimeSpan.FromSeconds(0.5);
    private static readonly TimeSpan s_longestWait = TimeSpan.FromSeconds(3);

    /// <summary>How long a silo that went away is not tried again.</summary>
    private static readonly TimeSpan s_refresh = TimeSpan.FromSeconds(3);

    private readonly TaskCompletionSource<IGrainFactory> _grains = new(TaskCreationOptions.RunContinuationsAsynchronously);

    /// <summary>Completes when a silo has answered; one that goes away after that is replaced by another without this process's doing.</summary>
    public Task Connected => _grains.Task;

    /// <summary>What controls the runs of the cluster.</summary>
    /// <exception cref="ClusterUnavailableException">No silo has answered yet.</exception>
    public IControl Control => new GrainControl(Grains, time);

    /// <summary>The grains of the cluster.</summary>
    /// <exception cref="ClusterUnavailableException">No silo has answered yet.</exception>
#pragma warning disable RS0030 // It has completed: nobody waits.
    public IGrainFactory Grains => _grains.Task is { IsCompletedSuccessfully: true, Result: var grains }
        ? grains
        : throw new ClusterUnavailableException("No silo of the cluster has answered this gateway yet; try again in a moment, or see whether the silos run.");
#pragma warning restore RS0030

    protected override async Task ExecuteAsync(CancellationToken stoppingToken)
    {
        try
        {
            await using var connection = await ConnectAsync(stoppingToken);
            _grains.SetResult(connection.Grains);
            LogConnected(settings.Cluster.Id);
            await Task.Delay(Timeout.InfiniteTimeSpan, stoppingToken);
        }
        catch (OperationCanceledException) when (stoppingToken.IsCancellationRequested)
        {
            // Shutting down.
        }
    }

    private async Task<SiloConnection> ConnectAsync(CancellationToken stopping)
    {
        // With jitter: all gateways of a cluster ask the same server of memberships.
        var retries = new ResiliencePipelineBuilder { TimeProvider = time }
            .AddRetry(new RetryStrategyOptions
            {
                ShouldHandle = failed => new(failed.Outcome.Exception is not null && !stopping.IsCancellationRequested),
                MaxRetryAttempts = int.MaxValue,
                BackoffType = DelayBackoffType.Exponential,
                Delay = s_firstWait,
                MaxDelay = s_longestWait,
                UseJitter = true,
                OnRetry = failed =>
                {
                    LogUnreachable(settings.Cluster.Id, failed.Outcome.Exception!.Message);
                    return default;
                },
            })
            .Build();
        return await retries.ExecuteAsync(ConnectOnceAsync, stopping);
    }

    private async ValueTask<SiloConnection> ConnectOnceAsync(CancellationToken stopping)
    {
        var silo = settings.Cluster.Membership == MembershipKind.Localhost ? await EndpointAsync(settings.Endpoints.SiloGateway, stopping) : null;
        return await SiloConnection.ConnectAsync(settings.Cluster.Id, client => Find(client, silo), logs, stopping);
    }

    private void Find(IClientBuilder client, IPEndPoint? silo)
    {
        client.Configure<Orleans.Configuration.GatewayOptions>(options => options.GatewayListRefreshPeriod = s_refresh);
        if (silo is not null)
        {
            client.UseStaticClustering(silo);
            return;
        }
        var cluster = settings.Cluster;
        if (cluster.Membership == MembershipKind.AzureTables)
        {
            client.UseAzureStorageClustering(tables =>
            {
                tables.TableName = ClusterSettings.MembershipTable;
                tables.TableServiceClient = TableAccount.Open(cluster.Tables.AccountAddress, cluster.Tables.ConnectionString);
            });
            return;
        }
        client.UseRedisClustering(redis =>
        {
            redis.ConfigurationOptions = ConfigurationOptions.Parse(cluster.Redis!);
            // A server that is away for a while is waited for.
            redis.ConfigurationOptions.AbortOnConnectFail = false;
        });
    }

    private static async Task<IPEndPoint> EndpointAsync(string text, CancellationToken cancellation)
    {
        if (IPEndPoint.TryParse(text, out var endpoint))
        {
            return endpoint;
        }
        var (host, port) = (text[..text.LastIndexOf(':')], text[(text.LastIndexOf(':') + 1)..]);
        var addresses = await Dns.GetHostAddressesAsync(host, AddressFamily.InterNetwork, cancellation);
        return new IPEndPoint(addresses[0], int.Parse(port, CultureInfo.InvariantCulture));
    }

    [LoggerMessage(Level = LogLevel.Information, Message = "Connected to the cluster {Cluster}.")]
    private partial void LogConnected(string cluster);

    [LoggerMessage(Level = LogLevel.Warning, Message = "The cluster {Cluster} does not answer: {Reason}")]
    private partial void LogUnreachable(string cluster, string reason);
}
