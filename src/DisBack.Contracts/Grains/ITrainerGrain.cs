namespace DisBack.Contracts.Grains;

/// <summary>
/// One attempt on one accelerator. Key: <see cref="RunAttempt.ToString"/>. It has no state of its own: only <see cref="StartAsync"/> brings it
/// to life, and an activation that was not started answers that it does not run. Only the owner calls it.
/// </summary>
[Alias("disback.ITrainerGrain")]
public interface ITrainerGrain : IGrainWithStringKey
{
    /// <summary>Starts training. Repeating it is answered with <see cref="StartResult.Started"/> while it runs.</summary>
    [Alias("Start")]
    Task<StartResult> StartAsync(TrainingAssignment assignment);

    /// <summary>Whether the attempt runs here.</summary>
    [Alias("IsRunning")]
    Task<bool> IsRunningAsync();

    /// <summary>Asks the run to stop at the next step boundary; the outcome reaches the owner as a failure with cause Stopped.</summary>
    /// <returns>False where it does not run.</returns>
    [Alias("Stop")]
    Task<bool> StopAsync(StopMode mode);
}

/// <summary>Whether an attempt was taken on.</summary>
[GenerateSerializer, Alias("disback.StartResult.v1")]
public enum StartResult
{
    /// <summary>It trains.</summary>
    Started,

    /// <summary>This worker has no free slot on that device, or is shutting down.</summary>
    NoSlot,
}

/// <summary>How a run stops.</summary>
[GenerateSerializer, Alias("disback.StopMode.v1")]
public enum StopMode
{
    /// <summary>At the step boundary, after its checkpoint was committed.</summary>
    AfterCheckpoint,

    /// <summary>At the step boundary, without one.</summary>
    Now,
}
