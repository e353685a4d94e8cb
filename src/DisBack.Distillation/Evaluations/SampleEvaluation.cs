using DisBack.Diffusion.Conditions;
using DisBack.Diffusion.Features;
using DisBack.Diffusion.Metrics;
using DisBack.Distillation.Runs;
using DisBack.Specs.Evaluations;
using DisBack.Specs.Networks;
using static TorchSharp.torch;

namespace DisBack.Distillation.Evaluations;

/// <summary>
/// Measures the samples of a generator: FID against real images, and accuracy where the features are a classifier of its classes. Or it only makes them.
/// </summary>
internal sealed class SampleEvaluation : IDisposable
{
    /// <summary>Bounds what the network holds while samples are made, which training does not.</summary>
    private const long PassBytes = 256 << 20;

    private readonly EvaluationSettings _settings;
    private readonly IFeatureNetwork? _features;
    private readonly ReferenceStatistics? _reference;
    private readonly SampleInputs _samples;
    private readonly int _classes;
    private readonly Func<Tensor, Condition?, Tensor> _generate;
    private readonly long _pass;

    /// <param name="settings">How often, how many samples, against what; its files are read now and not again.</param>
    /// <param name="samples">What the measured samples are made from.</param>
    /// <param name="generate">Makes images [B,C,H,W] in [-1, 1].</param>
    /// <param name="classes">The number of their classes; 0 is none.</param>
    /// <param name="size">What a network takes that is about as large as the generator's.</param>
    /// <param name="device">Where features are computed.</param>
    /// <param name="references">What has been measured of real images.</param>
    /// <param name="trustCode">Whether a TorchScript file of features may be run.</param>
    public SampleEvaluation(
        EvaluationSettings settings,
        SampleInputs samples,
        Func<Tensor, Condition?, Tensor> generate,
        int classes,
        NetworkSize size,
        Device device,
        ReferenceCache references,
        bool trustCode)
    {
        (_settings, _samples, _generate, _classes) = (settings, samples, generate, classes);
        _pass = Math.Max(1, PassBytes / (sizeof(float) * size.Held));
        if (settings.Measures)
        {
            _features = FeatureNetworks.Open(settings.Features, trustCode, device);
            _reference = references.Of(_features, settings);
        }
    }

    /// <summary>Whether an evaluation follows a step.</summary>
    public bool IsDue(long step) => _settings.Every > 0 && step % _settings.Every == 0;

    /// <summary>Measures, where there are features.</summary>
    /// <param name="listener">Receives the measurement.</param>
    /// <param name="step">Steps made.</param>
    /// <param name="final">Whether to use the larger number of samples, whose FID is the one that is reported.</param>
    public void Measure(ITrainingListener listener, long step, bool final)
    {
        if (_features is null || _reference is null)
        {
            return;
        }
        using var evaluating = listener.Evaluating();
        var samples = final ? _settings.FinalSamples : _settings.Samples;
        var accuracy = ClassAccuracy.By(_features, _classes, _samples.Shown);
        IFeatureMeasure[] measures = accuracy is null ? [] : [accuracy];
        var distance = Evaluation.Fid((first, count) => Sample(_samples, first, count), samples, _features, _reference, measures);
        listener.Measured([Measured("fid", distance), .. accuracy is null ? Array.Empty<Measurement>() : [Measured("accuracy", accuracy.Value)]]);

        Measurement Measured(string name, double value) => new(step, final ? name : $"{name}/quick", value);
    }

    /// <summary>Images, [count,C,H,W].</summary>
    public Tensor Sample(SampleInputs inputs, long first, long count)
    {
        using var scope = NewDisposeScope();
        using var noGrad = no_grad();
        var (latents, condition) = inputs.Take(first, count);
        return InPasses(latents, condition, _generate).MoveToOuterDisposeScope();
    }

    /// <summary>What is made of latents [count,...], in as many passes as memory asks for, [count,C,H,W].</summary>
    public Tensor InPasses(Tensor latents, Condition? condition, Func<Tensor, Condition?, Tensor> make)
    {
        var count = latents.shape[0];
        var parts = new List<Tensor>();
        for (var start = 0L; start < count; start += _pass)
        {
            using var perPass = NewDisposeScope();
            var size = Math.Min(_pass, count - start);
            parts.Add(make(latents.narrow(0, start, size), condition?.Rows(start, size)).MoveToOuterDisposeScope());
        }
        return parts.Count == 1 ? parts[0] : cat(parts, 0);
    }

    public void Dispose() => _features?.Dispose();
}
