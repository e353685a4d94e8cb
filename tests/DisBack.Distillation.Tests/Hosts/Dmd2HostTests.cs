using DisBack.Distillation.Backtracking;
using DisBack.Specs.Backtracking;
using DisBack.Specs.Recording;
using DisBack.Specs.Training;
using static TorchSharp.torch;

namespace DisBack.Distillation.Tests.Hosts;

/// <summary>Whose turn it is in an iteration of DMD2, where both move in every one of the generator's and where only one does.</summary>
public sealed class Dmd2HostTests
{
    private static readonly Dmd2Settings s_settings = new() { Steps = 6, Batch = 4, FakeUpdatesPerGeneratorUpdate = 3 };

    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public void It_tells_the_losses_of_what_moved(bool exclusive)
    {
        string[] ofCritic = ["loss/discriminator", "loss/fake"];
        string[] ofGenerator = ["loss/generator", "loss/generator_gan"];
        using var nodes = TinyNetwork.Trajectory(new RecordingSettings { Steps = 0 });
        using var run = Open(s_settings with { Exclusive = exclusive }, nodes);

        Assert.Equal(exclusive ? ofGenerator : [.. ofCritic, .. ofGenerator], LossesOfAStep(run));
        Assert.Equal(ofCritic, LossesOfAStep(run));

        static IEnumerable<string> LossesOfAStep(DistributionBacktracking run)
        {
            run.Advance(new RecordingListener());
            return run.ReadMeasurements().Select(point => point.Name).Where(name => name.StartsWith("loss/", StringComparison.Ordinal)).Order();
        }
    }

    /// <summary>Adam without memory moves every weight by the rate.</summary>
    [Theory]
    [InlineData(false, 6)]
    [InlineData(true, 4)]
    public void The_rate_of_the_critic_falls_to_its_own_last_update(bool exclusive, int updates)
    {
        var fake = new OptimizerSettings { LearningRate = 1e-3, Betas = [0, 0], Epsilon = 1e-12, CooldownFraction = 1 };
        using var nodes = TinyNetwork.Trajectory(new RecordingSettings { Steps = 0 });
        using var run = Open(s_settings with { Exclusive = exclusive, Fake = fake }, nodes);
        using var scope = NewDisposeScope();

        var rates = new List<double>();
        while (run.Step < run.Steps)
        {
            var before = Weights().clone();
            run.Advance(new RecordingListener());
            rates.Add((Weights() - before).abs().max().item<float>());
        }

        Assert.Equal(Enumerable.Range(0, updates).Select(update => fake.RateAt(update, updates, update)), rates.Where(rate => rate > 0), Near);

        Tensor Weights() => run.Capture().Tensors.Single(tensor => tensor.Name == "critic.weights").Value;
        static bool Near(double a, double b) => Math.Abs(a - b) < 1e-6;
    }

    private static DistributionBacktracking Open(Dmd2Settings settings, MemoryNodes nodes) => TinyNetwork.Backtracking(settings, nodes, data: AllHosts.Data());
}
