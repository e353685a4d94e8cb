namespace DisBack.Sdxl.Models;

/// <summary>A part of a model that is read when it is first needed.</summary>
internal sealed class LoadedPart<T>(Func<T> load)
    where T : class, IDisposable
{
    private T? _part;

    public T Value => _part ??= load();

    /// <summary>Frees its memory, until it is needed again.</summary>
    public void Release()
    {
        _part?.Dispose();
        _part = null;
    }
}
