namespace DisBack.Search.Comparisons;

/// <summary>What a run measured, and where.</summary>
/// <param name="Place">How far the run had come: a step, a number of images, a time; a finite number.</param>
/// <param name="Value">What it measured there.</param>
public readonly record struct CurvePoint(double Place, double Value);
