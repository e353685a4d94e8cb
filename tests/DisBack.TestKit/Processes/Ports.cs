using System.Globalization;
using System.Net;
using System.Net.Sockets;

namespace DisBack.TestKit.Processes;

/// <summary>Ports for programs that must be told theirs, and that keep them over restarts.</summary>
internal static class Ports
{
    /// <summary>
    /// Ports that were free a moment ago; taken together, so that they differ. Not from where the kernel takes those of outgoing connections: one of
    /// them could be in the way when a program comes back.
    /// </summary>
    public static int[] Free(int count)
    {
        var listeners = new List<TcpListener>();
        try
        {
            while (listeners.Count < count)
            {
                var listener = new TcpListener(IPAddress.Any, Random.Shared.Next(10_000, FirstOfOutgoing()));
                try
                {
                    listener.Start();
                    listeners.Add(listener);
                }
                catch (SocketException)
                {
                    // Taken; another one then.
                    listener.Dispose();
                }
            }
            return [.. listeners.Select(listener => ((IPEndPoint)listener.LocalEndpoint).Port)];
        }
        finally
        {
            listeners.ForEach(listener => listener.Dispose());
        }
    }

    private static int FirstOfOutgoing() => int.Parse(File.ReadAllText("/proc/sys/net/ipv4/ip_local_port_range").Split('\t')[0], CultureInfo.InvariantCulture);
}
