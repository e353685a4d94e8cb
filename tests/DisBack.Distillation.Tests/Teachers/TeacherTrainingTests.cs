using DisBack.Diffusion.Conditions;
using DisBack.Diffusion.Data;
using DisBack.Diffusion.Features;
using DisBack.Diffusion.Metrics;
using DisBack.Diffusion.Randomness;
using DisBack.Diffusion.Sampling;
using DisBack.Distillation.Evaluations;
using DisBack.Distillation.Runs;
using DisBack.Distillation.Teachers;
using DisBack.Specs.Data;
using DisBack.Specs.Evaluations;
using DisBack.Specs.Networks;
using DisBack.Specs.Training;
using static TorchSharp.torch;

namespace DisBack.Distillation.Tests.Teachers;

/// <summary>How a batch is computed changes nothing but rounding, and what a teacher is trained on changes it.</summary>
public sealed class TeacherTrainingTests : IDisposable
{
    private static readonly TeacherTrainingSettings s_settings = new() { Steps = 3, Batch = 12, Augmentation = new() { Probability = 0.5 } };

    private static readonly SongUnetSettings s_network = TinyNetwork.Settings with { LabelDim = 10, AugmentDim = AugmentationSettings.LabelLength };

    private readonly ImageDataset _data = ImageDataset.Load(new DatasetSettings { Source = DatasetSource.Digits, Resolution = 8 });

    private readonly string _path = Path.GetTempFileName();

    public void Dispose()
    {
        _data.Dispose();
        File.Delete(_path);
    }

    [Theory]
    [InlineData(2)]
    [InlineData(3)]
    [InlineData(12)]
    public void A_batch_in_parts_has_the_gradient_and_the_loss_of_the_whole(int parts)
    {
        using var whole = Open(s_settings);
        using var inParts = Open(s_settings with { Accumulate = parts });
        foreach (var run in (ITrainingRun[])[whole, inParts])
        {
            run.Advance(new RecordingListener());
        }
        var (expected, actual) = (FirstMoment(whole), FirstMoment(inParts));
        Assert.True(actual.allclose(expected, rtol: 0, atol: 1e-5 * expected.abs().max().item<float>()));
        Assert.Equal(whole.ReadMeasurements()[0].Value, inParts.ReadMeasurements()[0].Value, 1e-3);
    }

    [Fact]
    public void One_part_is_the_whole_to_the_last_bit()
    {
        var (absent, one) = (Trained(s_settings), Trained(s_settings with { Accumulate = 1 }));
        Assert.All(absent.Zip(one), pair => Assert.True(pair.First.Equals(pair.Second)));
    }

    [Fact]
    public void Augmentation_changes_the_teacher_and_with_it_the_weights_of_its_labels()
    {
        var (plain, augmented) = (Trained(s_settings with { Augmentation = null }), Trained(s_settings));
        Assert.False(plain[0].Equals(augmented[0]));
        // Who is told nothing has no gradient for the weights of the labels.
        var labels = TinyNetwork.Settings.ModelChannels * AugmentationSettings.LabelLength;
        Assert.InRange(Unmoved(plain) - Unmoved(augmented), labels / 2, labels);

        static long Unmoved(IReadOnlyList<Tensor> state) => (state[1] == 0).sum().item<long>();
    }

    [Fact]
    public void An_evaluation_shows_how_a_teacher_gets_on_and_changes_none_of_its_bits()
    {
        var settings = new EvaluationSettings { Every = 1, Samples = 20, FinalSamples = 30, Reference = new DatasetSettings { Resolution = 8 } };
        var heard = new RecordingListener();
        using var plain = Open(s_settings);
        using var evaluated = new TeacherTraining(s_network, _data, s_settings, new RandomStreams(1), CPU)
        {
            Evaluation = new TeacherEvaluation(s_network, settings, new RandomStreams(1), CPU, new ReferenceCache()),
        };
        TrainingLoop.Run(plain, new CheckpointSettings(), new RecordingListener(), CancellationToken.None);
        TrainingLoop.Run(evaluated, new CheckpointSettings(), heard, CancellationToken.None);

        Assert.All(plain.Capture().Tensors.Zip(evaluated.Capture().Tensors), pair => Assert.True(pair.First.Value.Equals(pair.Second.Value)));
        Assert.Equal([1L, 2], heard.Measurements.Where(point => point.Name == "fid/quick").Select(point => point.Step));
        var final = Assert.Single(heard.Measurements, point => point.Name == "fid");
        Assert.Equal((3L, true), (final.Step, double.IsFinite(final.Value)));
        Assert.Equal(
            ["samples.png", "strips/0000001.png", "strips/0000002.png", "strips/0000003.png", "teacher.safetensors"], heard.Artifacts.Keys.Order());
        // It is the averaged teacher that was measured: a network of the trained file has the same distance.
        File.WriteAllBytes(_path, heard.Artifacts["teacher.safetensors"]);
        using var teacher = NetworkFile.Open(_path);
        teacher.eval();
        var inputs = new SampleInputs([1, 8, 8], IConditionSource.OfClasses(10), new RandomStreams(1), "evaluation", CPU);
        using var features = FeatureNetworks.Open(EvaluationSettings.DigitFeatures, trustCode: false, CPU);
        var distance = Evaluation.Fid(Sample, 30, features, new ReferenceCache().Of(features, settings));
        Assert.Equal(distance, final.Value, 1e-3 * distance);

        Tensor Sample(long first, long count)
        {
            var (latents, condition) = inputs.Take(first, count);
            return new HeunSampler(teacher).Sample(latents, condition).to(float32);
        }
    }

    private static Tensor FirstMoment(TeacherTraining run) => run.Capture().Tensors.Single(tensor => tensor.Name == "teacher.adam.first_moment").Value;

    private IReadOnlyList<Tensor> Trained(TeacherTrainingSettings settings)
    {
        using var run = Open(settings);
        while (run.Step < run.Steps)
        {
            run.Advance(new RecordingListener());
        }
        return [.. run.Capture().Tensors.Select(tensor => tensor.Value.clone())];
    }

    private TeacherTraining Open(TeacherTrainingSettings settings) =>
        new(s_network, _data, settings, new RandomStreams(1), CPU);
}
