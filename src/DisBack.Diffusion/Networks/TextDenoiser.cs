using System.Runtime.CompilerServices;
using DisBack.Diffusion.Conditions;
using DisBack.Diffusion.Schedules;
using DisBack.Diffusion.TextToImage.Layers;
using DisBack.Diffusion.TextToImage.UNet;
using DisBack.Specs.Networks;
using static TorchSharp.torch;

namespace DisBack.Diffusion.Networks;

/// <summary>
/// SDXL's UNet as a denoiser: <c>D = x - sigma F(c_in x; t)</c>, where t is the nearest entry of its table of noise levels. A variance preserving sample is
/// <c>c_in x</c>.
/// </summary>
/// <remarks>
/// The names of its parameters are those of diffusers' files. It is shown an <see cref="EmbeddingCondition"/> with <see cref="Context"/> and
/// <see cref="Pooled"/>; without a condition both are zeros, as SDXL was trained (force_zeros_for_empty_prompt). Sizes are those of a whole picture.
/// </remarks>
internal sealed class TextDenoiser : Denoiser
{
    /// <summary>The part of a condition with a text's token states, [B,T,W].</summary>
    public const string Context = "encoder_hidden_states";

    /// <summary>The part of a condition with a text's pooled state, [B,P].</summary>
    public const string Pooled = "text_embeds";

    /// <summary>Tokens of a text of which nothing is known.</summary>
    private const int Tokens = 77;

    // In a box: TorchSharp registers every field that is a module, and adapters are all that a network of adapters has as its own.
    private readonly StrongBox<ConditionalUNet> _network;
    private readonly IDisposable? _base;

    /// <param name="settings">The network and its noise levels.</param>
    /// <param name="init">Where first weights come from; null leaves whatever is in memory, for a network that is loaded next.</param>
    /// <param name="placement">Where its parameters are, and their type; null is float32 on the CPU.</param>
    public TextDenoiser(TextUnetSettings settings, Generator? init, Placement? placement = null)
        : base(settings, DiscreteVpSchedule.OfAlphaBar(DiscreteVpSchedule.ScaledLinear(settings.BetaStart, settings.BetaEnd, settings.TimeSteps)))
    {
        _network = new(new ConditionalUNet(settings, placement ?? new Placement(CPU, ScalarType.Float32)));
        // Under the names of the network's own modules, without one for the whole.
        foreach (var (name, child) in Network.named_children())
        {
            register_module(name, child);
        }
        if (init is not null)
        {
            Fill(init);
        }
    }

    private TextDenoiser(TextDenoiser whole, AdapterSettings adapters, Generator? init, IDisposable held)
        : base((TextUnetSettings)whole.Settings with { Adapter = adapters }, whole.Schedule)
    {
        (_network, _base, Precision) = (new(whole.Network.Share()), held, whole.Precision);
        register_module("unet", AdapterModules.AddTo(Network, adapters, init));
    }

    public override Prediction Prediction => Prediction.Epsilon;

    /// <inheritdoc/>
    public override Denoiser WithAdapters(AdapterSettings adapters, Generator? init, IDisposable held) => new TextDenoiser(this, adapters, init, held);

    /// <inheritdoc/>
    public override long? FeatureGroups => Network.Config.NormGroups;

    private protected override bool IsOfBlocks(nn.Module module) => true;

    private protected override Tensor Estimate(NoisyBatch batch)
    {
        using var scope = NewDisposeScope();
        var noise = Ask(Network.forward, batch, out var x, out var sigma);
        return addcmul(x, sigma, noise, -1).MoveToOuterDisposeScope();
    }

    private protected override Tensor Encode(NoisyBatch batch)
    {
        using var scope = NewDisposeScope();
        return Ask(Network.Middle, batch, out _, out _).MoveToOuterDisposeScope();
    }

    private Tensor Ask(Func<Tensor, Tensor, Tensor, Tensor, Tensor, Tensor> part, NoisyBatch batch, out Tensor x, out Tensor sigma)
    {
        (x, sigma) = (batch.X.to(ScalarType.Float32), batch.Sigma.to(ScalarType.Float32).reshape(-1, 1, 1, 1));
        var (rows, device) = (x.size(0), x.device);
        var (context, pooled) = Shown(batch.Condition, rows, device);
        (Network.Type, Network.IsRecomputed) = (BlockType, CheckpointActivations);
        var sizes = Sizes(device).expand(rows, -1);
        return part(x * Schedule.InputScale(sigma)!, Schedule.Time(sigma).flatten(), context, pooled, sizes).to(ScalarType.Float32);
    }

    /// <summary>A whole picture of its own size.</summary>
    private Tensor Sizes(Device device)
    {
        float side = Network.Config.SampleSize * Network.Config.PixelsPerLatent;
        return tensor([side, side, 0, 0, side, side], device: device);
    }

    private ConditionalUNet Network => _network.Value!;

    private (Tensor Context, Tensor Pooled) Shown(Condition? condition, long rows, Device device)
    {
        var settings = Network.Config;
        return condition switch
        {
            null => (zeros([rows, Tokens, settings.ContextWidth], device: device), zeros([rows, settings.PooledWidth], device: device)),
            EmbeddingCondition text => (Rows(text[Context]), Rows(text[Pooled])),
            _ => throw new DisBackException($"The network is conditional on texts and cannot use {condition.GetType().Name}: give it embeddings of texts."),
        };

        Tensor Rows(Tensor part) => part.size(0) == rows ? part : part.expand([rows, .. part.shape[1..]]);
    }

    protected override void Dispose(bool disposing)
    {
        base.Dispose(disposing);
        if (disposing && _base is not null)
        {
            Network.Dispose();
            _base.Dispose();
        }
    }

    /// <summary>Normal weights whose sums have unit variance, scales of 1 and shifts of 0.</summary>
    private void Fill(Generator init)
    {
        using var untracked = no_grad();
        foreach (var (name, parameter) in named_parameters())
        {
            if (parameter.dim() == 1)
            {
                parameter.fill_(name.EndsWith(".weight", StringComparison.Ordinal) ? 1 : 0);
                continue;
            }
            using var drawn = randn(parameter.shape, ScalarType.Float32, generator: init);
            parameter.copy_(drawn.div_(Math.Sqrt(parameter.numel() / (double)parameter.size(0))));
        }
    }
}
