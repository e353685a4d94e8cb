using DisBack.Diffusion.Data;
using DisBack.Diffusion.Metrics;
using DisBack.Diffusion.Networks;
using DisBack.Diffusion.Parameters;
using DisBack.Diffusion.Pictures;
using DisBack.Diffusion.Randomness;
using DisBack.Diffusion.Sampling;
using DisBack.Distillation.Runs;
using DisBack.Specs.Evaluations;
using DisBack.Specs.Networks;
using static TorchSharp.torch;

namespace DisBack.Distillation.Evaluations;

/// <summary>
/// Judges the averaged student without touching the run: FID against real images, and strips of pictures of the same noise as it changes.
/// </summary>
public sealed class StudentEvaluation : IDisposable
{
    /// <summary>The folder in the names of strips, apart from the few files that people look for.</summary>
    public const string StripFolder = "strips";

    private const long StripLength = 20;

    private readonly EvaluationSettings _settings;
    private readonly double _sigmaInit;
    private readonly Denoiser _student;
    private readonly Denoiser _teacher;
    private readonly ParameterBuffer _weights;
    private readonly IFeatureNetwork _features;
    private readonly SampleInputs _samples;
    private readonly SampleInputs _pictures;
    private readonly List<(string Name, Tensor Value)> _strips = [];

    /// <summary>Prepares the evaluation of one run.</summary>
    /// <param name="open">Makes a network with the teacher's weights; called twice.</param>
    /// <param name="settings">How often, how many samples, against what.</param>
    /// <param name="sigmaInit">The generator's noise level.</param>
    /// <param name="streams">The randomness of the run; every evaluation of it draws the same noise.</param>
    /// <param name="device">Where to compute.</param>
    public StudentEvaluation(Func<Denoiser> open, EvaluationSettings settings, double sigmaInit, RandomStreams streams, Device device)
    {
        (_settings, _sigmaInit) = (settings, sigmaInit);
        _student = open();
        _student.eval();
        _teacher = open();
        _teacher.eval();
        _weights = ParameterBuffer.Attach(_student, trained: false);
        (_samples, _pictures) = (new SampleInputs(_student.Settings, streams, "evaluation", device), new SampleInputs(_student.Settings, streams, "pictures", device));
        _features = FeatureNetworks.Open(settings.Features, device);
    }

    /// <summary>Refuses what could judge no student of a network, before anything is trained.</summary>
    /// <param name="settings">How students are to be judged.</param>
    /// <param name="network">The teacher's network, which is the student's.</param>
    /// <exception cref="DisBackException">The reference cannot be read or has images of another shape, or the features take no such images.</exception>
    public static void Check(EvaluationSettings settings, NetworkSettings network)
    {
        var (channels, resolution) = ImageDataset.ShapeOf(settings.Reference);
        if ((channels, resolution) != (network.ImgChannels, network.ImgResolution))
        {
            throw new DisBackException(
                $"evaluation.reference has images of {channels}x{resolution}x{resolution} (channels, height, width) but the teacher makes {network.ImgChannels}x{network.ImgResolution}x{network.ImgResolution}: " +
                $"set evaluation.reference.resolution to {network.ImgResolution} and evaluation.reference.channels to {network.ImgChannels}.");
        }
        using var scope = NewDisposeScope();
        using var features = FeatureNetworks.Open(settings.Features);
        features.Extract(zeros(2, channels, resolution, resolution));
    }

    /// <summary>The strips so far, float32 [n,C,H,W] each, named by step and caption: part of the run's checkpoint.</summary>
    public IReadOnlyList<(string Name, Tensor Value)> Strips => _strips;

    /// <summary>Whether an evaluation follows a step.</summary>
    public bool IsDue(long step) => _settings.Every > 0 && step % _settings.Every == 0;

    /// <summary>Measures FID, and with a caption also keeps a strip.</summary>
    /// <param name="listener">Hears the measurement and the pictures.</param>
    /// <param name="step">Steps made.</param>
    /// <param name="caption">What the strip shows, or null for no strip.</param>
    /// <param name="weights">The student's averaged weights, float32 [n].</param>
    /// <param name="final">Whether to use the larger number of samples, whose FID is the one that is reported.</param>
    public void Judge(ITrainingListener listener, long step, string? caption, Tensor weights, bool final)
    {
        Use(weights);
        var samples = final ? _settings.FinalSamples : _settings.Samples;
        var distance = Evaluation.Fid((first, count) => Sample(_samples, first, count), samples, _features, _settings.Reference);
        listener.Measured([new Measurement(step, final ? "fid" : "fid/quick", distance)]);
        if (caption is not null)
        {
            Keep(listener, step, caption);
        }
    }

    /// <summary>Keeps a strip without measuring.</summary>
    public void Depict(ITrainingListener listener, long step, string caption, Tensor weights)
    {
        Use(weights);
        Keep(listener, step, caption);
    }

    /// <summary>Writes the picture of all strips, with the teacher's own samples of the same noise as the last row.</summary>
    public void Finish(ITrainingListener listener)
    {
        using var scope = NewDisposeScope();
        var (latents, labels) = _pictures.Take(0, StripLength);
        var teacher = new HeunSampler(_teacher).Sample(latents, labels).to(float32).cpu();
        List<(string Caption, Tensor Images)> rows = [.. _strips.Select(strip => (CaptionOf(strip.Name), strip.Value)), ("teacher", teacher)];
        listener.ArtifactMade("samples.png", stream => WriteStrips(stream, rows));
    }

    /// <summary>Takes back the strips of a checkpoint.</summary>
    internal void Restore(IReadOnlyList<(string Name, Tensor Value)> strips)
    {
        DisposeStrips();
        _strips.AddRange(strips.Select(strip => (strip.Name, strip.Value.clone().DetachFromDisposeScope())));
    }

    /// <inheritdoc/>
    public void Dispose()
    {
        DisposeStrips();
        _features.Dispose();
        _weights.Dispose();
        _student.Dispose();
        _teacher.Dispose();
    }

    private static string CaptionOf(string strip) => strip[(strip.IndexOf('/', StringComparison.Ordinal) + 1)..];

    private void Use(Tensor weights)
    {
        using var noGrad = no_grad();
        _weights.Weights.copy_(weights);
    }

    private void Keep(ITrainingListener listener, long step, string caption)
    {
        using var scope = NewDisposeScope();
        // On the CPU, like those that come back from a checkpoint.
        var images = Sample(_pictures, 0, StripLength).cpu().DetachFromDisposeScope();
        _strips.Add(($"strip {step:D7}/{caption}", images));
        listener.ArtifactMade($"{StripFolder}/{step:D7}.png", stream => WriteStrips(stream, [(caption, images)]));
    }

    /// <summary>One-step samples [count,C,H,W].</summary>
    private Tensor Sample(SampleInputs inputs, long first, long count)
    {
        using var scope = NewDisposeScope();
        using var noGrad = no_grad();
        var (latents, labels) = inputs.Take(first, count);
        return OneStepGenerator.Generate(_student, latents, _sigmaInit, labels).MoveToOuterDisposeScope();
    }

    /// <summary>One row per strip, with its caption.</summary>
    private static void WriteStrips(Stream stream, IReadOnlyList<(string Caption, Tensor Images)> rows)
    {
        using var scope = NewDisposeScope();
        var images = cat([.. rows.Select(row => row.Images)], 0);
        stream.Write(ImageGrid.Png(images, (int)StripLength, captions: [.. rows.Select(row => row.Caption)]));
    }

    private void DisposeStrips()
    {
        foreach (var (_, value) in _strips)
        {
            value.Dispose();
        }

        _strips.Clear();
    }
}
