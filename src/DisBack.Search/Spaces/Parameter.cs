namespace DisBack.Search.Spaces;

/// <summary>One coordinate of a search space.</summary>
/// <param name="Name">Its name, unique in the space.</param>
/// <param name="Domain">What values it can take.</param>
/// <param name="Condition">When it is active; null: always.</param>
public sealed record Parameter(string Name, Domain Domain, Condition? Condition = null);
