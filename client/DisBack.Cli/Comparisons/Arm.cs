using System.Globalization;
using System.Text.Json.Nodes;
using DisBack.Contracts.Documents;
using DisBack.Specs.Reading;

namespace DisBack.Cli.Comparisons;

/// <summary>The runs of one configuration, which differ in nothing but their seeds.</summary>
/// <param name="Number">1, 2, 3..., in the order in which the runs were named.</param>
/// <param name="Settings">What they have in common.</param>
/// <param name="Runs">One run of each seed.</param>
/// <param name="Repeats">Runs with the seed of another one of the arm, which repeat it and are no evidence of their own.</param>
internal sealed record Arm(int Number, JsonObject Settings, IReadOnlyList<ComparedRun> Runs, IReadOnlyList<ComparedRun> Repeats)
{
    public string Label => Number.ToString(CultureInfo.InvariantCulture);

    /// <summary>Runs as arms. Of the runs of one seed the one that has come furthest stands for it.</summary>
    public static IReadOnlyList<Arm> Of(IEnumerable<ComparedRun> runs) =>
    [
        .. runs.Select(run => (Run: run, Settings: SettingsOf(run.Trial)))
            .GroupBy(run => run.Settings.ToJsonString())
            .Select((arm, index) =>
            {
                var seeds = arm.GroupBy(run => run.Run.Seed)
                    .Select(seed => seed.Select(run => run.Run).OrderByDescending(run => run.Curve.Points.Count).ToList())
                    .ToList();
                return new Arm(index + 1, arm.First().Settings, [.. seeds.Select(seed => seed[0])], [.. seeds.SelectMany(seed => seed.Skip(1))]);
            }),
    ];

    /// <summary>The spec without seed and name, and the weights of the teacher: one name can have meant several.</summary>
    private static JsonObject SettingsOf(TrialDocument trial)
    {
        var settings = SpecJson.Sections(trial.Spec);
        settings.Remove("seed");
        settings.Remove("name");
        settings["teacher_weights"] = trial.Teacher?.Digest;
        return settings;
    }
}
