using DisBack.Diffusion.TextToImage.UNet;
using DisBack.Sdxl.Prompts;
using DisBack.Sdxl.Sampling;
using static TorchSharp.torch;

namespace DisBack.Sdxl.Drawing;

/// <summary>The denoiser with its conditions, as samplers ask it.</summary>
/// <param name="network">The network.</param>
/// <param name="sizes">What it is told of the size, six numbers.</param>
/// <param name="count">Pictures of a batch.</param>
internal sealed class ConditionedDenoiser(ConditionalUNet network, float[] sizes, int count)
{
    /// <summary>Its predictions for batches of <c>count</c> samples of each embedding, one after the other.</summary>
    /// <param name="embeddings">Of one row each.</param>
    public NoisePrediction Of(params PromptEmbedding[] embeddings) => (noisy, timestep) =>
    {
        using var scope = NewDisposeScope();
        var rows = embeddings.Length * count;
        return network.forward(
            noisy,
            tensor((float)timestep, device: noisy.device),
            cat([.. embeddings.Select(one => one.Sequence.expand(count, -1, -1))]),
            cat([.. embeddings.Select(one => one.Pooled.expand(count, -1))]),
            tensor(sizes, device: noisy.device).expand(rows, -1)).MoveToOuterDisposeScope();
    };
}
