using DisBack.Diffusion.Networks;
using DisBack.Diffusion.Pictures;
using DisBack.Diffusion.Sampling;
using DisBack.Distillation.Evaluations;
using DisBack.Distillation.Runs;
using DisBack.Specs.Recording;
using DisBack.Specs.Sampling;
using static TorchSharp.torch;

namespace DisBack.Distillation.Recording;

/// <summary>
/// Draws the same noise with every node, by a deterministic sampler, without touching the run. How much is drawn follows from the settings alone, so that the
/// pictures of one trajectory can be compared, and a resumed recording leaves the same ones.
/// </summary>
internal sealed class NodePictures
{
    /// <summary>One of each class of the digits, and as many as the page of a trajectory shows at first.</summary>
    private const long MostImages = 10;

    /// <summary>Fewer tell nothing.</summary>
    private const long FewestImages = 4;

    /// <summary>The part of the work of stage 1 that pictures may add to it.</summary>
    private const double MostOfWork = 0.01;

    /// <summary>What a step does with each sample, in evaluations of a network: it is generated and denoised, and the gradient costs two more.</summary>
    private const double EvaluationsPerSample = 4;

    /// <summary>A network of so few weights draws <see cref="MostImages"/> in hundredths of a second, however short its recording is.</summary>
    private const long FewWeights = 4 << 20;

    // How many nodes there are taken to be where that does not follow from the settings.
    private const int AssumedInterval = 10;
    private const int MostAssumed = 1000;

    /// <summary>Pixels are enlarged up to this side, and at most four times.</summary>
    private const int Side = 128;
    private const int MostScale = 4;

    /// <summary>
    /// From the best to the cheapest. Few steps are kept for the levels at which it is decided what is seen. The noise that is left at the lowest one is not
    /// seen, because the last step of the sampler goes to what the network makes of it.
    /// </summary>
    private static readonly HeunSettings[] s_samplers =
    [
        new(),
        new() { Steps = 4, SigmaMax = 10, SigmaMin = 0.2, Rho = 3 },
        new() { Steps = 2, SigmaMax = 5, SigmaMin = 0.7 },
    ];

    private readonly StageInputs _inputs;
    private readonly Denoiser _network;
    private readonly PictureNoise _noise;
    private readonly long _pass;

    /// <param name="inputs">Those of stage 1.</param>
    /// <param name="noise">What the pictures are drawn from.</param>
    /// <param name="network">The network that degrades.</param>
    /// <param name="settings">How long the recording is, beside which the pictures are to cost next to nothing.</param>
    public NodePictures(StageInputs inputs, PictureNoise noise, Denoiser network, RecordingSettings settings)
    {
        (_inputs, _noise, _network) = (inputs, noise, network);
        // What fits into memory with its gradients fits without.
        _pass = settings.Batch;
        (Sampler, Images) = Plan(settings, network);
    }

    /// <summary>The sampler; null where nothing is drawn.</summary>
    public HeunSettings? Sampler { get; }

    /// <summary>The number of images of each node.</summary>
    public long Images { get; }

    /// <summary>Leaves the picture of a node, which the network is now.</summary>
    /// <param name="listener">Receives it.</param>
    /// <param name="name">Its name.</param>
    /// <param name="toPixels">Turns samples [B,C,H,W] into images in [-1, 1]; null where samples are images, not latents.</param>
    public void Draw(ITrainingListener listener, string name, Func<Tensor, Tensor>? toPixels)
    {
        // Latents of four channels, for one, are no picture until they are decoded.
        if (Sampler is null || (toPixels is null && _network.Settings.Shape.Channels is not (1 or 3)))
        {
            return;
        }
        using var scope = NewDisposeScope();
        using var untracked = no_grad();
        using var turn = _inputs.TakeTurn();
        var sampler = new HeunSampler(_network, Sampler);
        var (latents, condition) = _noise.OfTeacher(Images);
        var parts = new List<Tensor>();
        for (var start = 0L; start < Images; start += _pass)
        {
            var size = Math.Min(_pass, Images - start);
            var samples = sampler.Sample(latents.narrow(0, start, size), condition?.Rows(start, size)).to(float32);
            parts.Add((toPixels?.Invoke(samples) ?? samples).cpu());
        }
        var images = cat(parts, 0);
        var scale = (int)Math.Clamp(Side / Math.Max(images.size(2), images.size(3)), 1, MostScale);
        // Without a caption, which would hide how many images there are in it: the name says which node it is.
        var picture = ImageGrid.Png(images, (int)Images, scale);
        listener.ArtifactMade(name, stream => stream.Write(picture));
    }

    private static (HeunSettings? Sampler, long Images) Plan(RecordingSettings settings, Denoiser network)
    {
        var nodes = settings.CountNodes() ?? 1 + Math.Min(settings.Steps / AssumedInterval, MostAssumed);
        var affordable = (long)(MostOfWork * EvaluationsPerSample * settings.Batch * settings.Steps / nodes);
        var possible = s_samplers.Where(sampler =>
            Math.Max(sampler.SigmaMin, network.Schedule.SigmaMin) < Math.Min(sampler.SigmaMax, network.Schedule.SigmaMax)).ToList();
        if (possible.Count == 0)
        {
            return (null, 0);
        }
        var (best, cheapest) = (possible.Find(sampler => MostImages * Evaluations(sampler) <= affordable), possible[^1]);
        var images = best is not null || network.Settings.Size.Parameters <= FewWeights ? MostImages : affordable / Evaluations(cheapest);
        return images >= FewestImages ? (best ?? cheapest, images) : (null, 0);
    }

    private static long Evaluations(HeunSettings sampler) => 2L * sampler.Steps - 1;
}
