using System.Net;

namespace DisBack.Cli.Options;

/// <summary>Where a command listens, as users write it.</summary>
internal static class ListenAddress
{
    /// <exception cref="DisBackException">It is none.</exception>
    public static IPEndPoint Parse(string text, string option) =>
        IPEndPoint.TryParse(text, out var endpoint) && (endpoint.Port != 0 || text.EndsWith(":0", StringComparison.Ordinal))
            ? endpoint
            : throw new DisBackException($"The address '{text}' is not one to listen on; give {option} as 127.0.0.1:8090.");
}
