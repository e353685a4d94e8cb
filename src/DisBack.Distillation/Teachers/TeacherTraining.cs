using System.Text.Json;
using DisBack.Diffusion;
using DisBack.Diffusion.Augmentation;
using DisBack.Diffusion.Conditions;
using DisBack.Diffusion.Data;
using DisBack.Diffusion.Files;
using DisBack.Diffusion.Networks;
using DisBack.Diffusion.Noise;
using DisBack.Diffusion.Parameters;
using DisBack.Diffusion.Pictures;
using DisBack.Diffusion.Randomness;
using DisBack.Diffusion.Sampling;
using DisBack.Distillation.Evaluations;
using DisBack.Distillation.Optimization;
using DisBack.Distillation.Runs;
using DisBack.Specs.Networks;
using DisBack.Specs.Training;
using TorchSharp;
using static TorchSharp.torch;

namespace DisBack.Distillation.Teachers;

/// <summary>
/// A teacher's own training: denoising score matching on data, with a moving average of the weights as the result (EDM, training/loss.py and training_loop.py).
/// </summary>
public sealed class TeacherTraining : ITrainingRun
{
    /// <summary>The file that holds the result.</summary>
    public const string TeacherFileName = "teacher.safetensors";

    /// <summary>The picture of what was learned and what the teacher makes of noise.</summary>
    public const string PictureFileName = "samples.png";

    private const long PicturesInRow = 20;
    private const int SampledRows = 3;

    private readonly TeacherTrainingSettings _settings;
    private readonly ImageDataset _data;
    private readonly RandomStreams _streams;
    private readonly Device _device;
    private readonly Denoiser _network;
    private readonly StateHold _hold = new();
    private readonly TrainedNetwork _training;
    private readonly MovingAverage _ema;
    private readonly AugmentPipe? _augmentation;
    private readonly LossLedger _losses = new(new Dictionary<string, string> { ["loss/denoising"] = "teacher" });

    /// <summary>Prepares the training of a new teacher.</summary>
    /// <param name="network">What to train.</param>
    /// <param name="data">Images of the network's size, and labels if it is conditional.</param>
    /// <param name="settings">Steps, batch, optimizer, noise levels and average.</param>
    /// <param name="streams">The randomness of the run.</param>
    /// <param name="device">Where to compute.</param>
    /// <param name="precision">How exactly the network computes.</param>
    public TeacherTraining(
        NetworkSettings network,
        ImageDataset data,
        TeacherTrainingSettings settings,
        RandomStreams streams,
        Device device,
        Precision precision = Precision.Fp32)
    {
        (_settings, _data, _streams, _device) = (settings, data, streams, device);
        using var init = streams.For("teacher/weights");
        _network = Denoiser.Create(network, init).to(device);
        _network.Precision = precision;
        _network.train();
        _training = new TrainedNetwork(_network, settings.Optimizer, settings.Steps, _hold);
        _ema = new MovingAverage(_training.Parameters);
        _augmentation = settings.Augmentation is { } augmentation ? new AugmentPipe(augmentation) : null;
    }

    /// <summary>Whether blocks are run again for their gradients, see <see cref="Denoiser.CheckpointActivations"/>.</summary>
    public bool CheckpointActivations
    {
        init => _network.CheckpointActivations = value;
    }

    /// <summary>Evaluates the averaged weights on the way and at the end, owned from now on; null for none.</summary>
    public TeacherEvaluation? Evaluation { get; init; }

    /// <inheritdoc/>
    public string Stage => "teacher";

    /// <inheritdoc/>
    public long Step { get; private set; }

    /// <inheritdoc/>
    public long Steps => _settings.Steps;

    /// <inheritdoc/>
    public void Begin(ITrainingListener listener)
    {
    }

    /// <inheritdoc/>
    public void Advance(ITrainingListener listener)
    {
        Train();
        if (Evaluation is not null && Evaluation.IsDue(Step) && Step < Steps)
        {
            Evaluation.Evaluate(listener, Step, _ema, final: false);
        }
    }

    private void Train()
    {
        using var scope = NewDisposeScope();
        using var turn = CudaTurns.Take(_device, _network.Precision == Precision.Tf32);
        using var generator = _streams.For("teacher/noise", Step);
        using var dropout = _streams.For("teacher/dropout", Step);
        _network.DropoutGenerator = dropout;
        var (images, oneHot) = _data.Batch(_streams, Step, _settings.Batch);
        images = images.SentTo(_device);
        var condition = oneHot is null ? null : new ClassCondition(oneHot.SentTo(_device));
        var sigma = _settings.Noise.Sample(_settings.Batch, generator).SentTo(_device);
        var noise = randn(images.shape, float32, generator: generator).SentTo(_device);
        Tensor? labels = null;
        if (_augmentation is not null)
        {
            using var augmentation = _streams.For("teacher/augmentation", Step);
            (images, labels) = _augmentation.Apply(images, augmentation);
        }
        var losses = new List<Tensor>();
        _training.Descend(Step, LossesOfParts());
        Step++;
        _ema.Update(_settings.Ema.DecayAt(_settings.Batch, Step * _settings.Batch));
        _losses.Add(Step, "loss/denoising", losses.Count == 1 ? losses[0] : stack(losses).sum());

        // One part after the other, so that only one has a graph. Dropout masks follow each other in the order of the parts.
        IEnumerable<Tensor> LossesOfParts()
        {
            for (long first = 0, count = _settings.BatchPart; first < _settings.Batch; first += count)
            {
                var perPixel = DenoisingLoss.Of(
                    _network, Part(images)!, Part(sigma)!, Part(noise)!, condition?.Rows(first, count), Part(labels));
                var loss = perPixel.sum() / _settings.Batch;
                losses.Add(loss.detach());
                yield return loss;

                Tensor? Part(Tensor? all) => all?.narrow(0, first, count);
            }
        }
    }

    /// <inheritdoc/>
    public IReadOnlyList<Measurement> ReadMeasurements() => _losses.Drain();

    /// <inheritdoc/>
    public RunState Capture() => new([.. State], JsonSerializer.Serialize(new Progress(Step, _training.Updates)));

    /// <inheritdoc/>
    public void Hold(Action untilCopied) => _hold.Begin(untilCopied);

    /// <inheritdoc/>
    public void Restore(RunState state)
    {
        state.CopyTo(State);
        (Step, _training.Updates) = state.ProgressAs<Progress>();
    }

    /// <inheritdoc/>
    public void Complete(ITrainingListener listener)
    {
        Evaluation?.Evaluate(listener, Step, _ema, final: true);
        using var scope = NewDisposeScope();
        _ema.CopyTo(_network);
        listener.ArtifactMade(TeacherFileName, stream => SafetensorsFile.Write(stream, NetworkFile.TensorsOf(_network), NetworkMetadata.Of(_network.Settings)));
        Draw(listener);
    }

    /// <summary>Leaves a picture of images that were learned, and of what the teacher makes of noise.</summary>
    private void Draw(ITrainingListener listener)
    {
        _network.eval();
        var shape = _network.Settings.Shape;
        var conditions = IConditionSource.OfClasses(_network.Settings.Classes);
        var inputs = new SampleInputs([shape.Channels, shape.Height, shape.Width], conditions, _streams, "pictures", _device);
        List<Tensor> rows = [_data.Batch(_streams, 0, PicturesInRow).Images];
        for (var row = 0; row < SampledRows; row++)
        {
            var (latents, condition) = inputs.Take(row * PicturesInRow, PicturesInRow);
            rows.Add(new HeunSampler(_network).Sample(latents, condition).to(float32).cpu());
        }
        string[] captions = ["data", .. Enumerable.Repeat("teacher", SampledRows)];
        listener.ArtifactMade(PictureFileName, stream => stream.Write(ImageGrid.Png(cat(rows, 0), (int)PicturesInRow, captions: captions)));
    }

    /// <inheritdoc/>
    public void Dispose()
    {
        Evaluation?.Dispose();
        _losses.Dispose();
        _ema.Dispose();
        _training.Dispose();
        _network.Dispose();
    }

    private IEnumerable<(string Name, Tensor Value)> State => [.. _training.State("teacher"), .. TrainedNetwork.Named("teacher.ema", _ema.Weights)];

    private sealed record Progress(long Step, long Updates);
}
