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

    /// <summary>The first moments after one step are the gradients, but for their scale.</summary>
    [Theory]
    [InlineData(true, 0)]
    [InlineData(true, 1)]
    [InlineData(false, 0)]
    [InlineData(false, 1)]
    public void A_batch_in_parts_gives_the_gradients_and_losses_of_the_whole(bool hasDiscriminator, int iteration)
    {
        var weights = hasDiscriminator ? s_settings with { GanR1Weight = 10 } : s_settings with { GeneratorGanWeight = 0, FakeGanWeight = 0 };
        var settings = weights with { Generator = new OptimizerSettings(), Fake = new OptimizerSettings() };
        using var nodes = TinyNetwork.Trajectory(new RecordingSettings { Steps = 3, Batch = 4, Nodes = new EveryInterval { Interval = 1 } });
        using var scope = NewDisposeScope();
        var (whole, parts) = (Stepped(settings), Stepped(settings with { Accumulate = 2 }));

        Assert.Equal(whole.Losses.Select(loss => loss.Name), parts.Losses.Select(loss => loss.Name));
        Assert.All(whole.Losses.Zip(parts.Losses), pair => Assert.Equal(pair.First.Value, pair.Second.Value, 1e-5 * Math.Abs(pair.First.Value)));
        Assert.Equal(iteration == 0 ? 2 : 1, whole.Moments.Count(moment => moment.abs().max().item<float>() > 0));
        foreach (var (expected, actual) in whole.Moments.Zip(parts.Moments))
        {
            Assert.InRange((expected - actual).norm().item<float>(), 0, 1e-4 * expected.norm().item<float>());
        }

        (IReadOnlyList<(string Name, double Value)> Losses, IReadOnlyList<Tensor> Moments) Stepped(Dmd2Settings settings)
        {
            using var run = Open(settings, nodes);
            run.Restore(run.Capture() with { Progress = run.Capture().Progress.Replace("\"Step\":0", $"\"Step\":{iteration}", StringComparison.Ordinal) });
            run.Advance(new RecordingListener());
            var moments = run.Capture().Tensors.Where(tensor => tensor.Name.EndsWith("first_moment", StringComparison.Ordinal));
            return ([.. run.ReadMeasurements().Select(point => (point.Name, point.Value))], [.. moments.Select(tensor => tensor.Value.clone())]);
        }
    }

    private static DistributionBacktracking Open(Dmd2Settings settings, MemoryNodes nodes) => TinyNetwork.Backtracking(settings, nodes, data: AllHosts.Data());
}
