using DisBack.Diffusion.Data;
using DisBack.Diffusion.Randomness;
using DisBack.Distillation.Runs;
using DisBack.Distillation.Teachers;
using DisBack.Specs.Data;
using DisBack.Specs.Training;
using static TorchSharp.torch;

namespace DisBack.Distillation.Tests.Teachers;

/// <summary>How a batch is computed changes nothing but rounding, and what a teacher is trained on changes it.</summary>
public sealed class TeacherTrainingTests : IDisposable
{
    private static readonly TeacherTrainingSettings s_settings = new() { Steps = 3, Batch = 12, Augmentation = new() { Probability = 0.5 } };

    private readonly ImageDataset _data = ImageDataset.Load(new DatasetSettings { Source = DatasetSource.Digits, Resolution = 8 });

    public void Dispose() => _data.Dispose();

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
        new(TinyNetwork.Settings with { LabelDim = 10, AugmentDim = AugmentationSettings.LabelLength }, _data, settings, new RandomStreams(1), CPU);
}
