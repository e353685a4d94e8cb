using Orleans.Concurrency;

namespace DisBack.Contracts.Grains;

/// <summary>
/// Wakes the owners of unfinished runs when nobody else would: after a cold start, after the death of a silo, and after the loss of the
/// reminders. It decides nothing; whoever is woken looks for itself. Key: <see cref="GrainKeys.Supervisor"/>.
/// </summary>
[Alias("disback.IRunSupervisorGrain")]
public interface IRunSupervisorGrain : IGrainWithStringKey
{
    /// <summary>Is there and stays there; every control silo sees to that every second.</summary>
    [Alias("Ensure"), OneWay]
    Task EnsureAsync();
}
