using DisBack.Diffusion.Conditions;
using DisBack.Diffusion.Files;
using DisBack.Diffusion.Networks;
using DisBack.Specs.Networks;
using static TorchSharp.torch;

namespace DisBack.Distillation.Generators;

/// <summary>A decoder as a generator, G(z) of a latent vector z: the one of Score GAN (arXiv 2305.16150).</summary>
/// <param name="network">The decoder; owned from now on.</param>
internal sealed class DecoderGenerator(LatentDecoder network) : IGenerator
{
    /// <summary>The metadata field of a file that says which decoder it holds, a JSON object.</summary>
    internal const string DecoderKey = "decoder";

    /// <inheritdoc/>
    public nn.Module Network => network;

    /// <inheritdoc/>
    public IReadOnlyList<long> LatentShape { get; } = [network.Settings.LatentDim];

    /// <inheritdoc/>
    public SampleShape SampleShape => network.Shape;

    /// <inheritdoc/>
    public int Classes => network.Classes;

    /// <inheritdoc/>
    public Tensor Generate(Tensor latents, Condition? condition) => network.forward(latents, condition);

    /// <inheritdoc/>
    public (IReadOnlyList<(string Name, Tensor Value)> Tensors, IReadOnlyDictionary<string, string> Metadata) ToFile()
    {
        var description = NetworkDescription<DecoderSettings>.Of(network.Shape, network.Classes, network.Settings);
        return ([.. network.State()], new Dictionary<string, string> { [DecoderKey] = description });
    }

    /// <inheritdoc/>
    public void Dispose() => network.Dispose();

    /// <summary>Opens the decoder of a file; the caller disposes it.</summary>
    /// <exception cref="DisBackException">The description or the weights are damaged.</exception>
    internal static DecoderGenerator Read(SafetensorsFile file)
    {
        var told = NetworkDescription<DecoderSettings>.Read(file, DecoderKey);
        NetworkFile.RequireNumbers(file, told.Settings.SizeFor(told.Shape, told.LabelDim).Parameters);
        using var init = new Generator(0);
        var network = new LatentDecoder(told.Settings, told.Shape, told.LabelDim, init);
        NetworkFile.LoadOrDispose(file, network, network.State());
        return new DecoderGenerator(network);
    }
}
