using System.Text.Json.Nodes;

namespace DisBack.Gateway.Tests.Notifications;

/// <summary>What a receiver got.</summary>
internal sealed record Post(string Path, string Id, string Timestamp, string Signature, byte[] Body)
{
    public JsonNode Json { get; } = JsonNode.Parse(Body)!;

    /// <summary>Some of its fields, in one line.</summary>
    public string Line => $"{(string)Json["rule"]!}: {(string)Json["kind"]!} {(string)Json["name"]!} {(string)Json["status"]!}";
}
