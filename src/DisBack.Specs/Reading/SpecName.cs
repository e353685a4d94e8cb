namespace DisBack.Specs.Reading;

/// <summary>What a name in a spec may look like: it becomes part of ids, and of paths that people type.</summary>
internal static class SpecName
{
    public const string Pattern = "^[a-z0-9][a-z0-9._-]{0,63}$";

    public const string Expected = "a name of at most 64 lower-case letters, digits, dots, dashes and underscores that starts with a letter or digit";
}
