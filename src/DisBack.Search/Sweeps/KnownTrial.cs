using DisBack.Specs.Experiments;
using DisBack.Specs.Reading;

namespace DisBack.Search.Sweeps;

/// <summary>A trial before it is submitted.</summary>
/// <param name="Point">Where it lies.</param>
/// <param name="Text">What it would run.</param>
public sealed record KnownTrial(IReadOnlyDictionary<string, double> Point, LocatedSpec<ExperimentSpec> Text);
