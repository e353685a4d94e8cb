using System.CommandLine;
using System.Globalization;
using System.Text.Json;
using DisBack.Cli.Installations;
using DisBack.Cli.Tables;
using DisBack.Cli.Terminal;
using DisBack.Contracts.Queries;
using DisBack.Storage;

namespace DisBack.Cli.Commands;

/// <summary><c>disback query TABLE</c>: rows of runs, trajectories, nodes and all else that an installation has.</summary>
internal static class QueryCommand
{
    private const int UsualPage = 50;

    public static Command Create(Session session)
    {
        var table = new Argument<string?>("TABLE")
        {
            Description = "runs, trajectories, nodes, switches, checkpoints, attempts, events, teachers, sweeps or trials.",
            Arity = ArgumentArity.ZeroOrOne,
        };
        table.CompletionSources.Add("runs", "trajectories", "nodes", "switches", "checkpoints", "attempts", "events", "teachers", "sweeps", "trials");
        var tables = new Option<bool>("--tables") { Description = "Show the tables and their columns instead." };
        var rebuild = new Option<bool>("--rebuild") { Description = "Make the tables again from the stored documents first." };
        var options = new TableOptions(UsualPage);
        var command = new Command("query", "Asks a table of everything that is stored.") { table, tables, rebuild };
        options.AddTo(command);
        command.Validators.Add(result =>
        {
            if (result.GetValue(table) is null && !result.GetValue(tables) && !result.GetValue(rebuild))
            {
                result.AddError("The table is missing; name one, or use --tables to see what there is.");
            }
        });
        command.SetAction(async (parsed, cancellation) =>
        {
            await using var installation = Installation.Of(parsed, session);
            if (parsed.GetValue(rebuild))
            {
                var (documents, damaged) = await installation.RebuildTablesAsync(cancellation);
                session.Screen.Line(string.Create(
                    CultureInfo.InvariantCulture, $"The tables are made again from {documents} documents, of which {damaged} cannot be read."));
            }
            var form = options.FormOf(parsed);
            if (parsed.GetValue(tables))
            {
                Show(session.Screen, await installation.Tables.TablesAsync(cancellation), parsed.GetValue(table), form is TableForm.Json);
            }
            else if (parsed.GetValue(table) is { } name)
            {
                return (int)await AskAsync(session, installation, options, parsed, name, cancellation);
            }
            return (int)ExitCode.Ok;
        });
        return command;
    }

    /// <summary>Asks, and writes the answer in the form that is wanted.</summary>
    public static async Task<ExitCode> AskAsync(
        Session session, Installation installation, TableOptions options, ParseResult parsed, string table, CancellationToken cancellation)
    {
        var pages = TablePages.ReadAsync(installation.Tables, options.QueryOf(parsed, table), options.MostOf(parsed), cancellation);
        return await new TableWriter(session.Screen).WriteAsync(options.FormOf(parsed), pages, cancellation) ? ExitCode.Storage : ExitCode.Ok;
    }

    private static void Show(Screen screen, IReadOnlyList<RowTable> tables, string? only, bool json)
    {
        var shown = tables.Where(table => only is null || table.Name == only).ToList();
        if (shown.Count == 0)
        {
            throw new DisBackException($"There is no table '{only}'; it is one of {string.Join(", ", tables.Select(table => table.Name))}.");
        }
        if (json)
        {
            screen.Json(JsonSerializer.SerializeToNode(shown, StorageJson.Options));
            return;
        }
        screen.Table(["TABLE", "COLUMN", "TYPE", "MEANING"], shown.SelectMany(table => table.Columns.Select(column => (IReadOnlyList<string>)
        [
            table.Name, column.Name, column.Type.ToString().ToLowerInvariant(), column.Description,
        ])));
    }
}
