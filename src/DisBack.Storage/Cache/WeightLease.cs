namespace DisBack.Storage.Cache;

/// <summary>The right to read a file of the <see cref="WeightCache"/>, which keeps it until the lease is disposed.</summary>
public sealed class WeightLease : IDisposable
{
    private Action? _release;

    internal WeightLease(ContentRef content, string path, Action release) => (Content, Path, _release) = (content, path, release);

    /// <summary>What was asked for.</summary>
    public ContentRef Content { get; }

    /// <summary>The verified local file; for reading only.</summary>
    public string Path { get; }

    /// <summary>Gives the file back; more than once does no harm.</summary>
    public void Dispose() => Interlocked.Exchange(ref _release, null)?.Invoke();
}
