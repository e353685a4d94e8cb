using System.Text.Json;
using System.Text.Json.Serialization;
using DisBack.Contracts.Documents;

namespace DisBack.Contracts.Grains;

/// <summary>
/// Something that an attempt has reached and that its run is to remember. New kinds need no new call: an owner that does not know one keeps it as an event.
/// </summary>
/// <param name="Kind">What was reached: <see cref="Node"/>, <see cref="Switch"/>, or what a method calls its own.</param>
/// <param name="Step">Steps made when it was reached.</param>
/// <param name="Payload">What is known of it, as a JSON object; empty where the kind says all.</param>
/// <param name="Content">A stored file that belongs to it; null if there is none.</param>
[GenerateSerializer, Immutable, Alias("disback.MilestoneRecord.v1")]
public sealed record MilestoneRecord(
    [property: Id(0)] string Kind, [property: Id(1)] long Step, [property: Id(2)] string Payload = "", [property: Id(3)] ContentRef? Content = null)
{
    /// <summary>
    /// The kind of a node of stage 1, with <c>index</c>, <c>loss</c>, <c>weight_distance</c> and <c>output_distance</c>, and the network as content.
    /// </summary>
    public const string Node = "node";

    /// <summary>The kind of a switch of the target in stage 2, with <c>from</c>, <c>to</c> and <c>gap</c>.</summary>
    public const string Switch = "switch";

    /// <summary>Events are kept in documents, which are written as a whole.</summary>
    private const int LongestText = 400;

    private static readonly JsonSerializerOptions s_json = new(JsonSerializerDefaults.Web) { RespectRequiredConstructorParameters = true };

    /// <summary>A node as a milestone.</summary>
    public static MilestoneRecord Of(NodeRef node) =>
        new(Node, node.Step, JsonSerializer.Serialize(new NodePayload(node.Index, node.Loss, node.WeightDistance, node.OutputDistance), s_json), node.Content);

    /// <summary>A switch as a milestone.</summary>
    public static MilestoneRecord Of(SwitchRecord made) =>
        new(Switch, made.Step, JsonSerializer.Serialize(new SwitchPayload(made.From, made.To, made.Gap), s_json));

    /// <summary>The node that this is.</summary>
    /// <exception cref="DisBackException">Its payload is not that of a node.</exception>
    public NodeRef ToNode()
    {
        var node = Read<NodePayload>();
        return new NodeRef(node.Index, Step, Content ?? throw Unreadable("it has no content"), node.Loss)
        {
            WeightDistance = node.WeightDistance, OutputDistance = node.OutputDistance,
        };
    }

    /// <summary>The switch that this is.</summary>
    /// <exception cref="DisBackException">Its payload is not that of a switch.</exception>
    public SwitchRecord ToSwitch()
    {
        var made = Read<SwitchPayload>();
        return new SwitchRecord(Step, made.From, made.To, made.Gap);
    }

    /// <summary>The milestone in one sentence for people.</summary>
    public string Describe()
    {
        var parts = new List<string>();
        try
        {
            using var payload = JsonDocument.Parse(Payload.Length == 0 ? "{}" : Payload);
            parts.AddRange(payload.RootElement.EnumerateObject().Select(value => $"{value.Name} {value.Value}"));
        }
        catch (Exception e) when (e is JsonException or InvalidOperationException)
        {
            // Not an object: it is shown as it is.
            parts.Add(Payload);
        }
        if (Content is not null)
        {
            parts.Add($"content {Content}");
        }
        var text = string.Join(", ", parts);
        return text.Length == 0 ? $"Milestone {Kind}." : $"Milestone {Kind}: {(text.Length > LongestText ? $"{text[..LongestText]}..." : $"{text}.")}";
    }

    private T Read<T>()
    {
        try
        {
            return JsonSerializer.Deserialize<T>(Payload, s_json) ?? throw new JsonException("it is null");
        }
        catch (JsonException e)
        {
            throw Unreadable(e.Message, e);
        }
    }

    private DisBackException Unreadable(string why, Exception? inner = null)
    {
        var message = $"The milestone '{Kind}' of step {Step} cannot be read ({why.TrimEnd('.')}); give the worker the version of the control silos.";
        return inner is null ? new DisBackException(message) : new DisBackException(message, inner);
    }

    private sealed record NodePayload(
        int Index,
        double? Loss = null,
        [property: JsonPropertyName("weight_distance")] double? WeightDistance = null,
        [property: JsonPropertyName("output_distance")] double? OutputDistance = null);

    private sealed record SwitchPayload(int From, int To, double? Gap = null);
}
