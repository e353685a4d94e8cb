namespace DisBack.Search.Histories;

/// <summary>Which values are better.</summary>
public enum Direction
{
    /// <summary>Lower values.</summary>
    Minimize,

    /// <summary>Higher values.</summary>
    Maximize,
}
