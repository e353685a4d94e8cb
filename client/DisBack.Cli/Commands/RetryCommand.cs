using System.CommandLine;
using System.Globalization;
using System.Text.Json;
using DisBack.Cli.Installations;
using DisBack.Cli.Live;
using DisBack.Cli.Names;
using DisBack.Cli.Terminal;
using DisBack.Client;
using DisBack.Contracts.Documents;
using DisBack.Contracts.Grains;

namespace DisBack.Cli.Commands;

/// <summary><c>disback retry</c>: goes on with runs that have failed, chosen by name, by the cause of the failure and by a filter.</summary>
internal static class RetryCommand
{
    private const int NamesShown = 3;

    private static readonly Dictionary<string, FailureCause> s_causes =
        Enum.GetValues<FailureCause>().ToDictionary(cause => JsonNamingPolicy.KebabCaseLower.ConvertName(cause.ToString()));

    public static Command Create(Session session)
    {
        var names = NameArguments.Runs();
        var cause = new Option<string[]>("--cause")
        {
            Description = "Only runs that failed of this cause; may be repeated.",
            HelpName = "CAUSE",
            DefaultValueFactory = _ => [],
        };
        cause.AcceptOnlyFromAmong([.. s_causes.Keys]);
        var where = new Option<string?>("--where")
        {
            Description = "Only runs for which this filter of 'query runs' holds, for example \"method = 'dmd2' and ended > 1d\".",
            HelpName = "FILTER",
        };
        var yes = new Option<bool>("--yes", "-y") { Description = "Retry several runs without asking, as scripts must." };
        var command = new Command("retry", "Goes on with runs that have failed; what is given must all hold of a run.") { names, cause, where, yes };
        command.Validators.Add(result =>
        {
            if (result.GetValue(names) is not { Length: > 0 } && result.GetValue(cause) is not { Length: > 0 } && result.GetValue(where) is null)
            {
                result.AddError("Nothing says which runs to retry; name runs, or give --cause or --where.");
            }
            // An empty variable of a script would let every run through.
            if (result.GetValue(where) is { } filter && string.IsNullOrWhiteSpace(filter))
            {
                result.AddError("The filter of --where is empty; say which runs to retry, or leave it out.");
            }
        });
        command.SetAction(async (parsed, cancellation) =>
        {
            await using var installation = Installation.Of(parsed, session);
            var texts = parsed.GetRequiredValue(names);
            var runs = await new FailedRuns(installation, session.Screen).ChooseAsync(
                await NamedAsync(installation.Archive, texts, cancellation),
                [.. parsed.GetRequiredValue(cause).Select(name => s_causes[name])],
                parsed.GetValue(where),
                cancellation);
            if (runs.Count == 0)
            {
                session.Screen.Line("No run that has failed is like that; nothing was retried.");
                return (int)ExitCode.Ok;
            }
            if (runs.Count > 1 && await Confirmation.RefusesAsync(session, "retry", "retried", Describe(runs), parsed.GetValue(yes)) is { } refused)
            {
                return (int)refused;
            }
            return (int)await RetryAsync(session, installation, runs, $"disback retry {string.Join(' ', texts)}".TrimEnd(), cancellation);
        });
        return command;
    }

    private static async Task<ExitCode> RetryAsync(
        Session session, Installation installation, IReadOnlyList<RunTarget> runs, string command, CancellationToken cancellation)
    {
        if (await installation.ReachAsync(cancellation) is { } owner)
        {
            foreach (var run in runs)
            {
                session.Screen.Line($"{run.Id}: {(await owner.ResumeAsync(run.Id, cancellation)).Message}");
            }
            return ExitCode.Ok;
        }
        var devices = runs.GroupBy(run => run.Device).ToList();
        if (devices.Count > 1)
        {
            var asked = string.Join(", ", devices.Select(device => $"{device.Key} as {device.First().Id}"));
            throw new DisBackException($"The runs ask for different devices ({asked}), and one process computes on one; retry those of each by "
                + "themselves, for example with --where \"param.hardware.device = 'cpu'\".");
        }
        var control = await installation.HostAsync(command, devices[0].Key, cancellation);
        return runs is [var only]
            ? await RunCommand.FinishAsync(session, installation, control, only.Id, cancellation)
            : await new RunsFollower(session, installation, control).FinishAsync(runs, cancellation);
    }

    /// <summary>The runs that texts mean; of a sweep those of its trials that have failed.</summary>
    private static async Task<IReadOnlyCollection<RunId>> NamedAsync(IArchive archive, IReadOnlyList<string> texts, CancellationToken cancellation)
    {
        var runs = new List<RunId>();
        foreach (var text in texts)
        {
            if (!SweepCommand.IsNamedBy(text))
            {
                runs.Add((await RunTarget.FindAsync(archive, text, cancellation)).Id);
                continue;
            }
            var sweep = await SweepCommand.FindAsync(archive, text, cancellation);
            var failed = await archive.RunsAsync(new RunFilter(RunStatus.Failed, $"{sweep.Id}/"), cancellation);
            if (failed.Count == 0)
            {
                throw new NotFoundException($"No trial of the sweep {sweep.Id} has failed.");
            }
            runs.AddRange(failed.Select(run => RunId.Trial(run.Id)).OrderBy(run => run.Owner, StringComparer.Ordinal));
        }
        return runs;
    }

    private static string Describe(IReadOnlyList<RunTarget> runs) =>
        $"{runs.Count.ToString(CultureInfo.InvariantCulture)} failed runs ({string.Join(", ", runs.Take(NamesShown).Select(run => run.Id))}"
            + $"{(runs.Count > NamesShown ? ", ..." : "")})";
}
