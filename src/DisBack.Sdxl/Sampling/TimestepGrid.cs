using DisBack.Sdxl.Configuration;

namespace DisBack.Sdxl.Sampling;

/// <summary>The time steps of a sampler with a number of steps, from the most noise to the least, as diffusers chooses them.</summary>
internal static class TimestepGrid
{
    /// <summary>The time steps.</summary>
    /// <param name="count">How many.</param>
    /// <param name="config">Which spacing.</param>
    /// <exception cref="DisBackException">There are not so many time steps.</exception>
    public static IReadOnlyList<double> Of(int count, SchedulerConfig config)
    {
        double[] grid = count < 1 || count > config.TrainingSteps ? [] : config.Spacing switch
        {
            TimestepSpacing.Leading => Leading(count, config.TrainingSteps, config.StepsOffset),
            TimestepSpacing.Trailing => [.. Trailing(count, config.TrainingSteps)],
            _ => Linspace(count, config.TrainingSteps),
        };
        return grid.Length > 0 && grid[0] < config.TrainingSteps
            ? grid
            : throw new DisBackException($"{count:N0} steps cannot be chosen out of the {config.TrainingSteps:N0} of the training: ask for 1 to "
                + $"{config.TrainingSteps - config.StepsOffset:N0}.");
    }

    /// <summary>Equal strides down from the last time step, rounded: 4 of 1,000 are 999, 749, 499, 249.</summary>
    public static IEnumerable<double> Trailing(int count, int trainingSteps) =>
        Enumerable.Range(0, count).Select(i => Math.Round(trainingSteps - i * (double)trainingSteps / count) - 1);

    private static double[] Leading(int count, int trainingSteps, int offset) =>
        [.. Enumerable.Range(0, count).Select(i => (double)((count - 1 - i) * (trainingSteps / count) + offset))];

    private static double[] Linspace(int count, int trainingSteps) =>
        [.. Enumerable.Range(0, count).Select(i => count == 1 ? 0 : (count - 1 - i) * (trainingSteps - 1.0) / (count - 1))];
}
