using System.Net;
using DisBack.Gateway.Notifications;

namespace DisBack.Gateway;

/// <summary>The gateway in the process of a silo.</summary>
/// <param name="DataFolder">The folder that the silo works in.</param>
/// <param name="Address">Where to listen; port 0 takes a free one.</param>
internal sealed record EmbeddedGatewayOptions(string DataFolder, IPEndPoint Address)
{
    /// <summary>The file of tokens; null lets in every process of this machine, and nobody else.</summary>
    public string? Tokens { get; init; }

    /// <summary>Whether a proxy in front does TLS, so that plain HTTP on other addresses than loopback is right.</summary>
    public bool TlsAhead { get; init; }

    /// <summary>The file of rules of who is told what; null tells nobody.</summary>
    public string? Notifications { get; init; }

    /// <summary>A folder of the gateway alone, for its tables and for contents on their way to the store.</summary>
    public required string Scratch { get; init; }

    /// <summary>Refuses what could not be served, before anything is started.</summary>
    /// <exception cref="DisBackException">
    /// The rules cannot be followed, or others than this machine could reach it without a token, or read tokens on their way.
    /// </exception>
    public void Check()
    {
        if (Notifications is not null)
        {
            NotificationFile.Read(Notifications);
        }
        if (IPAddress.IsLoopback(Address.Address))
        {
            return;
        }
        if (Tokens is null)
        {
            throw new DisBackException($"It would let everybody in who reaches {Address}; name a file of tokens with --tokens, which 'DisBack.Gateway token "
                + "add' makes, or listen on 127.0.0.1.");
        }
        if (!TlsAhead)
        {
            throw new DisBackException($"It would listen in plain HTTP on {Address}, where tokens can be read on the way; give --tls-ahead if a proxy in front "
                + "does TLS, or listen on 127.0.0.1.");
        }
    }
}
