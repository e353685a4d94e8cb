using System.Text.Json.Nodes;
using DisBack.Specs.Reading;

namespace DisBack.Specs.Sweeps;

/// <summary>
/// What an amended spec of a sweep may change: it adds trials, axes and values, and takes nothing away. So the points of the trials there are keep their
/// meaning, and one plan, the newest, tells what every trial is.
/// </summary>
internal static class SweepWidening
{
    /// <summary>What an amended plan does beyond adding.</summary>
    public static IEnumerable<SpecProblem> FaultsOf(SweepPlan earlier, SweepPlan amended)
    {
        foreach (var key in DifferencesOf(earlier.Experiment, amended.Experiment, ""))
        {
            yield return new SpecProblem(
                amended.LocationOf(key), $"'{key}' is not what the sweep was submitted with", "only 'search' to change; another experiment is another sweep");
        }
        foreach (var fault in FaultsOf(earlier.Search, amended.Search))
        {
            yield return new SpecProblem(amended.LocationOf(SweepPlan.SearchKey), fault);
        }
        foreach (var before in earlier.Axes)
        {
            if (amended.Axes.FirstOrDefault(axis => axis.Key == before.Key) is not { } after)
            {
                yield return new SpecProblem(
                    amended.LocationOf(SweepPlan.SearchKey), $"the axis '{before.Key}' is gone, and trials lie on it", "it to stay, as it was or wider");
            }
            else if (FaultOf(before.Settings, after.Settings) is { } fault)
            {
                yield return new SpecProblem(after.Location, $"the axis '{before.Key}' {fault}");
            }
        }
    }

    private static IEnumerable<string> FaultsOf(SearchSettings earlier, SearchSettings amended)
    {
        if (earlier.GetType() != amended.GetType() || earlier.Seed != amended.Seed)
        {
            yield return "another sampler or another seed chooses other trials, and is another sweep";
        }
        if (earlier.Objective != amended.Objective || earlier.Stopping != amended.Stopping)
        {
            yield return "'objective' and 'stopping' cannot change: trials have been judged by them";
        }
        if (amended.Trials < earlier.Trials)
        {
            yield return $"a sweep of {earlier.Trials} trials cannot have {amended.Trials}; pause or cancel it to end it sooner";
        }
    }

    private static string? FaultOf(Axis earlier, Axis amended) => (ChoicesOf(earlier), ChoicesOf(amended)) switch
    {
        _ when !SameConditions(earlier, amended) => "counts under other conditions ('when') than before, and trials lie on it",
        (null, null) when amended.Log != earlier.Log || amended.Step != earlier.Step || (amended.Step is not null && amended.Low != earlier.Low) =>
            "has other numbers between its ends than before; only its ends can move apart",
        (null, null) when amended.Low > earlier.Low || amended.High < earlier.High => "is narrower than before, and trials may lie beyond its ends",
        (null, null) => null,
        ({ } before, { } after) when after.Count >= before.Count && before.Zip(after).All(pair => JsonNode.DeepEquals(pair.First, pair.Second)) => null,
        ({ }, { }) => "has other values than before; add values behind those that it has",
        _ => "is values where it was a range, or a range where it was values",
    };

    private static IReadOnlyList<JsonNode?>? ChoicesOf(Axis axis) => axis.Cases?.Select(SpecJson.ToNode).ToList() ?? axis.Values;

    private static bool SameConditions(Axis earlier, Axis amended) => JsonNode.DeepEquals(SpecJson.ToNode(earlier)["when"], SpecJson.ToNode(amended)["when"]);

    /// <summary>The keys whose values differ, each as deep as both have sections.</summary>
    private static IEnumerable<string> DifferencesOf(JsonObject earlier, JsonObject amended, string around)
    {
        foreach (var key in earlier.Select(entry => entry.Key).Union(amended.Select(entry => entry.Key)).Order(StringComparer.Ordinal))
        {
            var (before, after) = (earlier[key], amended[key]);
            if (before is JsonObject section && after is JsonObject other)
            {
                foreach (var difference in DifferencesOf(section, other, $"{around}{key}."))
                {
                    yield return difference;
                }
            }
            else if (!JsonNode.DeepEquals(before, after) || earlier.ContainsKey(key) != amended.ContainsKey(key))
            {
                yield return around + key;
            }
        }
    }
}
