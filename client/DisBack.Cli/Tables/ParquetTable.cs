using System.Globalization;
using System.Text.Json;
using System.Text.Json.Nodes;
using DisBack.Contracts.Queries;
using DisBack.Specs.Files;
using Parquet;
using Parquet.Schema;

namespace DisBack.Cli.Tables;

/// <summary>An answer as a Parquet file. It has its name when it is whole: who is interrupted leaves nothing under it.</summary>
/// <param name="name">Where it is written.</param>
internal sealed class ParquetTable(string name) : IAsyncDisposable
{
    /// <summary>Rows of a group: what is in memory at a time.</summary>
    private const int GroupRows = 50_000;

    private readonly List<IReadOnlyList<JsonNode?>> _rows = [];
    private IReadOnlyList<RowColumn> _columns = [];
    private DataField[] _fields = [];
    private ReplacedFile? _file;
    private ParquetWriter? _writer;

    /// <summary>Adds a page.</summary>
    public async Task AddAsync(RowPage page, CancellationToken cancellation)
    {
        if (_writer is null)
        {
            _columns = page.Columns;
            _fields = [.. page.Columns.Select(FieldOf)];
            _file = new ReplacedFile(name);
            _writer = await ParquetWriter.CreateAsync(new ParquetSchema(_fields), _file.Stream, cancellationToken: cancellation);
        }
        _rows.AddRange(page.Rows);
        if (_rows.Count >= GroupRows)
        {
            await WriteGroupAsync(cancellation);
        }
    }

    /// <summary>Ends the file, which has its name from then on.</summary>
    public async Task FinishAsync(CancellationToken cancellation)
    {
        await WriteGroupAsync(cancellation);
        await EndAsync();
        _file!.Complete();
    }

    public async ValueTask DisposeAsync()
    {
        await EndAsync();
        _file?.Dispose();
    }

    private async Task EndAsync()
    {
        if (_writer is not null)
        {
            await _writer.DisposeAsync();
            _writer = null;
        }
    }

    private async Task WriteGroupAsync(CancellationToken cancellation)
    {
        using var group = _writer!.CreateRowGroup();
        for (var index = 0; index < _fields.Length; index++)
        {
            var cells = _rows.Select(row => row[index]).ToList();
            var field = _fields[index];
            await (_columns[index].Type switch
            {
                RowType.Number => group.WriteAsync<double>(field, cells.Select(NumberOf).ToArray(), cancellationToken: cancellation),
                RowType.Whole => group.WriteAsync<long>(field, cells.Select(cell => cell?.GetValue<long>()).ToArray(), cancellationToken: cancellation),
                RowType.Truth => group.WriteAsync<bool>(field, cells.Select(cell => cell?.GetValue<bool>()).ToArray(), cancellationToken: cancellation),
                RowType.Time => group.WriteAsync<DateTime>(field, cells.Select(TimeOf).ToArray(), cancellationToken: cancellation),
                _ => group.WriteAsync(field, cells.Select(TextOf).ToList()!),
            });
        }
        _rows.Clear();
    }

    private static DataField FieldOf(RowColumn column) => column.Type switch
    {
        RowType.Number => new DataField<double?>(column.Name),
        RowType.Whole => new DataField<long?>(column.Name),
        RowType.Truth => new DataField<bool?>(column.Name),
        RowType.Time => new DataField<DateTime?>(column.Name),
        _ => new DataField<string>(column.Name, true),
    };

    /// <summary>Of a key that holds a text in some specs, those have none.</summary>
    private static double? NumberOf(JsonNode? cell) => cell?.GetValueKind() switch
    {
        JsonValueKind.Number => cell.GetValue<double>(),
        JsonValueKind.String => double.TryParse(cell.GetValue<string>(), CultureInfo.InvariantCulture, out var number) ? number : null,
        _ => null,
    };

    private static DateTime? TimeOf(JsonNode? cell) =>
        cell is null ? null : DateTimeOffset.Parse(cell.GetValue<string>(), CultureInfo.InvariantCulture).UtcDateTime;

    private static string? TextOf(JsonNode? cell) =>
        cell is null ? null : cell.GetValueKind() == JsonValueKind.String ? cell.GetValue<string>() : cell.ToJsonString();
}
