using DisBack.Sdxl.Configuration;

namespace DisBack.Sdxl.Memory;

/// <summary>What a text encoder has in memory: the states after each layer, which are kept, and what its last layer makes.</summary>
internal static class TextMemory
{
    /// <summary>Elements at the peak of one prompt, without parameters.</summary>
    public static long Peak(TextEncoderConfig config)
    {
        // Two normalisations, queries, keys, values, what was attended and its projection, two sums; the inner states and three more of a quick GELU.
        const int Features = 9, Inner = 4;
        return config.Positions * (((config.Layers + 1L + Features) * config.Width) + (Inner * config.InnerWidth));
    }
}
