using DisBack.Diffusion.Metrics;
using DisBack.Diffusion.Networks;
using DisBack.Diffusion.Parameters;
using DisBack.Diffusion.Pictures;
using DisBack.Diffusion.Sampling;
using DisBack.Distillation.Generators;
using DisBack.Distillation.Runs;
using DisBack.Specs.Evaluations;
using static TorchSharp.torch;

namespace DisBack.Distillation.Evaluations;

/// <summary>
/// Evaluates the averaged student without touching the run: FID against real images, and strips of pictures of the same noise as it changes.
/// </summary>
public sealed class StudentEvaluation : IDisposable
{
    /// <summary>The folder in the names of strips, apart from the few files that people look for.</summary>
    public const string StripFolder = "strips";

    private const long StripLength = 20;

    private readonly IGenerator _student;
    private readonly Denoiser _teacher;
    private readonly Func<Tensor, Tensor> _toPixels;
    private readonly SampleEvaluation _samples;
    private readonly PictureNoise _pictures;
    private readonly List<(string Name, Tensor Value)> _strips = [];

    /// <summary>Prepares the evaluation of one run.</summary>
    /// <param name="inputs">Those of stage 2; every evaluation of a run draws the same noise.</param>
    /// <param name="settings">How often, how many samples, against what; its files are read now and not again.</param>
    /// <param name="references">What has been measured of real images.</param>
    /// <param name="trustCode">Whether a TorchScript file of features may be run.</param>
    /// <param name="toPixels">Turns samples [B,C,H,W] into images in [-1, 1]; null where samples are images, not latents.</param>
    public StudentEvaluation(
        StageInputs inputs, EvaluationSettings settings, ReferenceCache references, bool trustCode = false, Func<Tensor, Tensor>? toPixels = null)
    {
        _toPixels = toPixels ?? (samples => samples);
        _student = inputs.OpenStudent();
        _student.Network.eval();
        _teacher = inputs.OpenTeacher();
        _teacher.eval();
        _pictures = new PictureNoise(inputs, _student, _teacher);
        // A student is about as large as its teacher.
        _samples = new SampleEvaluation(
            settings.Of(_teacher.Settings.Shape),
            new SampleInputs(_student.LatentShape, inputs.ConditionsFor(_teacher), inputs.Streams, "evaluation", inputs.Device),
            (latents, condition) => _toPixels(_student.Generate(latents, condition)),
            _student.Classes,
            _teacher.Settings.Size,
            inputs.Device,
            references,
            trustCode);
    }

    /// <summary>The strips so far, float32 [n,C,H,W] each, named by step and caption: part of the run's checkpoint.</summary>
    public IReadOnlyList<(string Name, Tensor Value)> Strips => _strips;

    /// <summary>Whether an evaluation follows a step.</summary>
    public bool IsDue(long step) => _samples.IsDue(step);

    /// <summary>Measures FID, and accuracy where the features are a classifier of the student's classes; with a caption also keeps a strip.</summary>
    /// <param name="listener">Receives the measurement and the pictures.</param>
    /// <param name="step">Steps made.</param>
    /// <param name="caption">What the strip shows, or null for no strip.</param>
    /// <param name="weights">The average of the student's weights.</param>
    /// <param name="final">Whether to use the larger number of samples, whose FID is the one that is reported.</param>
    public void Evaluate(ITrainingListener listener, long step, string? caption, MovingAverage weights, bool final)
    {
        weights.CopyTo(_student.Network);
        _samples.Measure(listener, step, final);
        if (caption is not null)
        {
            Keep(listener, step, caption);
        }
    }

    /// <summary>Keeps a strip without measuring.</summary>
    public void Draw(ITrainingListener listener, long step, string caption, MovingAverage weights)
    {
        weights.CopyTo(_student.Network);
        Keep(listener, step, caption);
    }

    /// <summary>Writes the picture of all strips, with the teacher's own samples of the same noise as the last row.</summary>
    public void Finish(ITrainingListener listener)
    {
        using var scope = NewDisposeScope();
        var sampler = new HeunSampler(_teacher);
        var (latents, condition) = _pictures.OfTeacher(StripLength);
        var teacher = _samples.InPasses(latents, condition, (part, shown) => _toPixels(sampler.Sample(part, shown).to(float32))).cpu();
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
        _samples.Dispose();
        _student.Dispose();
        _teacher.Dispose();
    }

    private static string CaptionOf(string strip) => strip[(strip.IndexOf('/', StringComparison.Ordinal) + 1)..];

    private void Keep(ITrainingListener listener, long step, string caption)
    {
        using var scope = NewDisposeScope();
        // On the CPU, like those that come back from a checkpoint.
        var images = _samples.Sample(_pictures.Student, 0, StripLength).cpu().DetachFromDisposeScope();
        _strips.Add(($"strip {step:D7}/{caption}", images));
        listener.ArtifactMade($"{StripFolder}/{step:D7}.png", stream => WriteStrips(stream, [(caption, images)]));
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
