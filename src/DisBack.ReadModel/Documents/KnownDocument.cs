namespace DisBack.ReadModel.Documents;

/// <summary>A document that the read model has seen.</summary>
/// <param name="Kind">Grain type and state name.</param>
/// <param name="Key">The grain's key.</param>
/// <param name="ETag">The version that was read.</param>
/// <param name="Damage">What is wrong with it; null where its rows are there.</param>
internal sealed record KnownDocument(string Kind, string Key, string ETag, string? Damage)
{
    /// <summary>Under which name its rows are kept.</summary>
    public string Name => NameOf(Kind, Key);

    /// <summary>Under which name the rows of a document are kept.</summary>
    public static string NameOf(string kind, string key) => $"{kind}/{key}";
}
