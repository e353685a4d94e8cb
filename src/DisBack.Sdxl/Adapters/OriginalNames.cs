using DisBack.Specs.Networks;

namespace DisBack.Sdxl.Adapters;

/// <summary>The names that the original SDXL code gives to the UNet's modules: those of single-file checkpoints, and of the LoRAs made for them.</summary>
internal sealed class OriginalNames
{
    private static readonly (string Name, string Original)[] s_residual =
    [
        ("norm1", "in_layers.0"), ("conv1", "in_layers.2"), ("time_emb_proj", "emb_layers.1"),
        ("norm2", "out_layers.0"), ("conv2", "out_layers.3"), ("conv_shortcut", "skip_connection"),
    ];

    private readonly Dictionary<string, string> _originals = new(StringComparer.Ordinal)
    {
        ["conv_in"] = "input_blocks.0.0",
        ["time_embedding.linear_1"] = "time_embed.0",
        ["time_embedding.linear_2"] = "time_embed.2",
        ["add_embedding.linear_1"] = "label_emb.0.0",
        ["add_embedding.linear_2"] = "label_emb.0.2",
        ["mid_block.attentions.0"] = "middle_block.1",
        ["conv_norm_out"] = "out.0",
        ["conv_out"] = "out.2",
    };

    public OriginalNames(TextUnetSettings config)
    {
        AddResidual("mid_block.resnets.0", "middle_block.0");
        AddResidual("mid_block.resnets.1", "middle_block.2");
        // The original numbers all layers of a side in one row; a downsampler has a number of its own and an upsampler that of the layer before it.
        var stride = config.LayersPerBlock + 1;
        var levels = config.Levels;
        for (var block = 0; block < levels.Count; block++)
        {
            var isLast = block == levels.Count - 1;
            var first = (stride * block) + 1;
            AddLayers($"down_blocks.{block}", "input_blocks", first, config.LayersPerBlock, levels[block]);
            if (!isLast)
            {
                _originals.Add($"down_blocks.{block}.downsamplers.0.conv", $"input_blocks.{first + config.LayersPerBlock}.0.op");
            }
            var level = levels[levels.Count - 1 - block];
            AddLayers($"up_blocks.{block}", "output_blocks", stride * block, stride, level);
            if (!isLast)
            {
                _originals.Add($"up_blocks.{block}.upsamplers.0.conv", $"output_blocks.{(stride * block) + stride - 1}.{(level.Depth > 0 ? 2 : 1)}.conv");
            }
        }
    }

    /// <summary>The original name of a module, or of a tensor, of the UNet.</summary>
    public string Of(string name)
    {
        for (var end = name.Length; end > 0; end = name.LastIndexOf('.', end - 1))
        {
            if (_originals.TryGetValue(name[..end], out var original))
            {
                return original + name[end..];
            }
        }
        throw new ArgumentException($"The UNet has no module '{name}'.", nameof(name));
    }

    private void AddLayers(string block, string side, int first, int count, TextUnetLevel level)
    {
        for (var layer = 0; layer < count; layer++)
        {
            AddResidual($"{block}.resnets.{layer}", $"{side}.{first + layer}.0");
            if (level.Depth > 0)
            {
                _originals.Add($"{block}.attentions.{layer}", $"{side}.{first + layer}.1");
            }
        }
    }

    private void AddResidual(string module, string original)
    {
        foreach (var (name, originalName) in s_residual)
        {
            _originals.Add($"{module}.{name}", $"{original}.{originalName}");
        }
    }
}
