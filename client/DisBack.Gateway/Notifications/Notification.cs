using System.Text.Json;
using System.Text.Json.Serialization;
using DisBack.Contracts.Documents;
using DisBack.Storage;

namespace DisBack.Gateway.Notifications;

/// <summary>What a receiver gets.</summary>
/// <param name="Id">The same for every attempt to deliver it, so that a receiver can pass over what it has had.</param>
/// <param name="Time">When it happened.</param>
/// <param name="Rule">The rule that had it sent.</param>
/// <param name="Kind"><c>run</c>, <c>sweep</c>, <c>trajectory</c> or <c>teacher</c>.</param>
/// <param name="Run">Its id.</param>
/// <param name="Name">What people call it.</param>
/// <param name="Status">The state that it entered.</param>
/// <param name="Previous">The state that it left; null where that is not known.</param>
/// <param name="Step">The step at which it did.</param>
/// <param name="Message">One sentence for people.</param>
/// <param name="Cause">What kind of failure ended a run; null of anything else.</param>
/// <param name="Link">Its page on the dashboard; null where none is named.</param>
internal sealed record Notification(
    string Id,
    DateTimeOffset Time,
    string Rule,
    string Kind,
    string Run,
    string Name,
    RunStatus Status,
    RunStatus? Previous,
    long Step,
    string? Message,
    string? Cause,
    string? Link)
{
    private static readonly JsonSerializerOptions s_json = new(StorageJson.Options)
    {
        WriteIndented = false,
        DefaultIgnoreCondition = JsonIgnoreCondition.WhenWritingNull,
    };

    /// <summary>The body of the request.</summary>
    public byte[] ToJson() => JsonSerializer.SerializeToUtf8Bytes(this, s_json);
}
