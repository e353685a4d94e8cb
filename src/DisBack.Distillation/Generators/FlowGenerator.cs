using DisBack.Diffusion.Conditions;
using DisBack.Diffusion.Files;
using DisBack.Diffusion.Networks;
using DisBack.Specs.Networks;
using static TorchSharp.torch;
using static TorchSharp.torch.nn;

namespace DisBack.Distillation.Generators;

/// <summary>
/// Particles that follow a discriminator from noise to samples: z_{k+1} = z_k - (eta / K) grad_z loss(D(z_k, k / K)) (Discriminator Flow, arXiv 2305.16150;
/// gpm, models/discr_flow/base.py).
/// </summary>
/// <param name="network">The discriminator; owned from now on.</param>
internal sealed class FlowGenerator(FlowDiscriminator network) : IGenerator
{
    /// <summary>The metadata field of a file that says which flow it holds, a JSON object.</summary>
    internal const string FlowKey = "flow";

    /// <inheritdoc/>
    public nn.Module Network => network;

    /// <summary>The same, as what it is.</summary>
    public FlowDiscriminator Discriminator => network;

    /// <inheritdoc/>
    public IReadOnlyList<long> LatentShape { get; } = [network.Shape.Channels, network.Shape.Height, network.Shape.Width];

    /// <inheritdoc/>
    public SampleShape SampleShape => network.Shape;

    /// <inheritdoc/>
    public int Classes => network.Classes;

    /// <inheritdoc/>
    /// <remarks>Without gradients: nothing is learnt through the flow.</remarks>
    public Tensor Generate(Tensor latents, Condition? condition)
    {
        var particles = latents.detach();
        for (var step = 0; step < network.Settings.Steps; step++)
        {
            using var before = particles;
            particles = Moved(before, step, condition);
        }
        return particles;
    }

    /// <summary>The particles before each step, [K,B,C,H,W].</summary>
    internal Tensor Path(Tensor latents, Condition? condition)
    {
        using var scope = NewDisposeScope();
        List<Tensor> path = [latents.detach()];
        while (path.Count < network.Settings.Steps)
        {
            path.Add(Moved(path[^1], path.Count - 1, condition));
        }
        return stack(path).MoveToOuterDisposeScope();
    }

    /// <inheritdoc/>
    public (IReadOnlyList<(string Name, Tensor Value)> Tensors, IReadOnlyDictionary<string, string> Metadata) ToFile()
    {
        var description = NetworkDescription<FlowSettings>.Of(network.Shape, network.Classes, network.Settings);
        return ([.. network.State()], new Dictionary<string, string> { [FlowKey] = description });
    }

    /// <inheritdoc/>
    public void Dispose() => network.Dispose();

    /// <summary>Opens the flow of a file; the caller disposes it.</summary>
    /// <exception cref="DisBackException">The description or the weights are damaged.</exception>
    internal static FlowGenerator Read(SafetensorsFile file)
    {
        var told = NetworkDescription<FlowSettings>.Read(file, FlowKey);
        NetworkFile.RequireNumbers(file, told.Settings.SizeFor(told.Shape, told.LabelDim).Parameters);
        using var init = new Generator(0);
        var network = new FlowDiscriminator(told.Settings, told.Shape, told.LabelDim, init);
        NetworkFile.LoadOrDispose(file, network, network.State());
        return new FlowGenerator(network);
    }

    /// <summary>One step of the particles.</summary>
    private Tensor Moved(Tensor particles, int step, Condition? condition)
    {
        using var scope = NewDisposeScope();
        using var tracked = enable_grad();
        var x = particles.detach().requires_grad_();
        var said = network.forward(x, full(x.size(0), (double)step / network.Settings.Steps, float32, x.device), condition);
        var loss = network.Settings.Loss switch
        {
            FlowLoss.Vanilla => functional.softplus(-said),
            FlowLoss.Hinge => -said,
            // The discriminator of this loss is low where images are real.
            _ => said,
        };
        var gradient = autograd.grad([loss.sum()], [x])[0];
        return (x.detach() - gradient * (network.Settings.Eta / network.Settings.Steps)).MoveToOuterDisposeScope();
    }
}
