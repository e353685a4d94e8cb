using System.Net;
using System.Net.Sockets;

namespace DisBack.TestKit.Processes;

/// <summary>Ports for programs that must be told theirs.</summary>
internal static class Ports
{
    /// <summary>Ports that were free a moment ago; taken together, so that they differ.</summary>
    public static int[] Free(int count)
    {
        var listeners = Enumerable.Range(0, count).Select(_ => new TcpListener(IPAddress.Any, 0)).ToList();
        try
        {
            listeners.ForEach(listener => listener.Start());
            return [.. listeners.Select(listener => ((IPEndPoint)listener.LocalEndpoint).Port)];
        }
        finally
        {
            listeners.ForEach(listener => listener.Dispose());
        }
    }
}
