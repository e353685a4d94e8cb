using System.Buffers.Text;
using System.Globalization;
using System.Text;
using System.Text.Json;
using DisBack.Contracts.Queries;

namespace DisBack.ReadModel.Pages;

/// <summary>Where a page ends: what the last row has in each column that the rows are sorted by. It holds also when rows come and go.</summary>
/// <param name="Order">The order that it belongs to.</param>
/// <param name="Values">A value for each part of the order; null where the row has none.</param>
internal sealed record PageCursor(string Order, IReadOnlyList<object?> Values)
{
    /// <summary>The cursor as a text for addresses.</summary>
    public string Encode() => Base64Url.EncodeToString(JsonSerializer.SerializeToUtf8Bytes(Values.Select(Show).Prepend(Order)));

    /// <summary>The cursor that <see cref="Encode"/> wrote.</summary>
    /// <param name="text">The text.</param>
    /// <param name="order">The order of the question.</param>
    /// <param name="types">What the parts of the order hold.</param>
    /// <exception cref="DisBackException">It is none of this question.</exception>
    public static PageCursor Decode(string text, string order, IReadOnlyList<RowType> types)
    {
        try
        {
            var parts = JsonSerializer.Deserialize<string?[]>(Base64Url.DecodeFromChars(text));
            if (parts is not null && parts.Length == types.Count + 1 && parts[0] == order)
            {
                return new(order, [.. parts.Skip(1).Zip(types, Read)]);
            }
        }
        catch (Exception e) when (e is FormatException or JsonException or OverflowException or DecoderFallbackException)
        {
        }
        throw new DisBackException("'after' is not the end of a page of this question; begin without it.");
    }

    private static string? Show(object? value) => value switch
    {
        null => null,
        DateTime time => time.Ticks.ToString(CultureInfo.InvariantCulture),
        double number => number.ToString("R", CultureInfo.InvariantCulture),
        bool truth => truth ? "true" : "false",
        _ => Convert.ToString(value, CultureInfo.InvariantCulture),
    };

    private static object? Read(string? text, RowType type) => text is null ? null : type switch
    {
        RowType.Number => double.Parse(text, CultureInfo.InvariantCulture),
        RowType.Whole => long.Parse(text, CultureInfo.InvariantCulture),
        RowType.Time => new DateTime(
            Math.Clamp(long.Parse(text, CultureInfo.InvariantCulture), 0, DateTime.MaxValue.Ticks), DateTimeKind.Utc),
        RowType.Truth => bool.Parse(text),
        _ => text,
    };
}
