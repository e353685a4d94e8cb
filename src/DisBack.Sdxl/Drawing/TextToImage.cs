using DisBack.Diffusion;
using DisBack.Diffusion.TextToImage.Layers;
using DisBack.Diffusion.TextToImage.UNet;
using DisBack.Sdxl.Configuration;
using DisBack.Sdxl.Memory;
using DisBack.Sdxl.Models;
using DisBack.Sdxl.Networks.Autoencoder;
using DisBack.Sdxl.Prompts;
using DisBack.Sdxl.Sampling;
using DisBack.Sdxl.Tokens;
using DisBack.Specs.Networks;
using static TorchSharp.torch;

namespace DisBack.Sdxl.Drawing;

/// <summary>Draws pictures of prompts with a model. One thread at a time may use it.</summary>
public sealed class TextToImage : IDisposable
{
    private readonly Placement _placement;
    private readonly bool _keepsLoaded;
    private readonly SchedulerConfig _scheduler;
    private readonly Lazy<IReadOnlyList<ClipTokenizer>> _tokenizers;
    private readonly LoadedPart<PromptEncoder> _prompts;
    private readonly LoadedPart<ConditionalUNet> _denoiser;
    private readonly LoadedPart<PictureDecoder> _decoder;
    private readonly NoiseSource _noiseOf;
    private readonly Lazy<ModelSizes> _sizes;
    private readonly IReadOnlyList<int>? _trainedAt;

    /// <param name="source">The model.</param>
    /// <param name="placement">Where it computes, and in which type; the decoder may need float32 whatever it is.</param>
    /// <param name="keepsLoaded">
    /// Whether parts stay in memory for the next request. Otherwise each is read when it is needed and released when it is not, so that no more than the
    /// largest is in memory.
    /// </param>
    /// <exception cref="DisBackException">The model's schedule is not one that this build knows, or an adapter belongs to another model.</exception>
    public TextToImage(ModelSource source, Placement placement, bool keepsLoaded = false)
        : this(source, placement, keepsLoaded, (seed, first, count, shape) => new SeededNoise(seed, first, count, shape))
    {
    }

    /// <summary>As the other, with other noise.</summary>
    internal TextToImage(ModelSource source, Placement placement, bool keepsLoaded, NoiseSource noiseOf)
    {
        (_placement, _keepsLoaded, _noiseOf) = (placement, keepsLoaded, noiseOf);
        _scheduler = SchedulerConfig.Read(source.Folder.SchedulerSettings());
        var loading = new PartLoading(source, placement);
        Adapters = loading.CheckAdapters();
        UsualSide = loading.UsualSide;
        _trainedAt = StudentSteps.Of(source, new NoiseTable(_scheduler));
        _tokenizers = new(loading.OpenTokenizers);
        _prompts = new(loading.LoadPromptEncoder);
        _denoiser = new(loading.LoadUNet);
        _decoder = new(loading.LoadDecoder);
        _sizes = new(() => ModelSizes.Of(source));
    }

    /// <summary>Makes the noise of some pictures of a prompt, of which the first has the seed plus <paramref name="first"/>.</summary>
    internal delegate IPictureNoise NoiseSource(long seed, int first, int count, SampleShape shape);

    /// <summary>How many modules each adapter of the model adapts, in words.</summary>
    public IReadOnlyList<string> Adapters { get; }

    /// <summary>Bytes that the device has; null where nobody knows, as of an accelerator libtorch tells nothing beforehand.</summary>
    internal long? AvailableMemory
    {
        get => field ?? (_placement.Device.type == TorchSharp.DeviceType.CPU ? GC.GetGCMemoryInfo().TotalAvailableMemoryBytes : null);
        init;
    }

    /// <summary>What a request takes of memory.</summary>
    /// <exception cref="DisBackException">The request cannot be drawn, or the model's settings are damaged.</exception>
    public MemoryPlan Plan(PictureRequest request)
    {
        request.Check();
        return new(new(_sizes.Value, _placement, request, _keepsLoaded), AvailableMemory);
    }

    /// <summary>
    /// The time steps of a student: those of its training where its weights or adapters say them and no other number of steps is asked for; else the usual
    /// ones, see <see cref="FewStepSampler.DefaultTimesteps"/>.
    /// </summary>
    /// <param name="steps">How many; null is as many as the student was trained with, or one.</param>
    /// <exception cref="DisBackException">The training had not so many steps, or the file says levels of another model.</exception>
    public IReadOnlyList<int> StudentTimesteps(int? steps = null) =>
        _trainedAt is { } own && (steps is null || steps == own.Count) ? own : FewStepSampler.DefaultTimesteps(steps ?? 1, _scheduler);

    /// <summary>The side in pixels of the square pictures that it was trained on; other sizes of as many pixels are drawn nearly as well.</summary>
    public int UsualSide { get; }

    /// <summary>How many tokens at the end of a prompt have no effect, because it is too long.</summary>
    /// <exception cref="DisBackException">The prompt is longer than any prompt.</exception>
    public int CutOff(string prompt) => _tokenizers.Value.Max(tokenizer => tokenizer.Encode(prompt).CutOff);

    /// <summary>Draws the pictures, prompt by prompt and for each by seed; each is decoded when it is asked for.</summary>
    /// <param name="request">What to draw.</param>
    /// <param name="progress">Told what is done.</param>
    /// <param name="cancellation">Looked at before each evaluation of a network.</param>
    /// <exception cref="DisBackException">
    /// The request cannot be drawn, does not fit into memory, the model's files do not fit, or a result is no picture.
    /// </exception>
    public IEnumerable<DrawnPicture> Draw(PictureRequest request, Action<DrawingProgress>? progress = null, CancellationToken cancellation = default)
    {
        var plan = Plan(request);
        plan.Require();
        var (prompts, negative) = Encode(request, progress);
        using (prompts)
        using (negative)
        {
            var latents = Sample(request, prompts, negative, progress, cancellation);
            try
            {
                for (var i = 0; i < latents.Count; i++)
                {
                    cancellation.ThrowIfCancellationRequested();
                    progress?.Invoke(new(DrawingPhase.Decoding, i, latents.Count));
                    using var scope = NewDisposeScope();
                    var pixels = _decoder.Value.Decode(latents[i].SentTo(_placement.Device), plan.DecodedSide).cpu().DetachFromDisposeScope();
                    yield return new(pixels, request.Prompts[i / request.Count], request.Seed + (i % request.Count));
                }
                progress?.Invoke(new(DrawingPhase.Decoding, latents.Count, latents.Count));
            }
            finally
            {
                latents.ForEach(one => one.Dispose());
                Release(_decoder);
            }
        }
    }

    /// <inheritdoc/>
    public void Dispose()
    {
        _prompts.Release();
        _denoiser.Release();
        _decoder.Release();
    }

    private (PromptEmbedding Prompts, PromptEmbedding? Negative) Encode(PictureRequest request, Action<DrawingProgress>? progress)
    {
        progress?.Invoke(new(DrawingPhase.Prompts, 0, request.Prompts.Count));
        try
        {
            var encoder = _prompts.Value;
            // Adapters that are kept beside the weights could be trained.
            using var untracked = no_grad();
            // One at a time: encoding takes milliseconds, and a file may have thousands.
            var prompts = PromptEmbedding.Of([.. request.Prompts.Select(prompt => encoder.Encode(prompt))]);
            var guided = request.Sampling is SamplingPlan.Teacher { Guidance: var scale } && Guidance.IsOn(scale);
            using var one = prompts.Row(0);
            var negative = !guided ? null : request.NegativePrompt is { } text ? encoder.Encode(text) : encoder.Absent(one);
            progress?.Invoke(new(DrawingPhase.Prompts, request.Prompts.Count, request.Prompts.Count));
            return (prompts, negative);
        }
        finally
        {
            Release(_prompts);
        }
    }

    /// <summary>Latents [1,C,h,w] of each picture, on the CPU.</summary>
    private List<Tensor> Sample(
        PictureRequest request, PromptEmbedding prompts, PromptEmbedding? negative, Action<DrawingProgress>? progress, CancellationToken cancellation)
    {
        progress?.Invoke(new(DrawingPhase.Denoiser, 0, 1));
        var latents = new List<Tensor>();
        try
        {
            var network = _denoiser.Value;
            var reduction = PictureRequest.SideStep;
            var shape = new SampleShape(network.Config.LatentChannels, request.Height / reduction, request.Width / reduction);
            var sizes = (request.Size ?? SizeCondition.Of(request.Height, request.Width)).TimeIds;
            var batches = (request.Count + request.Batch - 1) / request.Batch * request.Prompts.Count;
            var (batch, steps) = (0, StepsOf(request.Sampling));
            for (var prompt = 0; prompt < request.Prompts.Count; prompt++)
            {
                using var wanted = prompts.Row(prompt);
                for (var first = 0; first < request.Count; first += request.Batch, batch++)
                {
                    using var scope = NewDisposeScope();
                    var count = Math.Min(request.Batch, request.Count - first);
                    using var noise = _noiseOf(request.Seed, first, count, shape);
                    var done = batch * steps;
                    var sampled = Sample(
                        request.Sampling, noise, new(network, sizes, count), wanted, negative, (step, _) => Tell(done + step), cancellation);
                    latents.AddRange(sampled.cpu().split(1).Select(one => one.clone().DetachFromDisposeScope()));
                }
            }
            return latents;

            void Tell(int done) => progress?.Invoke(new(DrawingPhase.Sampling, done, batches * steps));
        }
        catch
        {
            latents.ForEach(one => one.Dispose());
            throw;
        }
        finally
        {
            Release(_denoiser);
        }
    }

    private Tensor Sample(
        SamplingPlan plan,
        IPictureNoise noise,
        ConditionedDenoiser denoiser,
        PromptEmbedding wanted,
        PromptEmbedding? negative,
        Action<int, int> progress,
        CancellationToken cancellation)
    {
        var first = noise.Next().SentTo(_placement.Device);
        switch (plan)
        {
            case SamplingPlan.Student student:
                return new FewStepSampler(_scheduler, student.Timesteps).Sample(first, denoiser.Of(wanted), noise.Next, progress, cancellation);
            case SamplingPlan.Teacher teacher:
                var predict = negative is null ? denoiser.Of(wanted) : Guidance.Of(denoiser.Of(negative, wanted), teacher.Guidance);
                return new EulerSampler(_scheduler, teacher.Steps).Sample(first, predict, progress, cancellation);
            default:
                throw new ArgumentOutOfRangeException(nameof(plan), plan, "There is no such plan.");
        }
    }

    private static int StepsOf(SamplingPlan plan) => plan is SamplingPlan.Teacher teacher ? teacher.Steps : ((SamplingPlan.Student)plan).Timesteps.Count;

    private void Release<T>(LoadedPart<T> part)
        where T : class, IDisposable
    {
        if (!_keepsLoaded)
        {
            part.Release();
        }
    }
}
