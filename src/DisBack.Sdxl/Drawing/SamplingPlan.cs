namespace DisBack.Sdxl.Drawing;

/// <summary>How latents are sampled.</summary>
public abstract record SamplingPlan
{
    private SamplingPlan()
    {
    }

    /// <summary>With a distilled student, which predicts the clean latents at each of a few time steps.</summary>
    /// <param name="Timesteps">Falling; those of its training, 399 for the published student of one step.</param>
    public sealed record Student(IReadOnlyList<int> Timesteps) : SamplingPlan;

    /// <summary>With a teacher, by Euler's method on the time steps of the model's scheduler.</summary>
    /// <param name="Steps">Their number.</param>
    /// <param name="Guidance">Scale of classifier-free guidance; 1 is none, and takes half the time.</param>
    public sealed record Teacher(int Steps, double Guidance) : SamplingPlan
    {
        /// <summary>Steps with which SDXL draws well.</summary>
        public const int UsualSteps = 30;
    }
}
