using DisBack.Diffusion.TextToImage.Layers;
using DisBack.Diffusion.TextToImage.UNet;
using DisBack.Specs.Networks;
using TorchSharp.Modules;
using static TorchSharp.torch;

namespace DisBack.Diffusion.Networks;

/// <summary>
/// The adapters of a network as modules of their own, under the names of peft and diffusers: <c>unet.MODULE.lora_A.weight</c> and <c>.lora_B.weight</c>. So
/// what a network of adapters trains and writes is a LoRA that other programs can read.
/// </summary>
internal sealed class AdapterModules : nn.Module
{
    private AdapterModules()
        : base(nameof(AdapterModules))
    {
    }

    /// <summary>Adds fresh adapters to the layers of a network, which leave what it says as it is until they are trained.</summary>
    /// <param name="network">The network.</param>
    /// <param name="settings">Their rank and how much they count.</param>
    /// <param name="init">A CPU generator that they are drawn from, in the order of the layers; null leaves whatever is in memory.</param>
    public static AdapterModules AddTo(ConditionalUNet network, AdapterSettings settings, Generator? init)
    {
        using var scope = NewDisposeScope();
        using var untracked = no_grad();
        var root = new AdapterModules();
        foreach (var (path, module) in network.named_modules())
        {
            if (module is not AdaptableLayer layer || !IsAdapted(path))
            {
                continue;
            }
            var shape = layer.Weights.shape;
            var rank = Math.Min(settings.Rank, Math.Min(shape[0], shape[1]));
            var inputs = layer.Weights.numel() / shape[0];
            // As peft begins: the first factor within the root of the inverse of the inputs, the second zero.
            var down = empty([rank, .. shape[1..]], ScalarType.Float32);
            if (init is not null)
            {
                down = rand(down.shape, ScalarType.Float32, generator: init).mul_(2).sub_(1).div_(Math.Sqrt(inputs));
            }
            var up = zeros([shape[0], rank, .. Enumerable.Repeat(1L, shape.Length - 2)], ScalarType.Float32);
            var adapter = new TextToImage.Layers.LowRankAdapter(Kept(down), Kept(up), settings.Scale);
            layer.Adapters.Add(adapter);
            root.Register($"{path}.lora_A", adapter.Down);
            root.Register($"{path}.lora_B", adapter.Up);
        }
        return root;

        Parameter Kept(Tensor value) => (Parameter)new Parameter(value.to(network.parameters().First().device)).DetachFromDisposeScope();
    }

    private static bool IsAdapted(string path) =>
        path is not ("conv_in" or "conv_out") && !path.StartsWith("time_embedding.", StringComparison.Ordinal)
        && !path.StartsWith("add_embedding.", StringComparison.Ordinal);

    private void Register(string path, Parameter weight)
    {
        var module = this;
        foreach (var name in path.Split('.'))
        {
            if (module.named_children().FirstOrDefault(child => child.name == name).module is not AdapterModules child)
            {
                module.register_module(name, child = new AdapterModules());
            }
            module = child;
        }
        module.register_parameter("weight", weight);
    }
}
