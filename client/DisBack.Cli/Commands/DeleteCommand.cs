using System.CommandLine;
using System.Globalization;
using DisBack.Cli.Installations;
using DisBack.Cli.Names;
using DisBack.Cli.Terminal;
using DisBack.Client;
using DisBack.Contracts.Documents;
using DisBack.Contracts.Grains;

namespace DisBack.Cli.Commands;

/// <summary><c>disback delete RUN</c>: frees the name of a run, after saying what depends on it.</summary>
internal static class DeleteCommand
{
    private const int NamesShown = 3;

    public static Command Create(Session session)
    {
        var name = NameArguments.Run();
        var yes = new Option<bool>("--yes", "-y") { Description = "Delete without asking, as scripts must." };
        var command = new Command("delete", "Deletes a run or a sweep that has ended, so that its name is free again; stored contents stay.") { name, yes };
        command.SetAction(async (parsed, cancellation) =>
        {
            await using var installation = Installation.Of(parsed, session);
            if (SweepCommand.IsNamedBy(parsed.GetRequiredValue(name)))
            {
                return (int)await SweepCommand.DeleteAsync(session, installation, parsed.GetRequiredValue(name), parsed.GetValue(yes), cancellation);
            }
            var run = await RunTarget.FindAsync(installation.Archive, parsed.GetRequiredValue(name), cancellation);
            if (!run.Run.Status.IsSettled())
            {
                var way = run.Id.Kind == RunKind.Recording ? "pause or cancel the runs that wait for it" : $"cancel it with 'disback cancel {run.Text}'";
                throw new DisBackException($"{run.Id} is {run.Run.Status.ToString().ToLowerInvariant()}; {way} first.");
            }
            foreach (var dependent in await DependentsAsync(installation.Archive, run, cancellation))
            {
                await session.Screen.Error.WriteLineAsync($"disback: {dependent}");
            }
            if (await Confirmation.RefusesAsync(session, "delete", "deleted", Describe(run), parsed.GetValue(yes)) is { } refused)
            {
                return (int)refused;
            }
            var control = await installation.ReachAsync(cancellation) ?? await installation.HostAsync($"disback delete {run.Text}", "cpu", cancellation);
            // The files first: as long as the run is known, a deletion that was interrupted can be repeated.
            installation.Files.Delete(run.Folder);
            session.Screen.Line((await control.DeleteAsync(run.Id, cancellation)).Message);
            return (int)ExitCode.Ok;
        });
        return command;
    }

    /// <summary>What a person recognises the run by.</summary>
    private static string Describe(RunTarget target)
    {
        var run = target.Run;
        string?[] facts =
        [
            run.Status.ToString().ToLowerInvariant(),
            run.Head is { } head ? string.Create(CultureInfo.InvariantCulture, $"{head.Step} steps") : null,
            run.Latest.GetValueOrDefault(MetricNames.Fid) is { } fid ? $"FID {Texts.Number(fid.Value)}" : null,
        ];
        return $"{(target.Id.Kind == RunKind.Backtracking ? "run " : "")}{target.Id} ({string.Join(", ", facts.OfType<string>())})";
    }

    /// <summary>What goes with the run, or has to do without it: a sentence each.</summary>
    private static async Task<IReadOnlyList<string>> DependentsAsync(IArchive archive, RunTarget run, CancellationToken cancellation)
    {
        switch (run.Id.Kind)
        {
            case RunKind.Recording:
                var walkers = Named(await archive.RunsAsync(null, cancellation), other => other.Trajectory == run.Id.Owner);
                return walkers is null ? [] : [$"{walkers} this trajectory; a run that still needs it records it again."];
            case RunKind.Teacher:
                var weights = (await archive.TeacherAsync(run.Id.Owner, cancellation))?.Weights?.Digest;
                var students = weights is null ? null : Named(await archive.RunsAsync(null, cancellation), other => other.Teacher == weights);
                return students is null ? [] : [$"{students} its weights, which stay stored for them; only the name '{run.Id.Owner}' goes."];
            default:
                var sweep = GrainKeys.SweepOf(run.Id.Owner);
                return [await archive.SweepAsync(sweep, cancellation) is null
                    ? $"Its sweep {sweep} has no other trial and goes with it."
                    : $"Its sweep {sweep} keeps its point, and runs no other trial in its place."];
        }

        string? Named(IReadOnlyList<RunSummary> runs, Func<RunSummary, bool> depends)
        {
            var those = runs.Where(depends).ToList();
            var verb = run.Id.Kind == RunKind.Recording ? (One: "walks", Many: "walk") : (One: "was submitted with", Many: "were submitted with");
            return those.Count switch
            {
                0 => null,
                1 => $"The run {those[0].Id} {verb.One}",
                _ => $"{those.Count.ToString(CultureInfo.InvariantCulture)} runs ({string.Join(", ", those.Take(NamesShown).Select(other => other.Id))}"
                    + $"{(those.Count > NamesShown ? ", ..." : "")}) {verb.Many}",
            };
        }
    }
}
