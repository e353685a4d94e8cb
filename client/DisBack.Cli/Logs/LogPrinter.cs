using System.Globalization;
using System.Text.Json;
using DisBack.Cli.Installations;
using DisBack.Cli.Terminal;
using DisBack.Client;
using DisBack.Client.Http;
using DisBack.Contracts.Documents;
using DisBack.Contracts.Grains;
using DisBack.Storage.Metrics;

namespace DisBack.Cli.Logs;

/// <summary>Prints the log of a run, page by page.</summary>
internal sealed class LogPrinter(IArchive archive, Session session, bool json)
{
    private const string Indent = "    ";

    private static readonly TimeSpan s_look = TimeSpan.FromSeconds(1);

    private readonly HashSet<string> _damage = [];
    private bool _hasLines;

    /// <summary>Whether something is missing because it is damaged.</summary>
    public bool IsDamaged => _damage.Count > 0;

    /// <summary>Prints what there is, and what comes until the run settles if it is followed.</summary>
    public async Task PrintAsync(RunId id, LogQuery query, bool isFollowed, CancellationToken cancellation)
    {
        while (true)
        {
            // Looked at before: what is written until a run settles is there when it has.
            var isLast = !isFollowed || (await RunTarget.ReadAsync(archive, id, cancellation)).Run.Status.IsSettled();
            LogPage page;
            do
            {
                page = await archive.LogsAsync(id, query, cancellation);
                await PrintAsync(page);
                query = query with { After = LogPosition.TryParse(page.End, out var end) ? end : query.After };
            }
            while (page.More && page.Lines.Count > 0);
            if (isLast)
            {
                break;
            }
            await Task.Delay(s_look, session.Time, cancellation);
        }
        if (!_hasLines)
        {
            await session.Screen.Error.WriteLineAsync($"disback: The log of {id} has no entry of that kind.");
        }
    }

    private async Task PrintAsync(LogPage page)
    {
        foreach (var line in page.Lines)
        {
            _hasLines = true;
            session.Screen.Line(json ? JsonSerializer.Serialize(line, Api.Json) : Plain(line));
        }
        foreach (var sentence in page.Damage.Where(_damage.Add))
        {
            await session.Screen.Error.WriteLineAsync($"disback: {sentence}");
        }
    }

    private static string Plain(LogLine line)
    {
        var step = line.Step?.ToString(CultureInfo.InvariantCulture) ?? "-";
        return string.Create(
            CultureInfo.InvariantCulture,
            $"{Texts.Time(line.Time)}  #{line.Attempt}  {step,7}  {LogEvents.NameOf(line.Level),-7}  {line.Text.ReplaceLineEndings($"\n{Indent}")}");
    }
}
