using System.Globalization;
using System.Text;
using DisBack.Specs.Sweeps;

namespace DisBack.Benchmarks.Science;

/// <summary>The answers to a question as tables in Markdown, one for each setting.</summary>
internal static class AnswerTable
{
    public static string Of(Question question, IReadOnlyDictionary<(AxisCase Setting, AxisCase Arm), IReadOnlyList<Outcome>> outcomes)
    {
        var text = new StringBuilder();
        foreach (var setting in question.Settings)
        {
            text.AppendLine(CultureInfo.InvariantCulture, $"{question.Title}: {setting.Name}").AppendLine();
            List<string> head = ["arm", .. question.Fids.SelectMany(Columns), "best FID", "last FID"];
            Row(head);
            Row(head.Select(_ => "---"));
            var first = outcomes[(setting, question.Arms[0])];
            foreach (var arm in question.Arms)
            {
                var own = outcomes[(setting, arm)];
                var whole = own.Where(outcome => outcome.Curve.Count > 0).ToList();
                Row(
                [
                    arm.Name,
                    .. question.Fids.SelectMany(fid => Figures(own, first, fid)),
                    Interval.Of([.. whole.Select(outcome => outcome.Best)]).ToString(),
                    Interval.Of([.. whole.Select(outcome => outcome.Last)]) + Failures(own),
                ]);
            }
            text.AppendLine();
        }
        return text.ToString();

        void Row(IEnumerable<string> cells) => text.AppendLine($"| {string.Join(" | ", cells)} |");

        static IEnumerable<string> Columns(double fid) =>
        [
            string.Create(CultureInfo.InvariantCulture, $"thousand images to FID {fid}"), "seconds", "images, times the first row",
        ];
    }

    private static IEnumerable<string> Figures(IReadOnlyList<Outcome> own, IReadOnlyList<Outcome> first, double fid)
    {
        var reached = own.Select(outcome => outcome.To(fid)).ToList();
        var pairs = own.Zip(first).Select(pair => (Own: pair.First.To(fid), First: pair.Second.To(fid))).Where(pair => pair is { Own: { }, First: { } });
        var count = reached.Count(point => point is not null);
        yield return Interval.Of([.. reached.OfType<(double Images, double Seconds)>().Select(point => point.Images)])
            + (count < own.Count ? $", {count} of {own.Count} seeds" : "");
        yield return Interval.Of([.. reached.OfType<(double Images, double Seconds)>().Select(point => point.Seconds)]).ToString();
        yield return Interval.Of([.. pairs.Select(pair => pair.Own!.Value.Images / pair.First!.Value.Images)]).ToString();
    }

    private static string Failures(IReadOnlyList<Outcome> own) =>
        own.Count(outcome => outcome.Failure is not null) is > 0 and var failed ? $", {failed} failed" : "";
}
