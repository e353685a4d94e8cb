namespace DisBack.Sdxl.Configuration;

/// <summary>How the time steps of a sampler are spread over those of the training.</summary>
internal enum TimestepSpacing
{
    /// <summary>Multiples of a whole stride from the least noise on, shifted by an offset (SDXL base).</summary>
    Leading,

    /// <summary>Equal strides from the most noise down.</summary>
    Trailing,

    /// <summary>Both ends and equal, mostly fractional, strides between them.</summary>
    Linspace,
}

/// <summary>The noise that a model was trained with and the time steps it is sampled at: <c>scheduler/scheduler_config.json</c> of a model.</summary>
/// <param name="BetaStart">The lowest variance added in a step.</param>
/// <param name="BetaEnd">The highest variance added in a step.</param>
/// <param name="TrainingSteps">How many noise levels there are.</param>
/// <param name="Spacing">How the time steps of a sampler are chosen.</param>
/// <param name="StepsOffset">What is added to time steps with <see cref="TimestepSpacing.Leading"/> spacing.</param>
internal sealed record SchedulerConfig(double BetaStart, double BetaEnd, int TrainingSteps, TimestepSpacing Spacing, int StepsOffset)
{
    private const int MostTrainingSteps = 100_000;

    /// <summary>Reads the settings of a scheduler. Absent ones are those of diffusers' Euler scheduler, which differ from SDXL's.</summary>
    /// <exception cref="DisBackException">A setting is missing, impossible or one that this build does not know.</exception>
    internal static SchedulerConfig Read(ConfigReader reader)
    {
        reader.Only("prediction_type", "epsilon");
        reader.Only("interpolation_type", "linear");
        reader.Only("use_karras_sigmas", false);
        reader.Only("use_exponential_sigmas", false);
        reader.Only("use_beta_sigmas", false);
        reader.Only("rescale_betas_zero_snr", false);
        reader.Only("timestep_type", "discrete");
        reader.Only("final_sigmas_type", "zero");
        // What other samplers of the same model are told; Euler's method has no use for it.
        reader.Ignore(
            "clip_sample", "clip_sample_range", "set_alpha_to_one", "skip_prk_steps", "sample_max_value", "thresholding", "dynamic_thresholding_ratio",
            "variance_type", "original_inference_steps", "timestep_scaling", "algorithm_type", "solver_order", "solver_type", "lower_order_final",
            "euler_at_final", "lambda_min_clipped", "use_lu_lambdas");
        var schedule = reader.Text("beta_schedule", "linear");
        var spacing = reader.Text("timestep_spacing", "linspace");
        var config = new SchedulerConfig(
            reader.Double("beta_start"),
            reader.Double("beta_end"),
            reader.Int("num_train_timesteps", 1000),
            SpacingOf(spacing),
            reader.Int("steps_offset", 0));
        reader.Finish();
        if (schedule != "scaled_linear")
        {
            throw new DisBackException($"'beta_schedule' of the scheduler is \"{schedule}\", and this build knows only \"scaled_linear\": use an SDXL model.");
        }
        return config.IsPossible
            ? config
            : throw new DisBackException("The scheduler's noise must rise from above 0 to below 1 over 2 to 100,000 steps, with an offset within them: get the "
                + "file 'scheduler/scheduler_config.json' again.");
    }

    private bool IsPossible =>
        BetaStart > 0 && BetaStart < BetaEnd && BetaEnd < 1
        && TrainingSteps is > 1 and <= MostTrainingSteps
        && StepsOffset >= 0 && StepsOffset < TrainingSteps;

    private static TimestepSpacing SpacingOf(string name) => name switch
    {
        "leading" => TimestepSpacing.Leading,
        "trailing" => TimestepSpacing.Trailing,
        "linspace" => TimestepSpacing.Linspace,
        _ => throw new DisBackException($"'timestep_spacing' of the scheduler is \"{name}\", and this build knows \"leading\", \"trailing\" and \"linspace\": "
            + "use an SDXL model."),
    };
}
