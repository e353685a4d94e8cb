namespace DisBack.Specs.Reading;

/// <summary>A YAML value that remembers where it was written.</summary>
internal abstract record SpecNode(SpecLocation Location);

/// <summary>A scalar. <paramref name="Plain"/> is false for quoted text, which is never a number, a truth value or null.</summary>
internal sealed record SpecScalar(SpecLocation Location, string Text, bool Plain) : SpecNode(Location)
{
    public bool IsNull => Plain && Text is "" or "~" or "null" or "Null" or "NULL";
}

/// <summary>A list.</summary>
internal sealed record SpecList(SpecLocation Location, IReadOnlyList<SpecNode> Items) : SpecNode(Location);

/// <summary>A section: keys in the order they were written, each once.</summary>
internal sealed record SpecSection(SpecLocation Location) : SpecNode(Location)
{
    private readonly Dictionary<string, SpecEntry> _entries = new(StringComparer.Ordinal);

    public IEnumerable<SpecEntry> Entries => _entries.Values;

    public SpecEntry? Find(string key) => _entries.GetValueOrDefault(key);

    public void Set(SpecEntry entry) => _entries[entry.Key] = entry;
}

/// <summary>A key of a section, where the key stands, and its value.</summary>
internal sealed record SpecEntry(string Key, SpecLocation Location, SpecNode Value);
