using TorchSharp.Modules;
using static TorchSharp.torch;
using static TorchSharp.torch.nn;

namespace DisBack.Diffusion.Networks;

/// <summary>y = x W^T + b.</summary>
internal sealed class Linear : nn.Module
{
    private readonly Parameter weight;
    private readonly Parameter? bias;
    private LowRankAdapter? adapter;

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

    public Tensor forward(Tensor x) => functional.linear(x, adapter?.AddedTo(weight) ?? weight, bias);

    /// <summary>Adds low-rank matrices to its weights.</summary>
    public void Adapt(int rank, Generator init) => register_module(LowRankAdapter.Name, adapter = new LowRankAdapter(weight, rank, init));
}
