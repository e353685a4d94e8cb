using DisBack.Specs.Training;

namespace DisBack.Distillation.Tests.Optimization;

/// <summary>Learning rates and averages over a run.</summary>
public sealed class ScheduleTests
{
    [Fact]
    public void The_rate_rises_linearly_stays_and_falls_to_nothing_along_a_cosine()
    {
        var settings = new OptimizerSettings { LearningRate = 1, RampSteps = 10, CooldownFraction = 0.5 };
        Assert.Equal(0.1, settings.RateAt(0, 100, 0), 1e-12);
        Assert.Equal(1, settings.RateAt(9, 100, 9), 1e-12);
        Assert.Equal(1, settings.RateAt(50, 100, 50), 1e-12);
        Assert.Equal(0.5, settings.RateAt(75, 100, 75), 1e-12);
        Assert.InRange(settings.RateAt(99, 100, 99), 1e-12, 1e-3);
        Assert.All(Enumerable.Range(50, 49), step => Assert.True(settings.RateAt(step + 1, 100, step + 1) < settings.RateAt(step, 100, step)));
    }

    [Fact]
    public void Without_ramp_and_cooldown_the_rate_is_constant() =>
        Assert.All(Enumerable.Range(0, 100), step => Assert.Equal(1e-4, new OptimizerSettings().RateAt(step, 100, step)));

    [Theory]
    [InlineData(10_000, null, 100, 1_000_000, 0.993092495437035)] // 0.5^(100/10000)
    [InlineData(10_000, 0.05, 100, 2_000, 0.5)] // half-life 5 % of 2,000 images = one batch
    public void An_old_weight_counts_half_after_the_half_life(double halfLife, double? rampUp, long batch, long images, double expected) =>
        Assert.Equal(expected, new EmaSettings { HalfLifeImages = halfLife, RampUp = rampUp }.DecayAt(batch, images), 1e-12);

    [Fact]
    public void A_warm_up_counts_the_iterations_of_the_stage_and_begins_at_nothing()
    {
        var settings = new OptimizerSettings { LearningRate = 1, WarmupIterations = 4 };

        // The first update, in the third iteration.
        Assert.Equal(0.5, settings.RateAt(0, 100, 2), 1e-12);
        Assert.Equal(0, settings.RateAt(0, 100, 0));
        Assert.Equal(1, settings.RateAt(1, 100, 4));
        Assert.Equal(1, settings.RateAt(2, 100, 50));
    }
}
