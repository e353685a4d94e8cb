using System.CommandLine;
using System.Globalization;
using System.Text.Json;
using DisBack.Cli.Installations;
using DisBack.Cli.Names;
using DisBack.Cli.Options;
using DisBack.Cli.Terminal;
using DisBack.Client;
using DisBack.Contracts.Documents;
using DisBack.Contracts.Grains;
using DisBack.Storage;

namespace DisBack.Cli.Commands;

/// <summary><c>disback list</c>: the runs of an installation, newest first.</summary>
internal static class ListCommand
{
    private const int UsualPage = 100;

    public static Command Create(Session session)
    {
        var json = Arguments.Json();
        var status = new Option<string?>("--status") { Description = "Only runs that stand there.", HelpName = "STATUS" };
        status.AcceptOnlyFromAmong(StringComparer.OrdinalIgnoreCase, [.. Enum.GetNames<RunStatus>().Select(known => known.ToLowerInvariant())]);
        var name = new Option<string?>("--name") { Description = "Only runs whose name or id begins with this." }
            .CompletedWith(KnownNames.BeginningsAsync);
        var tag = new Option<string?>("--tag") { Description = "Only runs that have this tag." }.CompletedWith(KnownNames.TagsAsync);
        var archived = new Option<bool>("--archived") { Description = "Archived runs, too." };
        var limit = Arguments.Positive(new Option<int>("--limit", "-n")
        {
            Description = "Runs at most; with --json all unless it is given.",
            DefaultValueFactory = _ => UsualPage,
        });
        var all = new Option<bool>("--all") { Description = "Every run, and not the newest ones." };
        var command = new Command("list", "Lists the runs, newest first. 'query runs' filters and sorts them by anything.")
        {
            status, name, tag, archived, limit, all, json,
        };
        command.Validators.Add(result =>
        {
            if (result.GetValue(all) && result.GetResult(limit) is { Implicit: false })
            {
                result.AddError("--all and --limit contradict one another; give one of them.");
            }
        });
        command.SetAction(async (parsed, cancellation) =>
        {
            await using var installation = Installation.Of(parsed, session);
            var isLimited = parsed.GetResult(limit) is { Implicit: false } || !(parsed.GetValue(all) || parsed.GetValue(json));
            int? most = isLimited ? parsed.GetValue(limit) : null;
            var filter = new RunFilter(parsed.GetValue(status) is { } stands ? Enum.Parse<RunStatus>(stands, ignoreCase: true) : null, parsed.GetValue(name))
            {
                Tag = parsed.GetValue(tag),
            };
            // Whoever asks for a tag means the runs that have it.
            var shown = filter with
            {
                WithoutTag = parsed.GetValue(archived) || filter.Tag is not null ? null : ArchiveCommands.ArchivedTag,
                Most = most is < int.MaxValue ? most + 1 : null,
            };
            var found = await installation.Archive.RunsAsync(shown, cancellation);
            var runs = found.Take(most ?? int.MaxValue).ToList();
            var damaged = await installation.WarnOfDamageAsync(RunKind.Backtracking, session.Screen, cancellation);
            if (parsed.GetValue(json))
            {
                session.Screen.Json(JsonSerializer.SerializeToNode(runs, StorageJson.Options));
            }
            else if (runs.Count == 0)
            {
                var isAnyArchived = shown.WithoutTag is not null && (await installation.Archive.RunsAsync(filter with { Most = 1 }, cancellation)).Count > 0;
                session.Screen.Line(isAnyArchived ? "Every run like that is archived; 'list --archived' shows them, too."
                    : filter == new RunFilter() && !damaged
                    ? $"There are no runs in {installation.Archive.Location} yet; start one with 'disback run SPEC'."
                    : "No run that can be read is like that.");
            }
            else
            {
                session.Screen.Table(["RUN", "STATUS", "STEP", "TARGET", "FID", "BEST", "SUBMITTED", "TAGS"], runs.Select(Cells));
                if (found.Count > runs.Count)
                {
                    session.Screen.Error.WriteLine(string.Create(
                        CultureInfo.InvariantCulture, $"There are more than these {runs.Count} runs; --all shows every one, --limit another number."));
                }
            }
            return (int)(damaged ? ExitCode.Storage : ExitCode.Ok);
        });
        return command;
    }

    private static string[] Cells(RunSummary run) =>
    [
        run.Id,
        run.Status.ToString().ToLowerInvariant(),
        run.Steps > 0 ? string.Create(CultureInfo.InvariantCulture, $"{run.Step}/{run.Steps}") : "-",
        run.Target?.ToString(CultureInfo.InvariantCulture) ?? "-",
        run.Fid is { } fid ? Texts.Number(fid) : "-",
        run.BestFid is { } best ? Texts.Number(best) : "-",
        Texts.Time(run.Submitted),
        string.Join(", ", run.Tags),
    ];
}
