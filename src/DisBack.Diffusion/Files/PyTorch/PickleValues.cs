namespace DisBack.Diffusion.Files.PyTorch;

/// <summary>What the names in a pickle mean to whoever reads it.</summary>
internal interface IPickleNames
{
    /// <summary>What a function or class stands for: a <see cref="PickleFunction"/>, or a value; null for what is not known.</summary>
    object? Find(string name);

    /// <summary>What an object outside the pickle is, by what the pickle says of it; null for what cannot be found.</summary>
    object? Resolve(object? persistentId);
}

/// <summary>A function or class that a pickle calls, and what is done in its place: data is put together, and nothing is run.</summary>
/// <param name="Name">Its full name in Python.</param>
/// <param name="Call">Takes the arguments; null where they are not those of this function.</param>
internal sealed record PickleFunction(string Name, Func<object?[], object?> Call);

/// <summary>A dictionary, of any kind. A key that comes twice is in it twice: the last one counts.</summary>
internal sealed class PickleDictionary
{
    public List<(object? Key, object? Value)> Items { get; } = [];

    /// <summary>The value under a name, if it has this type.</summary>
    public T? Find<T>(string key)
        where T : class => Items.LastOrDefault(item => key.Equals(item.Key)).Value as T;
}

/// <summary>An object of a class that is known by name only.</summary>
/// <param name="Class">The full name of its class in Python.</param>
/// <param name="Arguments">What its class was called with.</param>
internal sealed record PickleObject(string Class, IReadOnlyList<object?> Arguments)
{
    /// <summary>Its attributes, most often a <see cref="PickleDictionary"/>; null for none.</summary>
    public object? State { get; set; }
}

/// <summary>Bytes in a pickle, which stay in the file.</summary>
/// <param name="Offset">The first one in the file.</param>
/// <param name="Length">How many.</param>
internal sealed record PickleBytes(long Offset, long Length);
