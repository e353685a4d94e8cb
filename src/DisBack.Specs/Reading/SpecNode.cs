namespace DisBack.Specs.Reading;

/// <summary>A YAML value that remembers where it was written.</summary>
internal abstract record SpecNode(SpecPlace Place);

/// <summary>A scalar. <paramref name="Plain"/> is false for quoted text, which is never a number, a truth value or null.</summary>
internal sealed record SpecScalar(SpecPlace Place, string Text, bool Plain) : SpecNode(Place)
{
    public bool IsNull => Plain && Text is "" or "~" or "null" or "Null" or "NULL";
}

/// <summary>A list.</summary>
internal sealed record SpecList(SpecPlace Place, IReadOnlyList<SpecNode> Items) : SpecNode(Place);

/// <summary>A section: keys in the order they were written, each once.</summary>
internal sealed record SpecSection(SpecPlace Place) : SpecNode(Place)
{
    private readonly Dictionary<string, SpecEntry> _entries = new(StringComparer.Ordinal);

    public IEnumerable<SpecEntry> Entries => _entries.Values;

    public SpecEntry? Find(string key) => _entries.GetValueOrDefault(key);

    public void Set(SpecEntry entry) => _entries[entry.Key] = entry;
}

/// <summary>A key of a section, where the key stands, and its value.</summary>
internal sealed record SpecEntry(string Key, SpecPlace Place, SpecNode Value);
