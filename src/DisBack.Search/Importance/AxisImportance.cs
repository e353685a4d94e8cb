namespace DisBack.Search.Importance;

/// <summary>How much of the variance of a result one axis explains, by itself.</summary>
/// <param name="Trials">How many trials it was computed from: those with which the axis counts.</param>
/// <param name="Groups">How many groups of trials the axis makes: its choices, or bins of its numbers.</param>
/// <param name="Explained">The share of the variance that lies between the groups (eta squared), from 0 to 1; null where there is too little to tell.</param>
/// <param name="Adjusted">The same less what groups explain by chance (omega squared), not below 0.</param>
/// <param name="Chance">
/// How often results that are dealt to the trials at random are explained as well: the p-value of a permutation test.
/// </param>
/// <param name="Lack">What is missing, and why.</param>
public sealed record AxisImportance(int Trials, int Groups, double? Explained, double? Adjusted, double? Chance, ImportanceLack Lack);
