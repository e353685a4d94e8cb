using System.Globalization;
using System.Text.Json;
using DisBack.Cli.Options;
using DisBack.Cli.Terminal;
using DisBack.Storage;
using DisBack.Storage.Collection;
using DisBack.Storage.Content;

namespace DisBack.Cli.Commands;

/// <summary>What <c>gc</c> prints.</summary>
/// <param name="screen">Where.</param>
/// <param name="json">Whether as JSON.</param>
/// <param name="age">The age from which on contents are removed.</param>
internal sealed class GcReport(Screen screen, bool json, TimeSpan age)
{
    /// <summary>Prints every verdict with its reason.</summary>
    public void Explain(ContentPlan plan, IReadOnlyList<UploadedPart> parts)
    {
        if (json)
        {
            Print(plan, plan.Verdicts, parts, [], []);
            return;
        }
        if (plan.Verdicts.Count + parts.Count > 0)
        {
            screen.Table(["CONTENT", "BYTES", "AGE", "VERDICT"],
            [
                .. plan.Verdicts.Select(verdict => Row(verdict.Content, verdict.Age, Reason(verdict))),
                .. parts.Select(part => Row(part.Part, part.Age, Reason(part))),
            ]);
        }
        Total(plan);
        var kept = parts.Where(part => !part.IsAbandoned).ToList();
        screen.Fact("Of uploads", kept.Count == 0 ? null : $"{Count(kept)}, kept for {Age.Show(ContentParts.Kept)}");
        screen.Fact("Would be removed", Count(plan.Of(ContentFate.Unreferenced), parts.Where(part => part.IsAbandoned)));
    }

    /// <summary>Prints what was removed.</summary>
    public void Conclude(ContentPlan plan, IReadOnlyList<ContentVerdict> removed, IReadOnlyList<UploadedPart> parts)
    {
        if (json)
        {
            Print(plan, removed, parts, removed, parts);
            return;
        }
        Total(plan);
        var spared = plan.Of(ContentFate.Unreferenced).Except(removed).ToList();
        screen.Fact("Kept since", spared.Count == 0 ? null : $"{Count(spared)}, stored again or referred to meanwhile");
        screen.Fact("Removed", removed.Count + parts.Count == 0 ? "nothing" : $"{Count(removed, parts)} are free now");
    }

    /// <summary>A number of contents, and of parts of uploads where there are any, and their bytes.</summary>
    public static string Count(IEnumerable<ContentVerdict> verdicts, IEnumerable<UploadedPart> parts)
    {
        var left = parts.ToList();
        return left.Count == 0 ? Count(verdicts) : $"{Count(verdicts)}, and {Count(left)}";
    }

    private static string Count(IEnumerable<ContentVerdict> verdicts)
    {
        var all = verdicts.ToList();
        return string.Create(CultureInfo.InvariantCulture, $"{all.Count} {(all.Count == 1 ? "content" : "contents")}, {Texts.Bytes(BytesOf(all))}");
    }

    private static string Count(IEnumerable<UploadedPart> parts)
    {
        var all = parts.ToList();
        return string.Create(
            CultureInfo.InvariantCulture, $"{all.Count} {(all.Count == 1 ? "part" : "parts")} of unfinished uploads, {Texts.Bytes(BytesOf(all))}");
    }

    private static IReadOnlyList<string> Row(ContentRef content, TimeSpan age, string reason) =>
        [content.Digest, content.Length.ToString(CultureInfo.InvariantCulture), Age.Show(age), reason];

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

    private static string Reason(UploadedPart part) =>
        part.IsAbandoned ? $"removed: part of {part.Whole}, which nobody uploads" : $"kept: part of {part.Whole}, which may be uploaded still";

    private void Print(
        ContentPlan plan,
        IReadOnlyList<ContentVerdict> shown,
        IReadOnlyList<UploadedPart> parts,
        IReadOnlyList<ContentVerdict> removed,
        IReadOnlyList<UploadedPart> removedParts) =>
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
                Parts = parts.Select(part => new
                {
                    part.Part.Digest,
                    part.Part.Length,
                    part.Whole,
                    AgeSeconds = Math.Floor(part.Age.TotalSeconds),
                    Abandoned = part.IsAbandoned,
                }),
                Removed = new { Contents = removed.Count, Bytes = BytesOf(removed), Parts = removedParts.Count, PartBytes = BytesOf(removedParts) },
                plan.Damaged,
            },
            StorageJson.Options));

    private static long BytesOf(IEnumerable<ContentVerdict> verdicts) => verdicts.Sum(verdict => verdict.Content.Length);

    private static long BytesOf(IEnumerable<UploadedPart> parts) => parts.Sum(part => part.Part.Length);
}
