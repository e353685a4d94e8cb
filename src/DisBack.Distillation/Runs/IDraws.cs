using DisBack.Specs.Noise;

namespace DisBack.Distillation.Runs;

/// <summary>Where the random numbers of a stage come from.</summary>
internal interface IDraws
{
    /// <summary>The draw of one step: a pure function of (seed, stage, purpose, step), the same on every device.</summary>
    /// <param name="step">The step, from 0.</param>
    /// <param name="law">The distribution of its noise levels.</param>
    /// <param name="batch">Samples.</param>
    /// <param name="purpose">What it is for, where a step draws more than once, for example apart for the generator and for the fake score.</param>
    Draw At(long step, NoiseLaw law, long batch, string? purpose = null);
}
