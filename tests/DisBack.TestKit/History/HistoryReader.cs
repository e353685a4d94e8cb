using System.Text.Json;

namespace DisBack.TestKit.History;

/// <summary>Finds the history in the JSON lines of a silo's log.</summary>
public static class HistoryReader
{
    /// <summary>The logger that writes it.</summary>
    public const string Category = "DisBack.History";

    /// <summary>The record of a line; null for a line about something else, or the torn last line of a killed silo.</summary>
    public static HistoryRecord? Parse(string line, string silo)
    {
        // Most lines are about something else.
        if (!line.Contains(Category, StringComparison.Ordinal))
        {
            return null;
        }
        try
        {
            using var json = JsonDocument.Parse(line);
            var root = json.RootElement;
            if (root.GetProperty("Category").GetString() != Category)
            {
                return null;
            }
            var state = root.GetProperty("State");
            // The console formatter writes an event's id, not its name.
            var happened = (HistoryEvent)root.GetProperty("EventId").GetInt32();
            if (!Enum.IsDefined(happened))
            {
                throw new InvalidOperationException($"This is no event of the history: {line}");
            }
            return new(happened, Text("Run"), (int)Number("Attempt"))
            {
                Sequence = Number("Sequence"),
                Step = Number(happened == HistoryEvent.AttemptBegan ? "ResumedStep" : "Step"),
                Digest = Text(happened == HistoryEvent.Completed ? "Student" : "Digest"),
                Cause = Text("Cause"),
                Silo = silo,
                At = root.TryGetProperty("Timestamp", out var at) && DateTimeOffset.TryParse(at.GetString(), out var time) ? time : default,
            };

            string Text(string property) => state.TryGetProperty(property, out var value) && value.ValueKind != JsonValueKind.Null ? value.ToString() : "";
            long Number(string property) => state.TryGetProperty(property, out var value) && long.TryParse(value.ToString(), out var number) ? number : 0;
        }
        catch (JsonException)
        {
            return null;
        }
    }
}
