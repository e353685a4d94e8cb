using System.CommandLine;
using System.Globalization;
using System.Text.Json;
using DisBack.Client;
using DisBack.Contracts.Documents;
using DisBack.Storage;

namespace DisBack.Cli.Commands;

/// <summary><c>disback list</c>: the runs of a data folder, newest first.</summary>
internal static class ListCommand
{
    public static Command Create(Session session)
    {
        var json = Arguments.Json();
        var command = new Command("list", "Lists the runs, newest first.") { json };
        command.SetAction(async (parsed, cancellation) =>
        {
            var folder = new DataFolder(parsed.GetRequiredValue(CommandLine.Data));
            var rows = (await folder.TrialsAsync(cancellation)).OrderByDescending(t => t.Run.Submitted).Select(Row.Of).ToList();
            if (parsed.GetValue(json))
                session.Screen.Json(JsonSerializer.SerializeToNode(rows, StorageJson.Options));
            else if (rows.Count == 0)
                session.Screen.Line($"There are no runs in {folder.Path} yet; start one with 'disback run SPEC'.");
            else
                session.Screen.Table(["RUN", "STATUS", "STEP", "TARGET", "FID", "BEST", "SUBMITTED"], rows.Select(r => r.Cells()));
            return (int)ExitCode.Ok;
        });
        return command;
    }

    private sealed record Row(string Id, string Name, RunStatus Status, long Step, long Steps, int? Target, double? Fid, double? BestFid, DateTimeOffset Submitted)
    {
        public static Row Of(TrialDocument trial)
        {
            var run = trial.Run;
            return new(trial.Id, trial.Name, run.Status, run.Head?.Step ?? 0, run.Steps, run.Head is { TargetIndex: >= 0 } head ? head.TargetIndex : null,
                run.Latest.GetValueOrDefault(MetricNames.Fid)?.Value, run.Best.GetValueOrDefault(MetricNames.Fid)?.Value, run.Submitted);
        }

        public string[] Cells() =>
        [
            Id,
            Status.ToString().ToLowerInvariant(),
            Steps > 0 ? string.Create(CultureInfo.InvariantCulture, $"{Step}/{Steps}") : "-",
            Target?.ToString(CultureInfo.InvariantCulture) ?? "-",
            Fid is { } fid ? Texts.Number(fid) : "-",
            BestFid is { } best ? Texts.Number(best) : "-",
            Texts.Time(Submitted),
        ];
    }
}
