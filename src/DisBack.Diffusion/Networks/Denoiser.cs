using DisBack.Specs.Networks;
using static TorchSharp.torch;

namespace DisBack.Diffusion.Networks;

/// <summary>
/// A preconditioned network D(x; sigma), the estimate of the clean image in a noisy one x = image + sigma * noise:
/// <c>D = c_skip x + c_out F(c_in x; c_noise)</c> (Karras et al. 2022, Eq. 7 and Table 1). Its score is (D - x) / sigma^2.
/// </summary>
/// <remarks>
/// The names of its parameters and buffers are those of EDM's <c>ema.state_dict()</c>. All parameters are ordinary registered parameters of
/// type float32, so their storage may be re-pointed.
/// </remarks>
public abstract class Denoiser : nn.Module
{
    private readonly UNet model;
    private readonly DropoutMasks masks = new();

    private protected Denoiser(NetworkSettings settings, Generator init, int outputsPerChannel = 1)
        : base(nameof(Denoiser))
    {
        Settings = settings;
        var out_channels = settings.ImgChannels * outputsPerChannel;
        model = settings.ModelType == ModelType.SongUnet
            ? new SongUNet(settings, out_channels, masks, init)
            : new DhariwalUNet(settings, out_channels, masks, init);
        register_module(nameof(model), model);
    }

    /// <summary>What the network was built from.</summary>
    public NetworkSettings Settings { get; }

    /// <summary>The smallest noise level the network is defined for.</summary>
    public abstract double SigmaMin { get; }

    /// <summary>The largest noise level the network is defined for; may be infinite.</summary>
    public abstract double SigmaMax { get; }

    /// <summary>
    /// Where dropout masks come from; the training loop sets it for each step. A network that has dropout and is in
    /// training mode throws without one.
    /// </summary>
    public Generator? DropoutGenerator
    {
        get => masks.Generator;
        set => masks.Generator = value;
    }

    /// <summary>Builds a network with fresh weights, a pure function of the settings and the state of the generator.</summary>
    /// <param name="settings">What to build.</param>
    /// <param name="init">A CPU generator that all initial weights are drawn from, in the order of the modules.</param>
    /// <exception cref="DisBackException">The settings are impossible.</exception>
    public static Denoiser Create(NetworkSettings settings, Generator init)
    {
        settings.Validate();
        return settings.Precond switch
        {
            Preconditioning.Edm => new EdmDenoiser(settings, init),
            Preconditioning.Vp => new VpDenoiser(settings, init),
            Preconditioning.Ve => new VeDenoiser(settings, init),
            Preconditioning.Iddpm => new IddpmDenoiser(settings, init),
            _ => throw new ArgumentOutOfRangeException(nameof(settings), settings.Precond, "There is no such preconditioning."),
        };
    }

    /// <summary>D(x; sigma), float32 [B,C,H,W].</summary>
    /// <param name="x">Noisy images [B,C,H,W].</param>
    /// <param name="sigma">Noise levels: [B] or [B,1,1,1], or one for all images.</param>
    /// <param name="class_labels">One-hot classes [B,label_dim]; null is no class, and what an unconditional network ignores.</param>
    /// <param name="augment_labels">Augmentation labels [B,augment_dim]; null is an image as it is.</param>
    public Tensor forward(Tensor x, Tensor sigma, Tensor? class_labels = null, Tensor? augment_labels = null)
    {
        using var scope = NewDisposeScope();
        x = x.to(ScalarType.Float32);
        var c = Coefficients(sigma.to(ScalarType.Float32).reshape(-1, 1, 1, 1));
        var labels = Settings.LabelDim == 0 ? null
            : class_labels?.to(ScalarType.Float32).reshape(-1, Settings.LabelDim) ?? zeros(1, Settings.LabelDim, device: x.device);
        var f = model.forward(c.In is null ? x : c.In * x, c.Noise.flatten(), labels, augment_labels?.to(ScalarType.Float32));
        if (f.shape[1] != Settings.ImgChannels) f = f.narrow(1, 0, Settings.ImgChannels);
        return addcmul(c.Skip is null ? x : c.Skip * x, c.Out, f, 1).MoveToOuterDisposeScope();
    }

    /// <summary>The nearest noise levels the network knows, in the type and shape of <paramref name="sigma"/>: itself, except for iDDPM's table.</summary>
    public virtual Tensor RoundSigma(Tensor sigma) => sigma.alias();

    /// <summary>Every parameter and buffer under its name, parameters first: what a weights file of this network holds.</summary>
    public IEnumerable<(string Name, Tensor Value)> State() =>
        named_parameters().Select(parameter => (parameter.name, (Tensor)parameter.parameter)).Concat(named_buffers());

    /// <summary>The preconditioning at noise levels [B,1,1,1].</summary>
    internal abstract Preconditioner Coefficients(Tensor sigma);

    /// <summary>c_skip, c_out, c_in (null is 1) and c_noise, each [B,1,1,1].</summary>
    internal readonly record struct Preconditioner(Tensor? Skip, Tensor Out, Tensor? In, Tensor Noise);
}
