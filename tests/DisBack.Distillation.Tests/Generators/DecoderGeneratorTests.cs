using DisBack.Diffusion.Conditions;
using DisBack.Diffusion.Files;
using DisBack.Diffusion.Networks;
using DisBack.Diffusion.Randomness;
using DisBack.Distillation.Backtracking;
using DisBack.Distillation.Generators;
using DisBack.Distillation.Recording;
using DisBack.Distillation.Runs;
using DisBack.Specs.Backtracking;
using DisBack.Specs.Networks;
using DisBack.Specs.Recording;
using DisBack.Specs.Training;
using static TorchSharp.torch;

namespace DisBack.Distillation.Tests.Generators;

/// <summary>A decoder is a student like any other: recorded against, trained, resumed and opened from its file.</summary>
public sealed class DecoderGeneratorTests : IDisposable
{
    private static readonly DecoderSettings s_small = new() { LatentDim = 5, Width = 8 };

    private readonly string _path = Path.GetTempFileName();

    [Fact]
    public void A_sample_depends_on_its_latents_and_class_and_on_no_other_sample()
    {
        using var scope = NewDisposeScope();
        using var generator = Open();
        var latents = randn([3, 5], generator: new Generator(1));
        var classes = IConditionSource.OfClasses(3).InTurn(0, 3);
        var made = generator.Generate(latents, classes);
        Assert.Equal([3, 1, 8, 8], made.shape);
        Assert.InRange(made.abs().max().item<float>(), 0.1f, 1);
        var alone = generator.Generate(latents.narrow(0, 1, 1), classes!.Rows(1, 1));
        Assert.True(made.narrow(0, 1, 1).allclose(alone, 1e-4, 1e-5));
        Assert.False(made.allclose(generator.Generate(latents, IConditionSource.OfClasses(3).InTurn(1, 3)), 1e-2, 1e-2));
        Assert.False(made.allclose(generator.Generate(latents, condition: null), 1e-2, 1e-2));
    }

    [Fact]
    public void The_first_student_of_a_spec_is_a_function_of_the_seed()
    {
        using var scope = NewDisposeScope();
        Assert.True(Sample(seed: 1).equal(Sample(seed: 1)).all().item<bool>());
        Assert.False(Sample(seed: 1).allclose(Sample(seed: 2), 1e-2, 1e-2));

        static Tensor Sample(long seed)
        {
            using var first = FirstStudent.Open(new StudentSettings { Decoder = s_small }, seed, TinyNetwork.Open, CPU);
            return first.Generate(ones(1, 5), condition: null);
        }
    }

    [Fact]
    public void It_is_recorded_against_trained_and_resumed()
    {
        var inputs = TinyNetwork.Inputs() with { OpenStudent = Open };
        using var nodes = new MemoryNodes(TinyNetwork.Open);
        var stage1 = new RecordingSettings { Steps = 8, Batch = 8, Optimizer = new() { LearningRate = 1e-3 }, Nodes = new EveryInterval { Interval = 4 } };
        using (var recording = new DegradationRecording(inputs, stage1))
        {
            TrainingLoop.Run(recording, new CheckpointSettings(), nodes, CancellationToken.None);
        }
        Assert.Equal(3, nodes.Count);

        var settings = new ScoreGanSettings { Steps = 8, Batch = 4, FakeUpdatesPerGeneratorUpdate = 2, Switching = new FixedInterval { Interval = 3 } };
        using var whole = new DistributionBacktracking(inputs, nodes, settings);
        var listener = new RecordingListener();
        TrainingLoop.Run(whole, new CheckpointSettings { Every = 1 }, listener, CancellationToken.None);
        using var resumed = new DistributionBacktracking(inputs, nodes, settings);
        resumed.Restore(listener.Checkpoints.First(checkpoint => checkpoint.Step == 5).State);
        TrainingLoop.Run(resumed, new CheckpointSettings(), new RecordingListener(), CancellationToken.None);
        Assert.Equal([(4L, 0)], listener.Switches.Select(change => (change.Step, change.To)));
        Assert.All(whole.Capture().Tensors.Zip(resumed.Capture().Tensors), pair =>
            Assert.True(pair.First.Value.equal(pair.Second.Value).all().item<bool>(), pair.First.Name));
    }

    [Fact]
    public void It_comes_back_from_its_file()
    {
        using var scope = NewDisposeScope();
        using var generator = Open();
        using (var stream = File.Create(_path))
        {
            StudentFile.Write(stream, generator);
        }
        using var opened = StudentFile.Open(_path);
        Assert.Equal(3, opened.Classes);
        var latents = ones(2, 5);
        Assert.True(generator.Generate(latents, null).equal(opened.Generate(latents, null)).all().item<bool>());
    }

    [Theory]
    [InlineData("[]", "cannot be read")]
    [InlineData("null", "cannot be read")]
    [InlineData("""{"img_channels":1,"img_resolution":8,"label_dim":3}""", "cannot be read")]
    [InlineData("""{"img_channels":1,"img_resolution":8,"label_dim":3,"settings":null}""", "cannot be read")]
    [InlineData("""{"img_channels":1,"img_resolution":8,"label_dim":3,"settings":{"latent_dim":5,"width":9}}""", "its numbers are impossible")]
    [InlineData("""{"img_channels":-1,"img_resolution":8,"label_dim":3,"settings":{"latent_dim":5,"width":8}}""", "its numbers are impossible")]
    [InlineData(
        """{"img_channels":1,"img_resolution":65536,"label_dim":3,"settings":{"latent_dim":65536,"width":1024}}""", "belongs to a network with other settings")]
    public void A_description_that_is_not_of_its_weights_is_refused_before_memory_is_taken(string decoder, string why)
    {
        using var scope = NewDisposeScope();
        using var generator = Open();
        SafetensorsFile.Write(_path, generator.ToFile().Tensors, new Dictionary<string, string> { ["decoder"] = decoder });
        Assert.Contains(why, Assert.Throws<DisBackException>(() => StudentFile.Open(_path)).Message, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData(8, 1, 3)]
    [InlineData(14, 1, 10)]
    [InlineData(64, 3, 0)]
    [InlineData(15, 2, 0)]
    public void Its_parameters_are_counted_before_it_is_built(int resolution, int channels, int classes)
    {
        var (settings, shape) = (new DecoderSettings(), new SampleShape(channels, resolution, resolution));
        using var init = new RandomStreams(1).For("decoder");
        using var network = new LatentDecoder(settings, shape, classes, init);
        Assert.Equal(network.parameters().Sum(parameter => parameter.numel()), settings.SizeFor(shape, classes).Parameters);
        using var latents = ones(1, 128);
        using var made = network.forward(latents, null);
        Assert.Equal([1, channels, resolution, resolution], made.shape);
    }

    public void Dispose() => File.Delete(_path);

    private static DecoderGenerator Open()
    {
        using var init = new RandomStreams(4).For("decoder");
        return new DecoderGenerator(new LatentDecoder(s_small, new SampleShape(1, 8, 8), 3, init));
    }
}
