using DisBack.Diffusion.TextToImage.Layers;
using static TorchSharp.torch;
using static TorchSharp.torch.nn;

namespace DisBack.Diffusion.TextToImage.UNet;

/// <summary>A linear layer whose first half is gated by the GELU of its second: [B, N, in] to [B, N, out].</summary>
internal sealed class GeGlu : nn.Module
{
    private readonly Linear proj;

    public GeGlu(int in_features, int out_features, Placement placement)
        : base(nameof(GeGlu))
    {
        proj = new(in_features, 2 * out_features, placement);
        RegisterComponents();
    }

    public Tensor forward(Tensor x)
    {
        using var scope = NewDisposeScope();
        var halves = proj.forward(x).chunk(2, -1);
        return (halves[0] * functional.gelu(halves[1])).MoveToOuterDisposeScope();
    }
}
