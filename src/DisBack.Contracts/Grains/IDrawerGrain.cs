using DisBack.Contracts.Documents;

namespace DisBack.Contracts.Grains;

/// <summary>
/// One attempt of a drawing on one accelerator, as its worker's silo is called. Key: <see cref="RunAttempt.ToString"/>. It has no state of its own. Only the
/// drawing calls it.
/// </summary>
[Alias("disback.IDrawerGrain")]
public interface IDrawerGrain : IGrainWithStringKey
{
    /// <summary>Starts to draw. Repeating it is answered with <see cref="StartResult.Started"/> while it draws.</summary>
    [Alias("Start")]
    Task<StartResult> StartAsync(DrawingAssignment assignment);

    /// <summary>Whether an attempt draws here.</summary>
    [Alias("IsRunning")]
    Task<bool> IsRunningAsync(RunAttempt attempt);

    /// <summary>Has an attempt stop before the next evaluation of a network.</summary>
    /// <returns>False where it does not draw.</returns>
    [Alias("Stop")]
    Task<bool> StopAsync(RunAttempt attempt);
}

/// <summary>What a worker is to draw.</summary>
/// <param name="Run">Which attempt of which drawing.</param>
/// <param name="Request">What is drawn.</param>
/// <param name="Model">With what.</param>
/// <param name="Device">Index in the worker's device table.</param>
[GenerateSerializer, Immutable, Alias("disback.DrawingAssignment.v1")]
public sealed record DrawingAssignment(
    [property: Id(0)] RunAttempt Run, [property: Id(1)] DrawingRequest Request, [property: Id(2)] ModelManifest Model, [property: Id(3)] int Device);
