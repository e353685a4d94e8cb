using System.Globalization;
using System.Text.Json;
using DisBack.Cli.Options;
using DisBack.Cli.Terminal;
using DisBack.Storage;
using DisBack.Storage.Collection;

namespace DisBack.Cli.Commands;

/// <summary>What <c>gc</c> prints.</summary>
/// <param name="screen">Where.</param>
/// <param name="json">Whether as JSON.</param>
/// <param name="age">The age from which on contents are removed.</param>
internal sealed class GcReport(Screen screen, bool json, TimeSpan age)
{
    /// <summary>Prints every verdict with its reason.</summary>
    public void Explain(ContentPlan plan)
    {
        if (json)
        {
            Print(plan, plan.Verdicts, removed: null);
            return;
        }
        if (plan.Verdicts.Count > 0)
        {
            screen.Table(["CONTENT", "BYTES", "AGE", "VERDICT"], plan.Verdicts.Select(verdict => (IReadOnlyList<string>)
            [
                verdict.Content.Digest, verdict.Content.Length.ToString(CultureInfo.InvariantCulture), Age.Show(verdict.Age), Reason(verdict),
            ]));
        }
        Total(plan);
        screen.Fact("Would be removed", Count(plan.Of(ContentFate.Unreferenced)));
    }

    /// <summary>Prints what was removed.</summary>
    public void Conclude(ContentPlan plan, IReadOnlyList<ContentVerdict> removed)
    {
        if (json)
        {
            Print(plan, removed, removed);
            return;
        }
        Total(plan);
        var spared = plan.Of(ContentFate.Unreferenced).Except(removed).ToList();
        screen.Fact("Kept since", spared.Count == 0 ? null : $"{Count(spared)}, stored again or referred to meanwhile");
        screen.Fact("Removed", removed.Count == 0 ? "nothing" : $"{Count(removed)} are free now");
    }

    /// <summary>A number of contents and their bytes.</summary>
    public static string Count(IEnumerable<ContentVerdict> verdicts)
    {
        var all = verdicts.ToList();
        return string.Create(CultureInfo.InvariantCulture, $"{all.Count} {(all.Count == 1 ? "content" : "contents")}, {Texts.Bytes(BytesOf(all))}");
    }

    private void Total(ContentPlan plan)
    {
        screen.Fact("Referred to", Count(plan.Of(ContentFate.Referred)));
        screen.Fact($"Younger than {Age.Show(age)}", Count(plan.Of(ContentFate.Young)));
    }

    private static string Reason(ContentVerdict verdict) => verdict.Fate switch
    {
        ContentFate.Referred => verdict.Documents == 1
            ? $"kept: {verdict.Document}"
            : string.Create(CultureInfo.InvariantCulture, $"kept: {verdict.Document} and {verdict.Documents - 1} more documents"),
        ContentFate.Young => "kept: too young",
        _ => "removed",
    };

    private void Print(ContentPlan plan, IReadOnlyList<ContentVerdict> shown, IReadOnlyList<ContentVerdict>? removed) =>
        screen.Json(JsonSerializer.SerializeToNode(
            new
            {
                Contents = shown.Select(verdict => new
                {
                    verdict.Content.Digest,
                    verdict.Content.Length,
                    AgeSeconds = Math.Floor(verdict.Age.TotalSeconds),
                    verdict.Fate,
                    verdict.Document,
                    verdict.Documents,
                }),
                Totals = Enum.GetValues<ContentFate>().Select(fate => new { Fate = fate, Contents = plan.Of(fate).Count(), Bytes = BytesOf(plan.Of(fate)) }),
                Removed = new { Contents = removed?.Count ?? 0, Bytes = BytesOf(removed ?? []) },
                plan.Damaged,
            },
            StorageJson.Options));

    private static long BytesOf(IEnumerable<ContentVerdict> verdicts) => verdicts.Sum(verdict => verdict.Content.Length);
}
