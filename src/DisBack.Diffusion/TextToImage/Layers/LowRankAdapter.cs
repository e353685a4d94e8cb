using TorchSharp.Modules;

namespace DisBack.Diffusion.TextToImage.Layers;

/// <summary>
/// What a LoRA (arXiv 2106.09685) adds beside the weights of a layer: scale * up(down(x)). It belongs to whoever attached it and not to the network, whose
/// parameters stay those of its file.
/// </summary>
/// <param name="down">As the weights of the layer, with the rank in place of the outputs: [r, in] or [r, in, k, k].</param>
/// <param name="up">[out, r], or [out, r, 1, 1].</param>
/// <param name="scale">Alpha over the rank, times the strength.</param>
internal sealed class LowRankAdapter(Parameter down, Parameter up, double scale)
{
    public Parameter Down { get; } = down;

    public Parameter Up { get; } = up;

    public double Scale { get; } = scale;
}
