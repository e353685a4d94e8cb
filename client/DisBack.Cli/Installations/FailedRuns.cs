using DisBack.Cli.Tables;
using DisBack.Cli.Terminal;
using DisBack.Client;
using DisBack.Contracts.Documents;
using DisBack.Contracts.Grains;
using DisBack.Contracts.Queries;

namespace DisBack.Cli.Installations;

/// <summary>Finds the runs that have failed, by name, by the cause of the failure and by a filter of the table <c>runs</c>.</summary>
internal sealed class FailedRuns(Installation installation, Screen screen)
{
    private const string Failed = "status = 'failed'";

    /// <summary>The failed runs for which everything holds that is given, each once.</summary>
    /// <param name="named">The runs that were named; none means every run of the table.</param>
    /// <param name="causes">Any of these causes; none means all of them.</param>
    /// <param name="where">A filter of the table; null lets every run through.</param>
    /// <param name="cancellation">Stops the search.</param>
    public async Task<IReadOnlyList<RunTarget>> ChooseAsync(
        IReadOnlyCollection<RunId> named, IReadOnlyCollection<FailureCause> causes, string? where, CancellationToken cancellation)
    {
        if (where is not null && named.FirstOrDefault(run => run.Kind != RunKind.Backtracking) is { Owner: not null } other)
        {
            throw new DisBackException($"--where asks the table 'runs', and {other} is not in it; name it in a command of its own, without --where.");
        }
        var ids = named.Count > 0 && where is null ? null : await AskAsync(where ?? Failed, cancellation);
        var chosen = new List<RunTarget>();
        foreach (var id in (named.Count == 0 ? ids! : named.Where(run => ids is null || ids.Contains(run))).Distinct())
        {
            // The table may be older than the document, and a run that was paused meanwhile must not go on.
            if (await FindAsync(id, cancellation) is not { } run)
            {
                continue;
            }
            if (run.Run.Status != RunStatus.Failed)
            {
                if (named.Count > 0)
                {
                    await screen.Error.WriteLineAsync(
                        $"disback: {run.Id} is {run.Run.Status.ToString().ToLowerInvariant()}; only a run that has failed is retried.");
                }
            }
            else if (causes.Count == 0 || (run.Run.Cause is { } cause && causes.Contains(cause)))
            {
                chosen.Add(run);
            }
        }
        return chosen;
    }

    private async Task<RunTarget?> FindAsync(RunId id, CancellationToken cancellation)
    {
        try
        {
            return await RunTarget.ReadAsync(installation.Archive, id, cancellation);
        }
        catch (NotFoundException)
        {
            return null;
        }
    }

    /// <summary>
    /// The failed runs that a filter lets through, the oldest first. The status is no part of the filter: a text in parentheses may close them.
    /// </summary>
    private async Task<IReadOnlyList<RunId>> AskAsync(string where, CancellationToken cancellation)
    {
        var query = new RowQuery("runs") { Where = where, Columns = ["id", "status"], Sort = ["submitted"] };
        var ids = new List<RunId>();
        var damaged = new SortedSet<string>(StringComparer.Ordinal);
        await foreach (var page in TablePages.ReadAsync(installation.Tables, query, null, cancellation))
        {
            damaged.UnionWith(page.Damaged);
            ids.AddRange(page.Rows.Where(row => row[1]!.GetValue<string>() == "failed").Select(row => RunId.Trial(row[0]!.GetValue<string>())));
        }
        foreach (var sentence in damaged)
        {
            await screen.Error.WriteLineAsync($"disback: {sentence}");
        }
        return ids;
    }
}
