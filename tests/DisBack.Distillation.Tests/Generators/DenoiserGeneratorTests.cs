using DisBack.Diffusion.Conditions;
using DisBack.Diffusion.Randomness;
using DisBack.Diffusion.Schedules;
using DisBack.Distillation.Generators;
using DisBack.Distillation.Runs;
using DisBack.Specs.Backtracking;
using DisBack.Specs.Noise;
using TorchSharp;
using static TorchSharp.torch;

namespace DisBack.Distillation.Tests.Generators;

/// <summary>A generator of several steps is the sampler written down once more, and only its last step learns.</summary>
public sealed class DenoiserGeneratorTests : IDisposable
{
    private static readonly double[] s_sigmas = [2.5, 0.9, 0.3];

    private readonly DisposeScope _scope = NewDisposeScope();
    private readonly DenoiserGenerator _generator = new(TinyNetwork.Open(), s_sigmas[0], s_sigmas[1..]);

    [Theory]
    [InlineData(1)]
    [InlineData(2)]
    [InlineData(3)]
    public void Each_step_noises_what_was_made_and_denoises_it(int steps)
    {
        Assert.Equal([3, 1, 8, 8], _generator.LatentShape);
        var (latents, condition) = Inputs();
        using var network = TinyNetwork.Open();
        var sample = zeros(4, 1, 8, 8);
        for (var step = 0; step < steps; step++)
        {
            sample = network.forward(sample + s_sigmas[step] * latents.select(1, step), tensor((float)s_sigmas[step]), condition);
        }
        Assert.True(_generator.Generate(latents.narrow(1, 0, steps), condition).allclose(sample, 1e-5, 1e-6));
    }

    /// <summary>DMD2's generators of latents: what the network sees is z itself, and D is asked at z / c_in.</summary>
    [Theory]
    [InlineData(1)]
    [InlineData(3)]
    public void A_student_of_time_steps_is_shown_latents_of_unit_variance(int steps)
    {
        using var network = TinyTextNetwork.Open();
        int[] times = [999, 749, 399];
        using var generator = (DenoiserGenerator)FirstStudent.Open(
            new StudentSettings { Timesteps = times[..steps] }, 0, TinyTextNetwork.Open, CPU);
        using var stream = new Generator(3);
        var latents = randn([2, .. generator.LatentShape], generator: stream);
        using var untracked = no_grad();

        var table = DiscreteVpSchedule.ScaledLinear(0.00085, 0.012, 1000);
        var first = steps == 1 ? latents : latents.select(1, 0);
        var sample = network.forward(first / Math.Sqrt(table[times[0]]), Sigma(0));
        for (var step = 1; step < steps; step++)
        {
            sample = network.forward(sample + Sigma(step) * latents.select(1, step), Sigma(step));
        }
        Assert.True(generator.Generate(latents, null).allclose(sample, 1e-4, 1e-5));

        Tensor Sigma(int step) => tensor((float)Math.Sqrt((1 - table[times[step]]) / table[times[step]]));
    }

    [Fact]
    public void A_file_of_a_student_of_time_steps_is_the_same_student()
    {
        using var generator = FirstStudent.Open(new StudentSettings { Timesteps = [399] }, 0, TinyTextNetwork.Open, CPU);
        var path = Path.GetTempFileName();
        try
        {
            using (var file = File.Create(path))
            {
                StudentFile.Write(file, generator);
            }
            using var read = StudentFile.Open(path);
            using var latents = ones(1, 4, 8, 8);
            Assert.True(read.Generate(latents, null).equal(generator.Generate(latents, null)).all().item<bool>());
        }
        finally
        {
            File.Delete(path);
        }
    }

    [Theory]
    [InlineData(1000)]
    [InlineData(null)]
    public void A_time_step_that_the_network_does_not_have_is_refused(int? step)
    {
        var error = Assert.Throws<DisBackException>(() => FirstStudent.Open(
            new StudentSettings { Timesteps = [step ?? 399] }, 0, step is null ? TinyNetwork.Open : TinyTextNetwork.Open, CPU));

        Assert.Contains($"time step {step ?? 399}", error.Message, StringComparison.Ordinal);
    }

    [Fact]
    public void Gradients_are_of_the_last_step_alone()
    {
        var (latents, condition) = Inputs();
        using var network = TinyNetwork.Open();
        Tensor before;
        using (no_grad())
        {
            before = _generator.Generate(latents.narrow(1, 0, 2), condition);
        }
        network.forward(before + s_sigmas[2] * latents.select(1, 2), tensor((float)s_sigmas[2]), condition).square().sum().backward();
        _generator.Generate(latents, condition).square().sum().backward();
        Assert.All(network.parameters().Zip(_generator.Network.parameters()), pair =>
            Assert.True(pair.First.grad is { } expected ? pair.Second.grad!.allclose(expected, 1e-4, 1e-6) : pair.Second.grad is null));
    }

    [Fact]
    public void A_draw_is_for_a_random_number_of_its_steps_each_equally_often()
    {
        var draws = new SeededDraws(new RandomStreams(1), "test", _generator, IConditionSource.OfClasses(3), CPU);
        var steps = Enumerable.Range(0, 600).Select(step => (int)draws.At(step, new LogNormalNoise(), 2).Latents.shape[1]).ToList();
        Assert.Equal(steps, Enumerable.Range(0, 600).Select(step => (int)draws.At(step, new LogNormalNoise(), 2).Latents.shape[1]));
        // Five standard deviations of a third of 600.
        Assert.All(new[] { 1, 2, 3 }, count => Assert.InRange(steps.Count(made => made == count), 142, 258));
    }

    public void Dispose()
    {
        _generator.Dispose();
        _scope.Dispose();
    }

    private static (Tensor Latents, Condition Condition) Inputs()
    {
        using var stream = new RandomStreams(3).For("latents");
        return (randn([4, 3, 1, 8, 8], float32, generator: stream), IConditionSource.OfClasses(3).InTurn(0, 4)!);
    }
}
