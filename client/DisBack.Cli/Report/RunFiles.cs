using System.Globalization;
using System.Text.Json;
using DisBack.Cli.Installations;
using DisBack.Cli.Terminal;
using DisBack.Client;
using DisBack.Contracts.Documents;
using DisBack.Contracts.Grains;
using DisBack.Distillation.Generators;
using DisBack.Specs.Experiments;
using DisBack.Specs.Reading;
using DisBack.Storage.Metrics;

namespace DisBack.Cli.Report;

/// <summary>The files that people look for: what a run left behind, its curves and its report, in the run's own folder.</summary>
internal static class RunFiles
{
    private const string Samples = "samples.png";
    private const string Caption = "The same noise through the untrained student, the student at every switch, the final student, and the teacher.";

    /// <summary>Puts the files of a run into its folder; its curves and its report too once it has measured something.</summary>
    public static async Task WriteAsync(Screen screen, Installation installation, RunTarget run, CancellationToken cancellation)
    {
        var (archive, files) = (installation.Archive, installation.Files);
        await files.ExportAsync(run.Folder, run.Run, archive.Content, cancellation);
        var history = await archive.MetricsAsync(run.Id, cancellation);
        var recording = run.Trial is null ? null : await archive.MetricsAsync(RunId.Trajectory(run.Trial.Trajectory), cancellation);
        IReadOnlyList<string> damage = [.. history.Damage, .. recording?.Damage ?? []];
        foreach (var sentence in damage)
        {
            await screen.Error.WriteLineAsync($"disback: {sentence}");
        }
        if (history.Points.Count == 0)
        {
            return;
        }
        var target = files.Of(run.Folder);
        var picture = Path.Combine(target, Samples);
        var samples = File.Exists(picture) ? await File.ReadAllBytesAsync(picture, cancellation) : null;
        var report = run.Trial is { } trial
            ? Report(trial, await archive.TrajectoryAsync(trial.Trajectory, cancellation), history, samples, Charts(trial, history, recording!))
            : TeacherReport.Of(run, history, samples);
        await File.WriteAllBytesAsync(Path.Combine(target, "curves.png"), CurvePictures.Png(report.Charts), cancellation);
        ReportWriter.Write(Path.Combine(target, "report.html"), report with { Damage = damage });
    }

    private static ReportModel Report(
        TrialDocument trial,
        TrajectoryDocument? trajectory,
        MetricHistory history,
        byte[]? samples,
        IReadOnlyList<ReportChart> charts)
    {
        var run = trial.Run;
        var fid = history.Curve(MetricNames.Fid).ToList();
        ReportFigure[] headlines = fid.Count < 2 ? [] :
        [
            new("FID of the untrained student", Texts.Number(fid[0].Value)),
            new("FID of the student", Texts.Number(fid[^1].Value)),
            .. TeacherFid(trial),
        ];
        return new ReportModel
        {
            Title = trial.Id,
            Status = run.Status.ToString().ToLowerInvariant(),
            Summary = $"{trial.Name}, submitted {Texts.Time(run.Submitted)}",
            Headlines = headlines,
            Figures =
            [
                .. run.Latest.Select(m => new ReportFigure(m.Key, $"{Texts.Number(m.Value.Value)} at step {Count(m.Value.Step)}")),
                new("backtracking", $"{Count(run.Head?.Step ?? 0)} of {Count(run.Steps)} steps in {Texts.Duration(TimeSpan.FromSeconds(run.Seconds))}"),
                new(
                    "recording",
                    trajectory is null ? "-" : $"{Count(trajectory.Run.Steps)} steps in {Texts.Duration(TimeSpan.FromSeconds(trajectory.Run.Seconds))}"),
                new("attempts", Count(run.Attempt)),
            ],
            Pictures = samples is null ? [] : [new(Caption, samples)],
            Charts = charts,
            Nodes = [.. (trajectory?.Nodes ?? []).Select(n => new ReportNode(n.Index, n.Step, n.Loss, n.Content.Length, n.Content.Digest))],
            Command = $"disback run {trial.Name}.yaml",
            Spec = SpecYaml.Write(SpecJson.FromJson<ExperimentSpec>(trial.Spec)),
            Digests =
            [
                new("spec", GrainKeys.Digest(trial.Spec)),
                .. trial.Teacher is { } teacher ? [new ReportFigure("teacher", teacher.Digest)] : Array.Empty<ReportFigure>(),
                new("trajectory", trial.Trajectory),
                .. run.Artifacts.TryGetValue(StudentFile.Name, out var student)
                    ? [new ReportFigure(StudentFile.Name, student.Content.Digest)]
                    : Array.Empty<ReportFigure>(),
            ],
        };
    }

    /// <summary>What a shipped teacher's manifest says of its FID; nothing for any other teacher, because measuring it takes minutes.</summary>
    private static IEnumerable<ReportFigure> TeacherFid(TrialDocument trial)
    {
        foreach (var name in TeacherLibrary.Shipped)
        {
            using var manifest = JsonDocument.Parse(TeacherLibrary.ManifestOf(name));
            if (manifest.RootElement.GetProperty("weights_digest").GetString() == trial.Teacher?.Digest)
            {
                yield return new ReportFigure(
                    $"FID of the teacher, {manifest.RootElement.GetProperty("sampler").GetString()}",
                    Texts.Number(manifest.RootElement.GetProperty("fid").GetDouble()));
            }
        }
    }

    private static List<ReportChart> Charts(TrialDocument trial, MetricHistory history, MetricHistory recording)
    {
        var marks = trial.Run.Switches.Select(s => s.Step).ToList();
        var charts = new List<ReportChart>();
        Add("FID", name => name == MetricNames.Fid || name.StartsWith(MetricNames.Fid + "/", StringComparison.Ordinal), history, marks);
        Add("Losses of stage 2", name => name.StartsWith("loss/", StringComparison.Ordinal), history, marks);
        Add("Score gap to the target", name => name == "score_gap", history, marks);
        if (trial.Nodes > 1)
        {
            var first = trial.Nodes - 2;
            (long, double)[] targets =
            [
                (0, first),
                .. trial.Run.Switches.Select(s => (s.Step, (double)s.To)),
                (trial.Run.Steps, trial.Run.Switches is [.., var last] ? last.To : first),
            ];
            charts.Add(new ReportChart("Target node (0 is the teacher)", [new ReportCurve("target", targets)], marks, Stepped: true));
        }
        Add("Loss of stage 1", name => name.StartsWith("loss/", StringComparison.Ordinal), recording, []);
        return charts;

        void Add(string title, Predicate<string> belongs, MetricHistory source, IReadOnlyList<long> at)
        {
            var curves = source.Points.Where(p => belongs(p.Name)).GroupBy(p => p.Name)
                .Select(g => new ReportCurve(g.Key, [.. g.Select(p => (p.Step, p.Value))], Joined: g.Key != MetricNames.Fid))
                .ToList();
            if (curves.Count > 0)
            {
                charts.Add(new ReportChart(title, curves, at));
            }
        }
    }

    private static string Count(long value) => value.ToString("N0", CultureInfo.InvariantCulture);
}
