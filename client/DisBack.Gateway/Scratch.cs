namespace DisBack.Gateway;

/// <summary>A folder of this process alone for contents on their way to the store.</summary>
internal sealed class Scratch : IDisposable
{
    private readonly string _folder;

    public Scratch(GatewaySettings settings)
    {
        var root = settings.Scratch is { Length: > 0 } scratch ? Path.GetFullPath(scratch) : Path.GetTempPath();
        _folder = Directory.CreateDirectory(Path.Combine(root, $"disback-gateway-{Guid.NewGuid():n}")).FullName;
    }

    /// <summary>The name of a file that does not exist yet.</summary>
    public string NewFile() => Path.Combine(_folder, Guid.NewGuid().ToString("n"));

    public void Dispose() => Directory.Delete(_folder, recursive: true);
}
