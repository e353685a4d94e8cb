using DisBack.Distillation.Generators;
using DisBack.Distillation.Optimization;
using DisBack.Specs.Training;
using static TorchSharp.torch;

namespace DisBack.Distillation.Tests.Generators;

public sealed class TrainedGeneratorTests
{
    /// <summary>With a ramp the half-life grows with the images so far, so the average of later updates forgets less.</summary>
    [Fact]
    public void The_average_ramps_with_all_images_so_far_and_not_with_the_batch()
    {
        const long batch = 8;
        using var scope = NewDisposeScope();
        var ema = new EmaSettings { HalfLifeImages = 1000, RampUp = 0.5 };
        using var student = new DenoiserGenerator(TinyNetwork.Open(), 2.5);
        using var trained = new TrainedGenerator(student, new OptimizerSettings { LearningRate = 1e-2 }, ema, 4, new StateHold());
        var expected = Weights();
        for (var update = 1; update <= 4; update++)
        {
            trained.Descend(student.Generate(ones(batch, 1, 8, 8), null).square().sum(), iteration: 0, batch);
            expected = Weights() + (expected - Weights()) * ema.DecayAt(batch, update * batch);
        }

        Assert.NotEqual(ema.DecayAt(batch, batch), ema.DecayAt(batch, 4 * batch));
        Assert.True(trained.Average.Weights[0].allclose(expected, rtol: 1e-4, atol: 1e-6));

        Tensor Weights() => cat([.. student.Network.parameters().Select(parameter => parameter.detach().reshape(-1))]).clone();
    }
}
