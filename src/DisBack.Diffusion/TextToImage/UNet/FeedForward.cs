using DisBack.Diffusion.TextToImage.Layers;
using TorchSharp.Utils;
using static TorchSharp.torch;

namespace DisBack.Diffusion.TextToImage.UNet;

/// <summary>The layers between two attentions, on each pixel by itself: [B, N, C] to [B, N, C].</summary>
internal sealed class FeedForward : nn.Module
{
    private const int Expansion = 4;

    private readonly Layers net;

    public FeedForward(int width, Placement placement)
        : base(nameof(FeedForward))
    {
        net = new(width, placement);
        RegisterComponents();
    }

    public Tensor forward(Tensor x) => net.forward(x);

    /// <summary>Number 1 is a dropout, which has no parameters.</summary>
    private sealed class Layers : nn.Module
    {
        [ComponentName(Name = "0")]
        private readonly GeGlu gated;
        [ComponentName(Name = "2")]
        private readonly Linear output;

        public Layers(int width, Placement placement)
            : base(nameof(Layers))
        {
            gated = new(width, Expansion * width, placement);
            output = new(Expansion * width, width, placement);
            RegisterComponents();
        }

        public Tensor forward(Tensor x)
        {
            using var hidden = gated.forward(x);
            return output.forward(hidden);
        }
    }
}
