using DisBack.Diffusion;
using DisBack.Diffusion.Conditions;
using DisBack.Diffusion.Networks;
using DisBack.Diffusion.Randomness;
using DisBack.Distillation.Generators;
using DisBack.Distillation.Optimization;
using DisBack.Specs.Training;
using static TorchSharp.torch;

namespace DisBack.Distillation.Runs;

/// <summary>What both stages are made from: the teacher, the untrained student, and everything random.</summary>
/// <param name="OpenTeacher">
/// Makes a network with the teacher's weights, on the device; the caller disposes it. Called once for every copy that is needed.
/// </param>
/// <param name="OpenStudent">Makes the generator with its first weights, the same for both stages, on the device; the caller disposes it.</param>
/// <param name="Streams">The randomness of the stage.</param>
/// <param name="Device">Where to compute.</param>
public sealed record StageInputs(Func<Denoiser> OpenTeacher, Func<IGenerator> OpenStudent, RandomStreams Streams, Device Device)
{
    /// <summary>How exactly the networks compute that this makes.</summary>
    public Precision Precision { get; init; }

    /// <summary>
    /// Where the conditions of generated samples come from; null draws the classes of the teacher's network, if it has any. One that is disposable is disposed
    /// of by the run that is made of these inputs.
    /// </summary>
    public IConditionSource? Conditions { get; init; }

    /// <summary>The workers that train the stage together: one of them evaluates. This one alone unless set.</summary>
    public IWorkerGroup Workers { get; init; } = SingleWorker.Instance;

    /// <summary>Draws given from outside instead of those of the streams.</summary>
    internal IDraws? Draws { get; init; }

    /// <summary>The conditions for a teacher.</summary>
    internal IConditionSource ConditionsFor(Denoiser teacher) => Conditions ?? IConditionSource.OfClasses(teacher.Settings.Classes);

    /// <summary>Waits until the calling thread may issue what is computed as exactly as the stage asks; ends when it is disposed, on the same thread.</summary>
    internal IDisposable? TakeTurn() => CudaTurns.Take(Device, Precision == Precision.Tf32);

    /// <summary>The draws of a stage.</summary>
    internal IDraws DrawsFor(string stage, Denoiser teacher, IGenerator generator) =>
        Draws ?? new SeededDraws(Streams, stage, generator, ConditionsFor(teacher), Device);
}
