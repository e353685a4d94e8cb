using System.Collections.Immutable;
using System.ComponentModel.DataAnnotations;
using System.Text.Json.Nodes;
using DisBack.Specs.Reading;
using DisBack.Specs.Sweeps;

namespace DisBack.Benchmarks.Science;

/// <summary>
/// A question to the method: the same experiment in several settings, each with several arms that are compared from the same seeds. It is asked by a sweep whose
/// axes are the settings, the arms and the seed.
/// </summary>
internal sealed record Question
{
    /// <summary>The axes of its sweep.</summary>
    public const string Setting = "setting", Arm = "arm", Seed = "seed";

    /// <summary>Its name, and that of its sweep and of its files.</summary>
    public required string Name { get; init; }

    /// <summary>What is asked, for the report.</summary>
    public required string Title { get; init; }

    /// <summary>The teacher to train first, as the path of its YAML seen from this file; absent where the experiment's is shipped.</summary>
    public string? TrainTeacher { get; init; }

    /// <summary>The experiment, as the path of its YAML seen from this file.</summary>
    public required string Spec { get; init; }

    /// <summary>What all trials replace of it, as with <c>--set</c>.</summary>
    public IReadOnlyList<string> Set { get; init; } = [];

    /// <summary>FIDs whose first time is compared.</summary>
    [MinLength(1)]
    public required IReadOnlyList<double> Fids { get; init; }

    /// <summary>The settings.</summary>
    [MinLength(1)]
    public required IReadOnlyList<AxisCase> Settings { get; init; }

    /// <summary>The arms. The first one is what the others are compared with.</summary>
    [MinLength(1)]
    public required IReadOnlyList<AxisCase> Arms { get; init; }

    /// <summary>How many seeds a sweep has that asks a question.</summary>
    public static int SeedsOf(SweepPlan plan) => plan.Axes.Single(axis => axis.Key == Seed).Settings.Choices!.Count;

    /// <summary>The sweep that asks it.</summary>
    /// <param name="home">The folder of the question.</param>
    /// <param name="seeds">Seeds of each arm, from 0.</param>
    /// <param name="also">What else the experiment has, as with <c>--set</c>.</param>
    public SweepPlan Plan(string home, int seeds, IEnumerable<string> also)
    {
        var search = new GridSearch
        {
            Space = ImmutableDictionary<string, Axis>.Empty
                .Add(Setting, new Axis { Cases = Settings })
                .Add(Arm, new Axis { Cases = Arms })
                .Add(Seed, new Axis { Values = [.. Enumerable.Range(0, seeds).Select(seed => (JsonNode?)seed)] }),
        };
        var file = Path.Combine(home, Spec);
        var text = $"{File.ReadAllText(file)}\n{SweepPlan.SearchKey}: {SpecJson.ToNode<SearchSettings>(search).ToJsonString()}\n";
        return SweepPlan.Parse(text, file, [.. Set, .. also, $"name={Name}"]);
    }
}
