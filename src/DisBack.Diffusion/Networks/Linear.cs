using TorchSharp.Modules;
using static TorchSharp.torch;
using static TorchSharp.torch.nn;

namespace DisBack.Diffusion.Networks;

/// <summary>y = x W^T + b.</summary>
internal sealed class Linear : nn.Module
{
    private readonly Parameter weight;
    private readonly Parameter? bias;

    public Linear(int in_features, int out_features, Initialization init, Generator generator, bool bias = true)
        : base(nameof(Linear))
    {
        weight = init.DrawWeight(generator, in_features, out_features, out_features, in_features);
        if (bias)
        {
            this.bias = init.DrawBias(generator, in_features, out_features, out_features);
        }
        RegisterComponents();
    }

    public Tensor forward(Tensor x) => functional.linear(x, weight, bias);
}
