using System.Globalization;
using System.Text.Json;
using System.Text.Json.Nodes;
using DisBack.Cli.Terminal;
using DisBack.Contracts.Queries;

namespace DisBack.Cli.Tables;

/// <summary>Writes an answer as it arrives, a page at a time.</summary>
/// <param name="screen">Where it is written.</param>
internal sealed class TableWriter(Screen screen)
{
    /// <summary>Writes all pages in a form.</summary>
    /// <returns>Whether documents are damaged, so that rows are missing.</returns>
    public async Task<bool> WriteAsync(TableForm form, IAsyncEnumerable<RowPage> pages, CancellationToken cancellation)
    {
        RowPage? last = null;
        var count = 0;
        await using var file = form is TableForm.Parquet(var name) ? new ParquetTable(name) : null;
        var texts = new List<string[]>();
        var objects = new JsonArray();
        await foreach (var page in pages.WithCancellation(cancellation))
        {
            if (form is TableForm.Csv && last is null)
            {
                screen.Line(CommaSeparated.Line(page.Columns.Select(column => column.Name)));
            }
            switch (form)
            {
                case TableForm.Csv:
                    foreach (var row in page.Rows)
                    {
                        screen.Line(CommaSeparated.Line(row.Select(Plain)));
                    }
                    break;
                case TableForm.Parquet:
                    await file!.AddAsync(page, cancellation);
                    break;
                case TableForm.Json:
                    foreach (var row in page.Rows)
                    {
                        objects.Add(new JsonObject(page.Columns.Zip(row, (column, cell) => KeyValuePair.Create(column.Name, cell?.DeepClone()))));
                    }
                    break;
                default:
                    texts.AddRange(page.Rows.Select(row => page.Columns.Zip(row, (column, cell) => Show(column, cell)).ToArray()));
                    break;
            }
            count += page.Rows.Count;
            last = page;
        }
        if (last is null)
        {
            return false;
        }
        var invariant = CultureInfo.InvariantCulture;
        switch (form)
        {
            case TableForm.Json:
                screen.Json(new JsonObject { ["total"] = last.Total, ["next"] = last.Next, ["rows"] = objects });
                break;
            case TableForm.Parquet(var written):
                await file!.FinishAsync(cancellation);
                screen.Line($"{count.ToString(invariant)} rows are in {written}.");
                break;
            case TableForm.Text when count == 0:
                screen.Line("There are no such rows.");
                break;
            case TableForm.Text:
                screen.Table([.. last.Columns.Select(Heading)], texts);
                if (last.Next is { } next)
                {
                    screen.Error.WriteLine($"{count.ToString(invariant)} of {last.Total.ToString("N0", invariant)} rows; --all shows every one, "
                        + $"--after {next} the next.");
                }
                break;
            default:
                break;
        }
        foreach (var damaged in last.Damaged)
        {
            await screen.Error.WriteLineAsync($"disback: {damaged}");
        }
        return last.Damaged.Count > 0;
    }

    /// <summary>Names of keys are as they are written in specs.</summary>
    private static string Heading(RowColumn column) => column.Name.Contains('.', StringComparison.Ordinal) ? column.Name : column.Name.ToUpperInvariant();

    private static string Show(RowColumn column, JsonNode? cell) => (column.Type, cell) switch
    {
        (_, null) => "-",
        (RowType.Number, _) when cell.GetValueKind() == JsonValueKind.Number => Texts.Number(cell.GetValue<double>()),
        (RowType.Time, _) => Texts.Time(DateTimeOffset.Parse(cell.GetValue<string>(), CultureInfo.InvariantCulture)),
        (RowType.Texts, JsonArray texts) => string.Join(", ", texts.Select(text => text?.GetValue<string>())),
        _ => Plain(cell).ReplaceLineEndings(" "),
    };

    private static string Plain(JsonNode? cell) => cell switch
    {
        null => "",
        JsonArray texts => string.Join(' ', texts.Select(text => text?.GetValue<string>())),
        _ => cell.GetValueKind() == JsonValueKind.String ? cell.GetValue<string>() : cell.ToJsonString(),
    };
}
