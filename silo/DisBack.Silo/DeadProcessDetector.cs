using System.Collections.Concurrent;
using System.Diagnostics;
using System.Net;
using System.Net.Sockets;
using Microsoft.AspNetCore.Connections;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Logging;
using Orleans.Configuration;

namespace DisBack.Silo;

/// <summary>
/// Declares a silo dead as soon as its process has ended. The kernel then closes its connections and refuses new ones at its endpoint, which no silo that
/// is frozen, busy or cut off does; probes would need seconds to tell.
/// </summary>
/// <remarks>
/// Whatever else a lost connection may mean is left to the probes. A wrong verdict ends an attempt early and harms no run: attempts are fenced.
/// </remarks>
internal sealed partial class DeadProcessDetector(IClusterMembershipService membership, ILocalSiloDetails local, ILogger<DeadProcessDetector> logger)
{
    /// <summary>In an endpoint: whichever silo of that machine it was.</summary>
    internal const int AnyPort = 0;

    /// <summary>An ending process closes one socket after the other: its listener may be the last.</summary>
    private static readonly TimeSpan[] s_looks = [.. new[] { 0, 20, 50, 100, 200, 400 }.Select(after => TimeSpan.FromMilliseconds(after))];

    /// <summary>How long an endpoint may take to refuse; one that is cut off refuses nothing.</summary>
    private static readonly TimeSpan s_answer = TimeSpan.FromSeconds(1);

    /// <summary>
    /// A connection from elsewhere that ended sooner tells nothing: looks at this very endpoint are such connections, and would be answered with looks
    /// for ever.
    /// </summary>
    private static readonly TimeSpan s_established = TimeSpan.FromSeconds(1);

    /// <summary>Several connections to one silo end with it.</summary>
    private readonly ConcurrentDictionary<SiloAddress, byte> _logged = new();

    /// <summary>Endpoints that are being looked at, and whether a connection has ended there since the looks began.</summary>
    private readonly ConcurrentDictionary<IPEndPoint, bool> _looking = new();

    /// <summary>Has a silo's connections to the others watched.</summary>
    public static void Add(ISiloBuilder silo)
    {
        silo.Services.AddSingleton<DeadProcessDetector>();
        // Two silos share the connection that either of them opened first.
        silo.Configure<SiloConnectionOptions>(options =>
        {
            options.ConfigureSiloOutboundConnection(connections => Watch(connections, isOutbound: true));
            options.ConfigureSiloInboundConnection(connections => Watch(connections, isOutbound: false));
        });
    }

    private static void Watch(IConnectionBuilder connections, bool isOutbound) => connections.Use(next => async connection =>
    {
        // The port of whoever opened a connection is none that a silo listens on.
        var remote = connection.RemoteEndPoint is IPEndPoint peer && !isOutbound ? new IPEndPoint(peer.Address, AnyPort) : connection.RemoteEndPoint;
        var (opened, noticed) = (Stopwatch.GetTimestamp(), 0);
        // When the socket has ended; Orleans is done with the connection only when what it still had to send has come to nothing, which may take seconds.
        using var closed = connection.ConnectionClosed.Register(Notice);
        try
        {
            await next(connection);
        }
        finally
        {
            Notice();
        }

        void Notice()
        {
            if (Interlocked.Exchange(ref noticed, 1) == 0 && (isOutbound || Stopwatch.GetElapsedTime(opened) >= s_established))
            {
                // Away from the caller, which closes the connection.
                _ = Task.Run(() => connections.ApplicationServices.GetRequiredService<DeadProcessDetector>().ConnectionEndedAsync(remote));
            }
        }
    });

    /// <summary>Finds out whether the silo at the other end of a connection has ended, and has it declared dead.</summary>
    internal async Task ConnectionEndedAsync(EndPoint? remote)
    {
        // Whoever is looking there looks once more.
        if (remote is not IPEndPoint endpoint || _looking.AddOrUpdate(endpoint, _ => false, (_, _) => true))
        {
            return;
        }
        try
        {
            do
            {
                _looking[endpoint] = false;
                await LookAsync(endpoint);
            }
            while (!_looking.TryRemove(KeyValuePair.Create(endpoint, false)));
        }
        catch (Exception e)
        {
            // The probes find it out, too.
            _looking.TryRemove(endpoint, out _);
            LogUndecided(e, endpoint);
        }
    }

    private async Task LookAsync(IPEndPoint endpoint)
    {
        foreach (var look in s_looks)
        {
            await Task.Delay(look);
            SiloAddress[] members = [.. MembersAt(endpoint)];
            if (members.Length == 0)
            {
                return;
            }
            foreach (var member in members)
            {
                if (!await RefusesAsync(member.Endpoint))
                {
                    continue;
                }
                if (_logged.TryAdd(member, 0))
                {
                    LogEnded(member);
                }
                // Somebody else's write at the same moment makes it fail in silence: the next look tells.
                await membership.TryKill(member);
            }
        }
    }

    /// <summary>Members at an endpoint that are not known to be dead; the verdict of another silo, or their successor's, may come first.</summary>
    private IEnumerable<SiloAddress> MembersAt(IPEndPoint endpoint) =>
        from member in membership.CurrentSnapshot.Members.Values
        where member.Status is not (SiloStatus.None or SiloStatus.Dead)
            && member.SiloAddress.Endpoint.Address.Equals(endpoint.Address) && (endpoint.Port is AnyPort || member.SiloAddress.Endpoint.Port == endpoint.Port)
            && !member.SiloAddress.Equals(local.SiloAddress)
        select member.SiloAddress;

    private static async Task<bool> RefusesAsync(IPEndPoint endpoint)
    {
        using var socket = new Socket(endpoint.AddressFamily, SocketType.Stream, ProtocolType.Tcp);
        using var limit = new CancellationTokenSource(s_answer);
        try
        {
            await socket.ConnectAsync(endpoint, limit.Token);
            return false;
        }
        catch (SocketException e)
        {
            return e.SocketErrorCode == SocketError.ConnectionRefused;
        }
        catch (OperationCanceledException)
        {
            return false;
        }
    }

    [LoggerMessage(Level = LogLevel.Information, Message = "The process of {Silo} has ended: its endpoint refuses connections. It is declared dead.")]
    private partial void LogEnded(SiloAddress silo);

    [LoggerMessage(Level = LogLevel.Warning, Message = "It cannot be found out whether the silo at {Endpoint} has ended.")]
    private partial void LogUndecided(Exception exception, IPEndPoint endpoint);
}
