using System.Globalization;
using DisBack.Cli.Installations;
using DisBack.Cli.Terminal;
using DisBack.Contracts.Documents;
using DisBack.Contracts.Grains;
using DisBack.Distillation.Teachers;
using DisBack.Specs.Experiments;
using DisBack.Specs.Reading;
using DisBack.Storage.Metrics;

namespace DisBack.Cli.Report;

/// <summary>What the report of a teacher's training shows.</summary>
internal static class TeacherReport
{
    private const string Caption = "Images of the data set, and samples of the teacher in 18 Heun steps, whose classes follow one another.";

    public static ReportModel Of(RunTarget run, MetricHistory history, byte[]? samples)
    {
        var spec = SpecJson.FromJson<TeacherSpec>(run.Spec);
        ReportChart[] charts =
        [
            Chart("Loss", name => name.StartsWith("loss/", StringComparison.Ordinal)),
            Chart("FID", MetricNames.LowerIsBetter),
        ];
        return new ReportModel
        {
            Title = run.Text,
            Status = run.Run.Status.ToString().ToLowerInvariant(),
            Summary = $"{run.Name}, submitted {Texts.Time(run.Run.Submitted)}",
            Figures =
            [
                .. run.Run.Latest.Select(m => new ReportFigure(m.Key, $"{Texts.Number(m.Value.Value)} at step {Count(m.Value.Step)}")),
                new("training", $"{Count(run.Run.Head?.Step ?? 0)} of {Count(run.Run.Steps)} steps in {Texts.Duration(TimeSpan.FromSeconds(run.Run.Seconds))}"),
                new("parameters", Count(spec.Network.Size.Parameters)),
                new("attempts", Count(run.Run.Attempt)),
            ],
            Pictures = samples is null ? [] : [new(Caption, samples)],
            Charts = [.. charts.Where(chart => chart.Curves.Count > 0)],
            Command = $"disback teacher train {spec.Name}.yaml",
            Spec = SpecYaml.Write(spec),
            Digests =
            [
                new("spec", GrainKeys.Digest(run.Spec)),
                .. run.Run.Artifacts.TryGetValue(TeacherTraining.TeacherFileName, out var weights)
                    ? [new ReportFigure(TeacherTraining.TeacherFileName, weights.Content.Digest)]
                    : Array.Empty<ReportFigure>(),
            ],
        };

        ReportChart Chart(string title, Func<string, bool> shows) => new(
            title,
            [
                .. history.Points.Where(point => shows(point.Name)).GroupBy(point => point.Name)
                    .Select(curve => new ReportCurve(curve.Key, [.. curve.Select(p => (p.Step, p.Value))])),
            ],
            []);
    }

    private static string Count(long value) => value.ToString("N0", CultureInfo.InvariantCulture);
}
