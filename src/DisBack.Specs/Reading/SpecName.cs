namespace DisBack.Specs.Reading;

/// <summary>What a name in a spec, or a tag, may look like: it becomes part of ids, and of paths that people type.</summary>
public static class SpecName
{
    /// <summary>The regular expression that a name matches.</summary>
    public const string Pattern = "^[a-z0-9][a-z0-9._-]{0,63}$";

    /// <summary>The same for people, to follow on "expected".</summary>
    public const string Expected = "a name of at most 64 lower-case letters, digits, dots, dashes and underscores that starts with a letter or digit";
}
