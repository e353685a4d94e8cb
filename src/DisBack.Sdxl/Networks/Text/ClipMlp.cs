using DisBack.Diffusion.TextToImage.Layers;
using DisBack.Sdxl.Configuration;
using static TorchSharp.torch;
using static TorchSharp.torch.nn;

namespace DisBack.Sdxl.Networks.Text;

/// <summary>Two linear maps with an activation between them, token by token.</summary>
internal sealed class ClipMlp : nn.Module
{
    private const double QuickGeluSlope = 1.702;

    private readonly Linear fc1;
    private readonly Linear fc2;
    private readonly TextActivation activation;

    public ClipMlp(TextEncoderConfig config, Placement placement)
        : base(nameof(ClipMlp))
    {
        activation = config.Activation;
        fc1 = new(config.Width, config.InnerWidth, placement);
        fc2 = new(config.InnerWidth, config.Width, placement);
        RegisterComponents();
    }

    /// <summary>From [B, N, width] to the same.</summary>
    public Tensor forward(Tensor x)
    {
        using var scope = NewDisposeScope();
        var inner = fc1.forward(x);
        var activated = activation == TextActivation.QuickGelu ? inner * (inner * QuickGeluSlope).sigmoid() : functional.gelu(inner);
        return fc2.forward(activated).MoveToOuterDisposeScope();
    }
}
