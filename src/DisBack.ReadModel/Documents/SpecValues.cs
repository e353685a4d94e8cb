using System.Text.Json;
using DisBack.Contracts.Queries;
using DisBack.ReadModel.Tables;

namespace DisBack.ReadModel.Documents;

/// <summary>A spec as columns: one for each value in it, named by its keys.</summary>
internal static class SpecValues
{
    /// <summary>Adds the values of a section. A list is a text, as JSON; what is null has no value.</summary>
    public static void AddTo(Dictionary<OpenColumn, object> row, JsonElement section, string prefix = OpenColumn.Parameter)
    {
        foreach (var property in section.EnumerateObject())
        {
            var name = prefix + property.Name;
            switch (property.Value.ValueKind)
            {
                case JsonValueKind.Object:
                    AddTo(row, property.Value, $"{name}.");
                    break;
                case JsonValueKind.Number:
                    row[new OpenColumn(name, RowType.Number)] = property.Value.GetDouble();
                    break;
                case JsonValueKind.String:
                    row[new OpenColumn(name, RowType.Text)] = property.Value.GetString()!;
                    break;
                case JsonValueKind.True or JsonValueKind.False or JsonValueKind.Array:
                    row[new OpenColumn(name, RowType.Text)] = property.Value.GetRawText();
                    break;
                default:
                    break;
            }
        }
    }

    /// <summary>A text of a spec; null where there is none.</summary>
    public static string? TextAt(JsonElement spec, params ReadOnlySpan<string> keys)
    {
        foreach (var key in keys)
        {
            if (spec.ValueKind != JsonValueKind.Object || !spec.TryGetProperty(key, out spec))
            {
                return null;
            }
        }
        return spec.ValueKind == JsonValueKind.String ? spec.GetString() : null;
    }
}
