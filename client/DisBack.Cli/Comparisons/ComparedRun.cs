using DisBack.Contracts.Documents;
using DisBack.Search.Comparisons;
using DisBack.Specs.Reading;

namespace DisBack.Cli.Comparisons;

/// <summary>One run of a comparison.</summary>
/// <param name="Trial">The run.</param>
/// <param name="Curve">What it has measured.</param>
internal sealed record ComparedRun(TrialDocument Trial, Curve Curve)
{
    public long Seed { get; } = SpecJson.Sections(Trial.Spec)["seed"]?.GetValue<long>() ?? 0;
}
