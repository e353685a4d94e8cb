using System.Text.Json.Serialization;

namespace DisBack.Specs.Networks;

/// <summary>ADM of Dhariwal and Nichol.</summary>
public sealed record DhariwalUnetSettings : UNetSettings
{
    /// <inheritdoc/>
    [JsonIgnore]
    public override NetworkSize Size => UNetSize.Of(this);

    /// <inheritdoc/>
    protected override string? FindContradiction() =>
        base.FindContradiction() ?? (ModelChannels % 2 != 0 ? $"model_channels {ModelChannels} is odd, but the noise embedding has as many "
            + "sines as cosines" : null);
}
