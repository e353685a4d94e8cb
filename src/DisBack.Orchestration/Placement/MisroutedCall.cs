using Orleans.Runtime.Placement;

namespace DisBack.Orchestration.Placement;

/// <summary>
/// A hint is only advice: a call from a silo that does not see the meant one among the living is sent to any worker, whose answer would be that the work is
/// gone, or which would start it on another device than was leased.
/// </summary>
internal static class MisroutedCall
{
    /// <summary>Refuses a call that was meant for another silo.</summary>
    /// <exception cref="InvalidOperationException">It was; the activation has to end.</exception>
    public static void Refuse(Grain called, ILocalSiloDetails silo, Action deactivate)
    {
        if (RequestContext.Get(IPlacementDirector.PlacementHintKey) is not SiloAddress meant || meant.Equals(silo.SiloAddress))
        {
            return;
        }
        deactivate();
        throw new InvalidOperationException($"{called.GetPrimaryKeyString()} was meant to be asked on {meant}, but this is {silo.SiloAddress}.");
    }

    /// <summary>Calls a grain where it was started: without the hint a call that is misplaced would activate one on any worker.</summary>
    /// <param name="worker">The silo; null where it is not known.</param>
    /// <param name="call">The call.</param>
    public static async Task<T> AvoidedAsync<T>(SiloAddress? worker, Func<Task<T>> call)
    {
        try
        {
            if (worker is not null)
            {
                RequestContext.Set(IPlacementDirector.PlacementHintKey, worker);
            }
            return await call();
        }
        finally
        {
            RequestContext.Remove(IPlacementDirector.PlacementHintKey);
        }
    }
}
