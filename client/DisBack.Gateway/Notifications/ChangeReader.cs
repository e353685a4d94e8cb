using System.Runtime.CompilerServices;
using System.Text.Json.Nodes;
using DisBack.Contracts.Documents;
using DisBack.Contracts.Queries;
using DisBack.ReadModel;
using DisBack.Storage;
using Microsoft.Extensions.Logging;

namespace DisBack.Gateway.Notifications;

/// <summary>Finds in the tables what a rule may have to tell.</summary>
internal sealed partial class ChangeReader(Rule rule, DocumentReadModel tables, TimeProvider time, ILogger<ChangeReader> logger)
{
    private static readonly string[] s_sweep = ["id", "submitted", "intent", "trials", "proposed", "completed", "failed", "paused", "cancelled"];

    /// <summary>The version of the tables: another one where there may be something new.</summary>
    public Task<long> VersionAsync(CancellationToken cancellation) => tables.VersionAsync(cancellation);

    /// <summary>The changes to the rule's states since a time, those of each thing in their order. Sweeps are not among them.</summary>
    public async IAsyncEnumerable<Change> ReadAsync(DateTimeOffset since, [EnumeratorCancellation] CancellationToken cancellation)
    {
        foreach (var subject in rule.Of)
        {
            if (subject.EventKind() is not { } kind)
            {
                continue;
            }
            var question = new RowQuery("events")
            {
                Where = $"kind = '{kind}' and at > '{since:O}' and event in ('status', 'attempt-started') and status in ({StatusNames()})",
                Columns = ["run", "number", "at", "status", "step", "message"],
                Sort = ["run", "number"],
                Limit = RowQuery.LargestPage,
            };
            await foreach (var row in RowsAsync(question, cancellation))
            {
                var at = TimeIn(row[2]!);
                yield return new Change(subject, (string)row[0]!, (long)row[1]!, at, StatusIn(row[3]!))
                {
                    Origin = at,
                    Step = (long?)row[4] ?? 0,
                    Message = (string?)row[5],
                };
            }
        }
    }

    /// <summary>Where each sweep stands, numbered as the change after what is remembered of it if that is another state.</summary>
    public async Task<IReadOnlyList<Change>> ReadSweepsAsync(IReadOnlyDictionary<string, SweepMark> marks, CancellationToken cancellation)
    {
        var sweeps = new List<Change>();
        await foreach (var row in RowsAsync(new RowQuery("sweeps") { Columns = s_sweep, Limit = RowQuery.LargestPage }, cancellation))
        {
            var (id, submitted, intent) = ((string)row[0]!, TimeIn(row[1]!), (string)row[2]!);
            var (trials, proposed, completed) = ((long)row[3]!, (long)row[4]!, (long)row[5]!);
            var (failed, paused, cancelled) = ((long)row[6]!, (long)row[7]!, (long)row[8]!);
            var isSettled = completed + failed + paused + cancelled >= proposed && (proposed >= trials || intent != "run");
            var status = !isSettled ? RunStatus.Running
                : intent == "cancel" ? RunStatus.Cancelled
                : intent == "pause" || paused > 0 ? RunStatus.Paused
                : failed > 0 ? RunStatus.Failed
                : RunStatus.Completed;
            var mark = marks.GetValueOrDefault(id);
            sweeps.Add(new Change(Subject.Sweeps, id, (mark?.Number ?? 0) + (mark?.Status == status ? 0 : 1), time.GetUtcNow(), status)
            {
                Origin = submitted,
                Step = completed,
                Message = $"Of {trials} trials {completed} are complete, {failed} have failed, {paused} are paused and {cancelled} were cancelled.",
            });
        }
        return sweeps;
    }

    /// <summary>What is told of a change; null where nothing is, because the state was entered before or the filter does not let it through.</summary>
    public async Task<Notification?> DescribeAsync(Change change, RunStatus? previous, CancellationToken cancellation)
    {
        previous ??= await PreviousAsync(change, cancellation);
        if (previous == change.Status || await RowAsync(change, cancellation) is not var (name, cause))
        {
            return null;
        }
        return new Notification(
            change.IdFor(rule.Name),
            change.At,
            rule.Name,
            change.Subject.Singular(),
            change.Key,
            name,
            change.Status,
            previous,
            change.Step,
            change.Message,
            change.Status == RunStatus.Failed ? cause : null,
            rule.LinkTo(change.Subject, change.Key));
    }

    /// <summary>The state before a change; null where it is not known.</summary>
    private async Task<RunStatus?> PreviousAsync(Change change, CancellationToken cancellation)
    {
        if (change.Subject.EventKind() is not { } kind)
        {
            return null;
        }
        var before = await tables.QueryAsync(
            new RowQuery("events")
            {
                Where = $"kind = '{kind}' and run = {Quote(change.Key)} and number < {change.Number}",
                Columns = ["status"],
                Sort = ["-number"],
                Limit = 1,
            },
            cancellation);
        return before.Rows is [[{ } status]] ? StatusIn(status) : null;
    }

    /// <summary>The name of what changed and why it failed, if the filter lets it through.</summary>
    private async Task<(string Name, string? Cause)?> RowAsync(Change change, CancellationToken cancellation)
    {
        var filter = rule.Where is null ? "" : $"({rule.Where}) and ";
        try
        {
            var page = await tables.QueryAsync(
                new RowQuery(change.Subject.Table())
                {
                    Where = $"{filter}id = {Quote(change.Key)}",
                    Columns = change.Subject switch
                    {
                        Subject.Runs => ["name", "cause"],
                        Subject.Teachers => ["id"],
                        _ => ["name"],
                    },
                    Limit = 1,
                },
                cancellation);
            return page.Rows is [[{ } name, ..] row] ? ((string)name!, row.Count > 1 ? (string?)row[1] : null) : null;
        }
        catch (DisBackException wrong) when (wrong is not StorageException)
        {
            // The filter was checked at the start: what is wrong is that it asks for a key or metric that nothing has yet, or only as a text.
            LogFilter(rule.Name, wrong.Message);
            return null;
        }
    }

    private async IAsyncEnumerable<IReadOnlyList<JsonNode?>> RowsAsync(RowQuery question, [EnumeratorCancellation] CancellationToken cancellation)
    {
        string? after = null;
        do
        {
            var page = await tables.QueryAsync(question with { After = after }, cancellation);
            foreach (var row in page.Rows)
            {
                yield return row;
            }
            after = page.Next;
        }
        while (after is not null);
    }

    private string StatusNames() => string.Join(", ", rule.On.Select(status => Quote(status.ToString().ToLowerInvariant())));

    private static string Quote(string text) => $"'{text.Replace("'", "''", StringComparison.Ordinal)}'";

    private static RunStatus StatusIn(JsonNode cell) => Enum.Parse<RunStatus>((string)cell!, ignoreCase: true);

    private static DateTimeOffset TimeIn(JsonNode cell) => DateTimeOffset.Parse((string)cell!, System.Globalization.CultureInfo.InvariantCulture);

    [LoggerMessage(Level = LogLevel.Warning, Message = "The filter of the rule {Rule} lets nothing through for now: {Reason}")]
    private partial void LogFilter(string rule, string reason);
}
