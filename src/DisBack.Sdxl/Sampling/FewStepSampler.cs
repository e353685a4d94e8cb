using DisBack.Diffusion;
using DisBack.Sdxl.Configuration;
using static TorchSharp.torch;

namespace DisBack.Sdxl.Sampling;

/// <summary>
/// Sampling with a distilled student in one step or a few: it predicts the clean latents, which get fresh noise for the next time step (Yin et al. 2024, DMD2).
/// The first sample is unit noise, not scaled to the noise level of the first time step: that is how students are trained.
/// </summary>
internal sealed class FewStepSampler
{
    /// <summary>The time step at which DisBack's and DMD2's one-step students are trained, for SDXL.</summary>
    public const int OneStep = 399;

    private readonly NoiseTable _table;

    /// <summary>A sampler with the time steps of a student's training.</summary>
    /// <param name="config">The noise of the student's teacher.</param>
    /// <param name="timesteps">Falling.</param>
    /// <exception cref="DisBackException">The time steps are none, do not fall, or are outside the training.</exception>
    public FewStepSampler(SchedulerConfig config, IReadOnlyList<int> timesteps)
    {
        _table = new NoiseTable(config);
        Timesteps = timesteps;
        var falls = timesteps.Zip(timesteps.Skip(1)).All(pair => pair.First > pair.Second);
        if (timesteps.Count == 0 || timesteps[0] >= _table.Steps || timesteps[^1] < 0 || !falls)
        {
            throw new DisBackException($"The time steps [{string.Join(", ", timesteps)}] of the student must fall from at most {_table.Steps - 1:N0} to at "
                + $"least 0: give those of its training, such as {OneStep} for one step.");
        }
    }

    /// <summary>What the network is told at each step.</summary>
    public IReadOnlyList<int> Timesteps { get; }

    /// <summary>
    /// The usual time steps of a student with a number of steps: for one <see cref="OneStep"/>, else those of DMD2, which are equal strides down from the last
    /// (999, 749, 499, 249 for four). Two are 999 and 499: both are among the four, so that a student of four steps knows them, and LCM chooses them as well.
    /// </summary>
    /// <exception cref="DisBackException">The training had not so many steps.</exception>
    public static IReadOnlyList<int> DefaultTimesteps(int steps, SchedulerConfig config) =>
        steps == 1 ? [OneStep] : [.. TimestepGrid.Of(steps, config with { Spacing = TimestepSpacing.Trailing }).Select(timestep => (int)timestep)];

    /// <summary>Draws latents, float32 of the shape and on the device of <paramref name="noise"/>.</summary>
    /// <param name="noise">Unit normal [B,C,H,W].</param>
    /// <param name="predict">The network.</param>
    /// <param name="freshNoise">Unit normal of the same shape, on any device, asked for between two steps.</param>
    /// <param name="progress">Told after each step how many are done and how many there are.</param>
    /// <param name="cancellation">Looked at before each step.</param>
    public Tensor Sample(
        Tensor noise, NoisePrediction predict, Func<Tensor> freshNoise, Action<int, int>? progress = null, CancellationToken cancellation = default)
    {
        using var untracked = no_grad();
        using var scope = NewDisposeScope();
        var x = noise.to(ScalarType.Float32);
        for (var i = 0; i < Timesteps.Count; i++)
        {
            cancellation.ThrowIfCancellationRequested();
            using var step = NewDisposeScope();
            var clean = _table.Clean(x, predict(x, Timesteps[i]).to(ScalarType.Float32), Timesteps[i]);
            x = i + 1 < Timesteps.Count ? _table.Noised(clean, freshNoise().SentTo(x.device), Timesteps[i + 1]) : clean;
            x.MoveToOuterDisposeScope();
            progress?.Invoke(i + 1, Timesteps.Count);
        }
        return x.MoveToOuterDisposeScope();
    }
}
