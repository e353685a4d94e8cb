using DisBack.Diffusion.TextToImage.Layers;
using static TorchSharp.torch;
using static TorchSharp.torch.nn;

namespace DisBack.Diffusion.TextToImage.UNet;

/// <summary>Two layers with a SiLU between them: [N, in] to [N, width].</summary>
internal sealed class TimestepEmbedding : nn.Module
{
    private readonly Linear linear_1;
    private readonly Linear linear_2;

    public TimestepEmbedding(int in_features, int width, Placement placement)
        : base(nameof(TimestepEmbedding))
    {
        linear_1 = new(in_features, width, placement);
        linear_2 = new(width, width, placement);
        RegisterComponents();
    }

    public Tensor forward(Tensor x)
    {
        using var scope = NewDisposeScope();
        return linear_2.forward(functional.silu(linear_1.forward(x))).MoveToOuterDisposeScope();
    }
}
