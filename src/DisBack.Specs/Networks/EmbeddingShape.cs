namespace DisBack.Specs.Networks;

/// <summary>The form in which a network is told a text.</summary>
/// <param name="Width">Width of what it is told of each token.</param>
/// <param name="PooledWidth">Width of what it is told of the text as a whole.</param>
public readonly record struct EmbeddingShape(int Width, int PooledWidth)
{
    /// <summary>The form as messages name it, for example <c>2048 and 1280</c>: of a token, of a text.</summary>
    public override string ToString() => $"{Width} and {PooledWidth}";
}
