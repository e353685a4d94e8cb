using System.Globalization;
using DisBack.Search.Comparisons;

namespace DisBack.Cli.Comparisons;

/// <summary>What ratios mean, and why some of them are missing.</summary>
internal static class RatioSentences
{
    /// <summary>Arms that a sentence names.</summary>
    private const int MostNamed = 8;

    public static IEnumerable<string> Of(Comparison comparison)
    {
        if (comparison.Arms.Count == 1)
        {
            yield break;
        }
        if (!comparison.Question.HasRatios)
        {
            yield return "Positions are no amounts, so they have no ratio.";
            yield break;
        }
        yield return "A ratio is that of geometric means over seeds, to arm 1: below 1, an arm needs less.";
        foreach (var lack in comparison.Arms.Index().Skip(1).GroupBy(arm => comparison.Ratios[arm.Index]!.Lack).Where(lack => lack.Key != RatioLack.Nothing))
        {
            List<int> arms = [.. lack.Select(arm => arm.Index)];
            List<int> causes = [.. arms.Prepend(0).Where(arm => Causes(comparison.Times[arm], lack.Key))];
            yield return $"{Named(comparison, arms, "Arm")}: {Reason(lack.Key, $"{Named(comparison, causes, "arm")} {(causes.Count == 1 ? "has" : "have")}")}";
        }
    }

    private static bool Causes(TimeToQuality time, RatioLack lack) => lack switch
    {
        RatioLack.Censored => !time.IsComplete,
        RatioLack.FromTheStart => time.Places.Any(place => place <= 0),
        RatioLack.FewRuns => time.Places.Count < RatioEstimate.FewestRuns,
        _ => true,
    };

    private static string Reason(RatioLack lack, string causesHave) => lack switch
    {
        RatioLack.Censored => $"no ratio, for {causesHave} runs that never reached the value. Name an easier one with --to.",
        RatioLack.FromTheStart => $"no ratio, for {causesHave} runs that had the value from the start. Name a harder one with --to.",
        RatioLack.FewRuns => string.Create(
            CultureInfo.InvariantCulture, $"no interval, for {causesHave} fewer than {RatioEstimate.FewestRuns} seeds. Run more with --set seed=N."),
        _ => "no interval, for the seeds of each arm reached the value at one and the same place. Have it measured more often.",
    };

    private static string Named(Comparison comparison, List<int> arms, string word) => $"{word}{(arms.Count == 1 ? "" : "s")} "
        + string.Join(", ", arms.Take(MostNamed).Select(arm => comparison.Arms[arm].Label))
        + (arms.Count > MostNamed ? string.Create(CultureInfo.InvariantCulture, $" and {arms.Count - MostNamed} more") : "");
}
