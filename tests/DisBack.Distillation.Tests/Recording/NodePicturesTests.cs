using DisBack.Diffusion.Conditions;
using DisBack.Diffusion.Files;
using DisBack.Diffusion.Networks;
using DisBack.Diffusion.Pictures;
using DisBack.Diffusion.Sampling;
using DisBack.Distillation.Evaluations;
using DisBack.Distillation.Generators;
using DisBack.Distillation.Recording;
using DisBack.Specs.Data;
using DisBack.Specs.Networks;
using DisBack.Specs.Recording;
using DisBack.Specs.Sampling;
using static TorchSharp.torch;

namespace DisBack.Distillation.Tests.Recording;

/// <summary>What each node of a trajectory draws.</summary>
public sealed class NodePicturesTests
{
    private static readonly RecordingSettings s_settings = new() { Steps = 10, Batch = 16, Nodes = new EveryInterval { Interval = 4 } };

    /// <summary>Teachers of every parametrization.</summary>
    public static TheoryData<Preconditioning, int> Teachers
    {
        get
        {
            var teachers = new TheoryData<Preconditioning, int>();
            foreach (var form in Enum.GetValues<Preconditioning>())
            {
                teachers.Add(form, 1);
                teachers.Add(form, 3);
            }
            return teachers;
        }
    }

    [Fact]
    public void Every_node_draws_the_same_noise_and_the_last_one_too()
    {
        using var nodes = TinyNetwork.Trajectory(s_settings);
        Assert.Equal(["nodes/0000.png", "nodes/0001.png", "nodes/0002.png", "nodes/0003.png"], nodes.Artifacts.Keys);

        var inputs = TinyNetwork.Inputs();
        using var student = inputs.OpenStudent();
        using var network = inputs.OpenTeacher();
        network.eval();
        var noise = new PictureNoise(inputs, student, network);
        var sampler = new NodePictures(inputs, noise, network, s_settings).Sampler;
        for (var node = 0; node < nodes.Count; node++)
        {
            using var scope = NewDisposeScope();
            nodes.Load(node, network);
            var (latents, condition) = noise.OfTeacher(10);
            Assert.True(latents.equal(noise.Student.Take(0, 10).Latents).all().item<bool>());
            Assert.Equal(ImageGrid.Png(new HeunSampler(network, sampler).Sample(latents, condition), 10), nodes.Artifacts[$"nodes/{node:D4}.png"]);
        }
        Assert.Equal(nodes.Count, nodes.Artifacts.Values.Select(Convert.ToHexString).Distinct().Count());
    }

    [Fact]
    public void The_student_has_the_same_noise_in_its_first_step()
    {
        var inputs = TinyNetwork.Inputs(renoiseSigmas: [0.8, 0.2]);
        using var student = inputs.OpenStudent();
        using var network = inputs.OpenTeacher();
        using var scope = NewDisposeScope();
        var noise = new PictureNoise(inputs, student, network);
        Assert.True(noise.OfTeacher(4).Latents.equal(noise.Student.Take(0, 4).Latents.select(1, 0)).all().item<bool>());
    }

    [Theory, MemberData(nameof(Teachers), DisableDiscoveryEnumeration = true)]
    public void Teachers_of_every_kind_are_drawn(Preconditioning form, int channels)
    {
        var settings = TinyNetwork.Settings with { Precond = form, ImgChannels = channels, LabelDim = channels == 3 ? 0 : 3 };
        var artifact = Assert.Single(Draw(settings, s_settings).Artifacts);
        using var scope = NewDisposeScope();
        var picture = PictureReader.Read(artifact.Value, artifact.Key);
        Assert.Equal([3, 8 * 4 + 4, 10 * (8 * 4 + 2) + 2], picture.shape);
        // More than the paper between images.
        Assert.True(picture.narrow(1, 2, 8).narrow(2, 2, 32).to(float32).std().item<float>() > 1);
    }

    [Fact]
    public void Latents_are_drawn_only_where_they_are_decoded()
    {
        var settings = TinyNetwork.Settings with { ImgChannels = 4 };
        Assert.Empty(Draw(settings, s_settings).Artifacts);
        Assert.Single(Draw(settings, s_settings, latents => latents.narrow(1, 0, 3)).Artifacts);
    }

    [Fact]
    public void Embeddings_take_turns_in_the_pictures_as_classes_do()
    {
        using var scope = NewDisposeScope();
        var path = Path.GetTempFileName();
        SafetensorsFile.Write(path, [(EmbeddingFacts.Sequence, zeros(2, 4, 5)), (EmbeddingFacts.Pooled, arange(6, float32).reshape(2, 3))]);
        using var prompts = EmbeddingConditions.Open(path);
        File.Delete(path);
        var inputs = TinyNetwork.Inputs() with { Conditions = prompts };
        using var student = inputs.OpenStudent();
        using var network = inputs.OpenTeacher();
        var shown = Assert.IsType<EmbeddingCondition>(new PictureNoise(inputs, student, network).OfTeacher(4).Condition);
        Assert.Equal([0, 3, 0, 3], shown[EmbeddingFacts.Pooled].select(1, 0).data<float>().ToArray());
    }

    [Fact]
    public void Nothing_that_is_trained_or_drawn_changes()
    {
        var inputs = TinyNetwork.Inputs();
        using var student = inputs.OpenStudent();
        using var network = TinyNetwork.Moved(3);
        using var scope = NewDisposeScope();
        var (weights, random) = (network.State().Select(entry => entry.Value.clone()).ToList(), get_rng_state().clone());
        var heard = new RecordingListener();
        var pictures = new NodePictures(inputs, new PictureNoise(inputs, student, network), network, s_settings);
        pictures.Draw(heard, "first", null);
        var live = TorchSharp.DisposeScopeManager.Statistics.TensorStatistics.ThreadTotalLiveCount;

        pictures.Draw(heard, "second", null);

        Assert.Equal(live, TorchSharp.DisposeScopeManager.Statistics.TensorStatistics.ThreadTotalLiveCount);
        Assert.Equal(heard.Artifacts["first"], heard.Artifacts["second"]);
        Assert.All(network.State().Zip(weights), pair => Assert.True(pair.First.Value.equal(pair.Second).all().item<bool>(), pair.First.Name));
        Assert.All(network.parameters(), parameter => Assert.True(parameter.grad is null));
        Assert.True(random.equal(get_rng_state()).all().item<bool>());
        Assert.True(network.parameters().All(parameter => parameter.requires_grad));
    }

    /// <summary>A hundredth of the training's evaluations of a network: the better sampler where that is enough, fewer images and none where it is not.</summary>
    [Theory]
    [InlineData(64, 128, 2, 10)]
    [InlineData(8, 32, 2, 10)]
    [InlineData(200, 128, 4, 10)]
    [InlineData(1000, 128, 18, 10)]
    public void What_is_drawn_is_cheap_beside_the_recording(int steps, int batch, int expectedSteps, long images)
    {
        using var network = TinyNetwork.Open();
        var (sampler, count) = Planned(network, new RecordingSettings { Steps = steps, Batch = batch });
        Assert.Equal((expectedSteps, images), (sampler!.Steps, count));
    }

    [Theory]
    [InlineData(1000, 128, 2, 10)]
    [InlineData(10, 80, 2, 5)]
    [InlineData(10, 8, 0, 0)]
    [InlineData(0, 128, 0, 0)]
    public void A_large_network_draws_less_in_a_short_recording(int steps, int batch, int expectedSteps, long images)
    {
        using var init = new Generator(1);
        using var network = Denoiser.Create(TinyNetwork.Settings with { ModelChannels = 96 }, init);
        Assert.InRange(network.Settings.Size.Parameters, 4 << 20, 8 << 20);
        var (sampler, count) = Planned(network, new RecordingSettings { Steps = steps, Batch = batch, Nodes = new EveryInterval { Interval = 10 } });
        Assert.Equal((expectedSteps, images), (sampler?.Steps ?? 0, count));
    }

    [Fact]
    public void Levels_that_the_network_does_not_support_are_left_out()
    {
        using var network = TinyNetwork.Open(TinyNetwork.Settings with { SigmaMax = 0.5 });
        Assert.Equal(4, Planned(network, s_settings).Sampler!.Steps);
        using var narrow = TinyNetwork.Open(TinyNetwork.Settings with { SigmaMin = 100, SigmaMax = 200 });
        Assert.Null(Planned(narrow, s_settings).Sampler);
    }

    private static RecordingListener Draw(SongUnetSettings settings, RecordingSettings recording, Func<Tensor, Tensor>? toPixels = null)
    {
        var inputs = TinyNetwork.Inputs(settings: settings);
        using var student = inputs.OpenStudent();
        using var network = TinyNetwork.Moved(3, settings);
        var heard = new RecordingListener();
        new NodePictures(inputs, new PictureNoise(inputs, student, network), network, recording).Draw(heard, "drawn", toPixels);
        return heard;
    }

    private static (HeunSettings? Sampler, long Images) Planned(Denoiser network, RecordingSettings settings)
    {
        var inputs = TinyNetwork.Inputs();
        using var student = new DenoiserGenerator(TinyNetwork.Open(), 2.5);
        var pictures = new NodePictures(inputs, new PictureNoise(inputs, student, network), network, settings);
        return (pictures.Sampler, pictures.Images);
    }
}
