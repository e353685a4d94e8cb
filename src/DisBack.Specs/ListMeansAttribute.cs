namespace DisBack.Specs;

/// <summary>A list where this record belongs is its one value of a key: <c>[a, b]</c> for <c>{values: [a, b]}</c>.</summary>
/// <param name="key">The key.</param>
[AttributeUsage(AttributeTargets.Class)]
internal sealed class ListMeansAttribute(string key) : Attribute
{
    /// <summary>The key.</summary>
    public string Key { get; } = key;
}
