using DisBack.Gateway.Configuration;

namespace DisBack.Gateway.Endpoints;

/// <summary>A folder of this process alone for contents on their way to the store.</summary>
internal sealed class Scratch : IDisposable
{
    private readonly string _folder;

    public Scratch(GatewaySettings settings)
    {
        _folder = settings.Scratch is { Length: > 0 } scratch
            ? Path.Combine(Path.GetFullPath(scratch), "uploads")
            : Path.Combine(Path.GetTempPath(), $"disback-gateway-{Guid.NewGuid():n}");
        // A killed process leaves half of what it was sent behind.
        if (Directory.Exists(_folder))
        {
            Directory.Delete(_folder, recursive: true);
        }
        Directory.CreateDirectory(_folder);
    }

    /// <summary>The name of a file that does not exist yet.</summary>
    public string NewFile() => Path.Combine(_folder, Guid.NewGuid().ToString("n"));

    public void Dispose() => Directory.Delete(_folder, recursive: true);
}
