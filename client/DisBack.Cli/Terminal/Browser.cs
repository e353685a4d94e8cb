using System.ComponentModel;
using System.Diagnostics;
using System.Net;

namespace DisBack.Cli.Terminal;

/// <summary>The browser of whoever sits at this machine.</summary>
internal static class Browser
{
    /// <summary>Opens an address; where there is no browser it says so, and nothing fails.</summary>
    public static void Open(Uri address, TextWriter error)
    {
        // Nobody can open the address that stands for all of this machine's.
        var page = IPAddress.TryParse(address.Host.Trim('[', ']'), out var ip) && (ip.Equals(IPAddress.Any) || ip.Equals(IPAddress.IPv6Any))
            ? new UriBuilder(address) { Host = "localhost" }.Uri
            : address;
        try
        {
            using var browser = Process.Start(new ProcessStartInfo(page.AbsoluteUri) { UseShellExecute = true });
        }
        catch (Exception failed) when (failed is Win32Exception or PlatformNotSupportedException)
        {
            error.WriteLine($"disback: Nothing here opens web pages; open {page} in a browser.");
        }
    }
}
