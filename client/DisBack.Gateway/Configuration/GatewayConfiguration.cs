using System.ComponentModel.DataAnnotations;
using System.Net;
using DisBack.Contracts.Hosting;
using DisBack.Storage.Tables;
using Microsoft.AspNetCore.Http;
using Microsoft.Extensions.Configuration;

namespace DisBack.Gateway.Configuration;

/// <summary>Reads the settings, and refuses what cannot work or would be unsafe, in one sentence with what to change.</summary>
internal static class GatewayConfiguration
{
    public const string KestrelEndpoints = "Kestrel:Endpoints";

    /// <exception cref="DisBackException">A key is unknown, a value cannot be read, or the settings contradict one another.</exception>
    public static GatewaySettings Read(IConfiguration configuration)
    {
        var settings = new GatewaySettings();
        StrictSettings.Bind(configuration, settings, "Logging", "AllowedHosts", "Kestrel");
        return Problems(settings, configuration).FirstOrDefault() is { } problem ? throw new DisBackException(problem) : settings;
    }

    private static IEnumerable<string> Problems(GatewaySettings settings, IConfiguration configuration)
    {
        var wrong = new List<ValidationResult>();
        if (!Validator.TryValidateObject(settings.Cluster, new ValidationContext(settings.Cluster), wrong, validateAllProperties: true))
        {
            yield return wrong[0].ErrorMessage!;
        }
        if (TableAccount.Problem(settings.Cluster.Tables.ConnectionString, "Cluster:Tables:ConnectionString") is { } unreadable)
        {
            yield return unreadable;
        }
        var (ends, limits) = (settings.Endpoints, settings.Limits);
        if (settings.Cluster.Membership == MembershipKind.Localhost && !IPEndPoint.TryParse(ends.SiloGateway, out _)
            && !(ends.SiloGateway.Split(':') is [{ Length: > 0 }, var port] && ushort.TryParse(port, out _)))
        {
            yield return $"Endpoints:SiloGateway is '{ends.SiloGateway}'; give HOST:PORT of the silo's gateway.";
        }
        if (ends.Http is < 0 or > 65535)
        {
            yield return $"Endpoints:Http is {ends.Http}; a port is a number from 1 to 65535, or 0 for a free one.";
        }
        if (!IPAddress.TryParse(ends.Address, out _))
        {
            yield return $"Endpoints:Address is '{ends.Address}'; give an address of this machine to listen on, 127.0.0.1 or 0.0.0.0 for example.";
        }
        if (limits.SubmitsPerMinute < 1)
        {
            yield return $"Limits:SubmitsPerMinute is {limits.SubmitsPerMinute}; at least one must be allowed.";
        }
        if (limits.SubmitsAtOnce < 1 || limits.Connections < 1)
        {
            yield return $"Limits:SubmitsAtOnce and Limits:Connections are {limits.SubmitsAtOnce} and {limits.Connections}; both must be at least 1.";
        }
        if (limits.DocumentBytes < 1 || limits.ContentBytes < 1)
        {
            yield return $"Limits:DocumentBytes and Limits:ContentBytes are {limits.DocumentBytes} and {limits.ContentBytes}; both must be at least 1.";
        }
        if (limits.ListAge < TimeSpan.Zero)
        {
            yield return $"Limits:ListAge is {limits.ListAge}; it cannot be negative.";
        }
        foreach (var address in PlainAddresses(settings, configuration).Where(_ => !ends.TlsTerminatedAhead))
        {
            yield return $"It would listen in plain HTTP on {address}, where tokens can be read on the way; configure HTTPS under {KestrelEndpoints}, "
                + "set Endpoints:TlsTerminatedAhead to true if a proxy in front does TLS, or listen on 127.0.0.1.";
        }
    }

    /// <summary>Where it would listen without TLS for others than this machine.</summary>
    private static IEnumerable<string> PlainAddresses(GatewaySettings settings, IConfiguration configuration)
    {
        var own = configuration.GetSection(KestrelEndpoints).GetChildren().ToList();
        if (own.Count == 0)
        {
            if (IPAddress.TryParse(settings.Endpoints.Address, out var address) && !IPAddress.IsLoopback(address))
            {
                yield return $"{address}:{settings.Endpoints.Http}";
            }
            yield break;
        }
        foreach (var url in own.Select(endpoint => endpoint["Url"] ?? ""))
        {
            var parsed = BindingAddress.Parse(url.Length == 0 ? throw new DisBackException($"An endpoint under {KestrelEndpoints} has no Url; give each one, "
                + "as https://0.0.0.0:8443.") : url);
            if (parsed is { Scheme: not "https", IsUnixPipe: false } && parsed.Host != "localhost"
                && !(IPAddress.TryParse(parsed.Host, out var address) && IPAddress.IsLoopback(address)))
            {
                yield return url;
            }
        }
    }
}
