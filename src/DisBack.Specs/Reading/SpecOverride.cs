namespace DisBack.Specs.Reading;

/// <summary>A <c>--set a.b=value</c> argument: sets one value of a spec, creating the sections on the way to it.</summary>
internal static class SpecOverride
{
    public static SpecNode Apply(SpecNode root, string argument, SpecProblems problems)
    {
        var location = new SpecLocation($"--set {argument}");
        var equals = argument.IndexOf('=', StringComparison.Ordinal);
        var keys = equals < 1 ? [] : argument[..equals].Trim().Split('.');
        if (keys.Length == 0 || keys.Any(k => k.Length == 0))
        {
            problems.Add(new SpecProblem(location, "this sets nothing", "key.key=value, for example recording.steps=100"));
            return root;
        }
        var text = argument[(equals + 1)..];
        var value = YamlComposer.Compose(text, _ => location, problems) ?? new SpecScalar(location, "", Plain: true);
        return Put(root, keys, value, location);
    }

    /// <summary>The document with a value at a path of keys, which is made where it is not there.</summary>
    public static SpecSection Put(SpecNode at, ReadOnlySpan<string> keys, SpecNode value, SpecLocation location)
    {
        // Copied, not changed: an anchored section may be shared by several keys, and only this one is meant.
        var section = new SpecSection(at is SpecSection ? at.Location : location);
        foreach (var entry in (at as SpecSection)?.Entries ?? [])
        {
            section.Set(entry);
        }
        var child = keys.Length == 1 ? value : Put(section.Find(keys[0])?.Value ?? value, keys[1..], value, location);
        section.Set(new SpecEntry(keys[0], section.Find(keys[0])?.Location is { } old && keys.Length > 1 ? old : location, child));
        return section;
    }
}
