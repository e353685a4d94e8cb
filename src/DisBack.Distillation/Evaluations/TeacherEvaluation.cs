using DisBack.Diffusion.Conditions;
using DisBack.Diffusion.Metrics;
using DisBack.Diffusion.Networks;
using DisBack.Diffusion.Parameters;
using DisBack.Diffusion.Pictures;
using DisBack.Diffusion.Randomness;
using DisBack.Diffusion.Sampling;
using DisBack.Distillation.Runs;
using DisBack.Specs.Evaluations;
using DisBack.Specs.Networks;
using DisBack.Specs.Training;
using TorchSharp;
using static TorchSharp.torch;

namespace DisBack.Distillation.Evaluations;

/// <summary>
/// Evaluates the averaged weights of a teacher in training without touching the run: FID of what the deterministic Heun sampler makes in 18 steps, and
/// pictures of the same noise as they change.
/// </summary>
public sealed class TeacherEvaluation : IDisposable
{
    private const long StripLength = 20;

    private readonly Denoiser _network;
    private readonly SampleEvaluation _samples;
    private readonly SampleInputs _pictures;

    /// <summary>Prepares the evaluation of one training.</summary>
    /// <param name="network">The network that is trained.</param>
    /// <param name="settings">How often, how many samples, against what; its files are read now and not again.</param>
    /// <param name="streams">The randomness of the run; every evaluation draws the same noise.</param>
    /// <param name="device">Where to compute.</param>
    /// <param name="references">What has been measured of real images.</param>
    /// <param name="precision">How exactly the network computes.</param>
    /// <param name="trustCode">Whether a TorchScript file of features may be run.</param>
    public TeacherEvaluation(
        NetworkSettings network,
        EvaluationSettings settings,
        RandomStreams streams,
        Device device,
        ReferenceCache references,
        Precision precision = Precision.Fp32,
        bool trustCode = false)
    {
        // Every weight is copied over these, but what a network draws and does not train is the same from the same stream.
        using var init = streams.For("teacher/weights");
        _network = Denoiser.Create(network, init).to(device);
        _network.Precision = precision;
        _network.eval();
        _pictures = InputsOf("pictures");
        _samples = new SampleEvaluation(
            settings.Of(network.Shape), InputsOf("evaluation"), Sample, network.Classes, network.Size, device, references, trustCode);

        SampleInputs InputsOf(string purpose) =>
            new([network.Shape.Channels, network.Shape.Height, network.Shape.Width], IConditionSource.OfClasses(network.Classes), streams, purpose, device);
    }

    /// <summary>Whether an evaluation follows a step.</summary>
    public bool IsDue(long step) => _samples.IsDue(step);

    /// <summary>Measures, and leaves a picture of samples.</summary>
    /// <param name="listener">Receives the measurement and the picture.</param>
    /// <param name="step">Steps made.</param>
    /// <param name="weights">The average of the weights.</param>
    /// <param name="final">Whether to use the larger number of samples, whose FID is the one that is reported.</param>
    public void Evaluate(ITrainingListener listener, long step, MovingAverage weights, bool final)
    {
        using var scope = NewDisposeScope();
        weights.CopyTo(_network);
        _samples.Measure(listener, step, final);
        var images = _samples.Sample(_pictures, 0, StripLength).cpu();
        var picture = ImageGrid.Png(images, (int)StripLength, captions: [$"step {step}"]);
        listener.ArtifactMade($"{StudentEvaluation.StripFolder}/{step:D7}.png", stream => stream.Write(picture));
    }

    /// <inheritdoc/>
    public void Dispose()
    {
        _samples.Dispose();
        _network.Dispose();
    }

    private Tensor Sample(Tensor latents, Condition? condition)
    {
        using var scope = NewDisposeScope();
        return new HeunSampler(_network).Sample(latents, condition).to(float32).MoveToOuterDisposeScope();
    }
}
