namespace DisBack.Sdxl.Drawing;

/// <summary>What a phase of a drawing takes of memory at its peak.</summary>
/// <param name="Phase">The phase.</param>
/// <param name="Weights">Bytes of the networks that are loaded.</param>
/// <param name="Work">Bytes of everything else on the device that computes: on a CPU of the process itself too.</param>
/// <param name="Host">Bytes of the process where another device computes; 0 on a CPU, where they are counted already.</param>
public readonly record struct PhaseMemory(DrawingPhase Phase, long Weights, long Work, long Host)
{
    /// <summary>Bytes on the device that computes.</summary>
    public long Bytes => Weights + Work;
}
