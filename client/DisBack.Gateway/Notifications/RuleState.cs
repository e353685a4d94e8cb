using DisBack.Contracts.Documents;

namespace DisBack.Gateway.Notifications;

/// <summary>What is remembered of a rule in the store: who follows it, and what it has told.</summary>
/// <remarks>
/// Of a thing that is not in <see cref="Told"/> all changes up to <see cref="Floor"/> have been told. So things need to be remembered only until the floor has
/// passed their last change, and what is stored is as long as the changes of an hour are many, or of as long as a receiver has been away.
/// </remarks>
internal sealed record RuleState
{
    /// <summary>The gateway that follows the rule; null where none does.</summary>
    public string? Holder { get; set; }

    /// <summary>When the changes begin that may still have to be told; null before the first look, which tells nothing.</summary>
    public DateTimeOffset? Floor { get; set; }

    /// <summary>The last change that was told, or that was not to be told, of each thing that has changed since the floor.</summary>
    public Dictionary<string, ToldChange> Told { get; init; } = new(StringComparer.Ordinal);

    /// <summary>Where each sweep stood when it was looked at; null while the rule is not about sweeps.</summary>
    public Dictionary<string, SweepMark>? Sweeps { get; set; }

    /// <summary>Whether a change was told.</summary>
    public bool HasTold(Change change) => change.Subject == Subject.Sweeps
        ? Sweeps?.GetValueOrDefault(change.Key)?.Number >= change.Number
        // A namesake of what was deleted counts from 1 again, but later.
        : Told.TryGetValue(change.Thing, out var told) && change.Number <= told.Number && change.At <= told.At;

    /// <summary>A change was told, or is not to be told.</summary>
    public void Tell(Change change)
    {
        if (change.Subject == Subject.Sweeps)
        {
            Sweeps![change.Key] = new SweepMark(change.Number, change.Status);
            return;
        }
        var at = Told.TryGetValue(change.Thing, out var told) && told.At > change.At ? told.At : change.At;
        Told[change.Thing] = new ToldChange(change.Number, at);
    }

    /// <summary>Everything before a time has been told.</summary>
    public void Raise(DateTimeOffset floor)
    {
        if (Floor >= floor)
        {
            return;
        }
        Floor = floor;
        foreach (var (thing, _) in Told.Where(told => told.Value.At < floor))
        {
            Told.Remove(thing);
        }
    }
}

/// <summary>The last change of a thing that was told.</summary>
/// <param name="Number">Its number.</param>
/// <param name="At">The latest time of those that were told.</param>
internal sealed record ToldChange(long Number, DateTimeOffset At);

/// <summary>Where a sweep stood.</summary>
/// <param name="Number">How often that has changed while somebody looked.</param>
/// <param name="Status">Where.</param>
internal sealed record SweepMark(long Number, RunStatus Status);
