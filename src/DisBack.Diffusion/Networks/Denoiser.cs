using DisBack.Diffusion.Conditions;
using DisBack.Diffusion.Schedules;
using DisBack.Diffusion.TextToImage.Layers;
using DisBack.Specs.Networks;
using DisBack.Specs.Training;
using TorchSharp;
using static TorchSharp.torch;

namespace DisBack.Diffusion.Networks;

/// <summary>
/// A denoiser D(x; sigma), the estimate of the clean sample in a noisy one x = sample + sigma * noise: a network with its noise schedule and the
/// conversion of what it predicts. Its score is (D - x) / sigma^2.
/// </summary>
/// <remarks>Parameters are ordinary registered parameters, so their storage may be re-pointed.</remarks>
public abstract class Denoiser : nn.Module
{
    private protected Denoiser(NetworkSettings settings, NoiseSchedule schedule)
        : base(nameof(Denoiser)) => (Settings, Schedule) = (settings, schedule);

    /// <summary>What the network was built from.</summary>
    public NetworkSettings Settings { get; }

    /// <summary>How the network knows noise.</summary>
    public NoiseSchedule Schedule { get; }

    /// <summary>
    /// Where dropout masks come from; the training loop sets it for each step. A network that has dropout and is in
    /// training mode throws without one, except under a <see cref="SeededDropout"/>.
    /// </summary>
    public Generator? DropoutGenerator
    {
        get => Masks.Generator;
        set => Masks.Generator = value;
    }

    /// <summary>How exactly its blocks compute; TF32 is a switch of the process and not of a network, see <see cref="CudaTurns"/>.</summary>
    public Precision Precision { get; set; }

    /// <summary>
    /// Whether its blocks are run again for their gradients instead of keeping what these need. Only SDXL's UNet can; nothing that is computed changes.
    /// </summary>
    public bool CheckpointActivations { get; set; }

    /// <summary>The type of the features between its blocks.</summary>
    private protected ScalarType BlockType => Precision == Precision.Bf16 ? ScalarType.BFloat16 : ScalarType.Float32;

    /// <summary>The masks of all its blocks.</summary>
    private protected DropoutMasks Masks { get; } = new();

    /// <summary>Builds a network with fresh weights, a pure function of the settings and the state of the generator.</summary>
    /// <param name="settings">What to build.</param>
    /// <param name="init">A CPU generator that all initial weights are drawn from, in the order of the modules.</param>
    /// <exception cref="DisBackException">The settings are impossible.</exception>
    public static Denoiser Create(NetworkSettings settings, Generator init)
    {
        settings.Validate();
        return NetworkRegistry.Create(settings, init);
    }

    /// <summary>Builds a network whose weights are loaded next: they are whatever is soonest made.</summary>
    /// <inheritdoc cref="Create" path="/param"/>
    /// <inheritdoc cref="Create" path="/exception"/>
    public static Denoiser ForLoading(NetworkSettings settings)
    {
        settings.Validate();
        // To draw thousands of millions of numbers takes half a minute.
        if (settings is TextUnetSettings large)
        {
            return new TextDenoiser(large, init: null);
        }
        using var init = new Generator(0);
        return NetworkRegistry.Create(settings, init);
    }

    /// <summary>
    /// A network of texts, or its adapters where the settings have them, whose tensors are names and shapes alone and take no memory: for looking at files
    /// before gigabytes are read.
    /// </summary>
    /// <param name="settings">What to build.</param>
    /// <exception cref="DisBackException">The settings are impossible.</exception>
    public static Denoiser OfShapes(TextUnetSettings settings)
    {
        settings.Validate();
        var whole = new TextDenoiser(settings with { Adapter = null }, init: null, Placement.Shapes);
        return settings.Adapter is { } adapters ? whole.WithAdapters(adapters, init: null, held: whole) : whole;
    }

    /// <summary>D(x; sigma), float32 [B,C,H,W].</summary>
    /// <param name="x">Noisy samples [B,C,H,W].</param>
    /// <param name="sigma">Noise levels: [B] or [B,1,1,1], or one for all samples.</param>
    /// <param name="condition">What the samples are to show, B rows; null is nothing, and what an unconditional network ignores.</param>
    /// <param name="augment_labels">Augmentation labels [B,augment_dim]; null is a sample as it is.</param>
    /// <remarks>
    /// Gradients reach the weights and <paramref name="x"/>. On a CPU with several threads each of them computes a part of the batch, forward and backward, if
    /// it is large enough: see <see cref="BatchParallel"/>.
    /// </remarks>
    public Tensor forward(Tensor x, Tensor sigma, Condition? condition = null, Tensor? augment_labels = null)
    {
        var batch = new NoisyBatch(x, sigma, condition, augment_labels);
        SeededDropout.Current?.Restart();
        var parts = BatchParallel.PartsOf(x, Settings.Size.Parameters);
        return parts == 1 ? Estimate(batch) : BatchParallel.Estimate(batch, parts, Estimate, parameters(), training ? DropoutGenerator : null);
    }

    /// <summary>Features of its coarsest level, float32 [B,F,h,w], by which noisy samples can be told apart.</summary>
    /// <param name="x">Noisy samples [B,C,H,W].</param>
    /// <param name="sigma">Noise levels: [B] or [B,1,1,1], or one for all samples.</param>
    /// <param name="condition">What the samples are to show, B rows; null is nothing.</param>
    public Tensor Features(Tensor x, Tensor sigma, Condition? condition = null)
    {
        SeededDropout.Current?.Restart();
        return Encode(new NoisyBatch(x, sigma, condition, null));
    }

    /// <summary>Groups in which <see cref="Features"/> are best normalised, as its own layers do; null where it has no such number.</summary>
    public virtual long? FeatureGroups => null;

    /// <summary>
    /// Keeps the weights of its blocks in the type in which they compute, half the memory for bfloat16 and no rounding in each call: for a network that is
    /// never trained and never written.
    /// </summary>
    public void RoundBlocks()
    {
        foreach (var module in modules().Where(module => BlockType != ScalarType.Float32 && IsOfBlocks(module)))
        {
            module.to(BlockType);
        }
    }

    /// <summary>
    /// A network on the weights of this one, which must not change any more, whose own and only parameters are adapters: before they are trained it says what
    /// this one says. Any number of them share the weights.
    /// </summary>
    /// <param name="adapters">Their rank and how much they count.</param>
    /// <param name="init">A CPU generator that they are drawn from, in the order of the layers; null where they are loaded next.</param>
    /// <param name="held">What the network disposes of with itself: whatever keeps the weights.</param>
    /// <exception cref="DisBackException">Networks of this kind cannot be adapted so.</exception>
    public virtual Denoiser WithAdapters(AdapterSettings adapters, Generator? init, IDisposable held) =>
        throw new DisBackException("Only networks of texts (text-unet) have adapters: leave 'adapters' out of the spec.");

    /// <summary>Adds low-rank matrices to the weights of all its layers, which leave what it says as it is until they are trained.</summary>
    /// <param name="rank">Their rank.</param>
    /// <param name="init">A CPU generator that they are drawn from, in the order of the modules.</param>
    public void AddAdapters(int rank, Generator init)
    {
        using var scope = NewDisposeScope();
        foreach (var module in modules().ToList())
        {
            switch (module)
            {
                case Conv2d convolution:
                    convolution.Adapt(rank, init);
                    break;
                case Linear linear:
                    linear.Adapt(rank, init);
                    break;
            }
        }
    }

    /// <summary>Whether a parameter, by its name, is of what <see cref="AddAdapters"/> adds.</summary>
    public static bool IsOfAdapter(string parameter) => parameter.Contains($".{LowRankAdapter.Name}.", StringComparison.Ordinal);

    /// <summary>Whether a module computes in the type of the blocks.</summary>
    private protected virtual bool IsOfBlocks(nn.Module module) => module is Conv2d or GroupNorm;

    /// <summary>D(x; sigma) of a batch or of a part of one.</summary>
    private protected abstract Tensor Estimate(NoisyBatch batch);

    /// <summary>The features of a batch, see <see cref="Features"/>.</summary>
    private protected abstract Tensor Encode(NoisyBatch batch);

    /// <summary>What the network predicts.</summary>
    public abstract Prediction Prediction { get; }

    /// <summary>Every parameter and buffer under its name, parameters first: what a weights file of this network holds.</summary>
    public IEnumerable<(string Name, Tensor Value)> State() =>
        named_parameters().Select(parameter => (parameter.name, (Tensor)parameter.parameter)).Concat(named_buffers());
}
