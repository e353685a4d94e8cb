using System.Collections.Immutable;
using DisBack.Contracts.Documents;
using Orleans.Concurrency;

namespace DisBack.Contracts.Grains;

/// <summary>One student: the state machine of its run. Key: <see cref="GrainKeys.Trial"/>.</summary>
[Alias("disback.ITrialGrain")]
public interface ITrialGrain : IRun, IRunOwner
{
    /// <summary>
    /// Makes the trial known and advances its run. Repeating it has the run advanced again and changes nothing else; a paused or settled trial stays so.
    /// </summary>
    [Alias("Submit")]
    Task<TrialDocument> SubmitAsync(TrialSubmission submission);

    /// <summary>The document as it is now.</summary>
    [Alias("Get")]
    Task<TrialDocument> GetAsync();

    /// <summary>What its sweep knows of it; null where there is no such trial.</summary>
    [Alias("Summary")]
    Task<TrialSummary?> SummaryAsync();

    /// <summary>Adds and removes tags (<see cref="TrialDocument.Tags"/>); repeating it changes nothing.</summary>
    /// <returns>The document; it has no id where there is no such trial.</returns>
    [Alias("Tag")]
    Task<TrialDocument> TagAsync(ImmutableArray<string> add, ImmutableArray<string> remove);

    /// <summary>Stage 1 has come further: shown to watchers of a trial that waits for it.</summary>
    [Alias("TrajectoryProgress"), OneWay]
    Task TrajectoryProgressAsync(TrainingSnapshot snapshot);
}

/// <summary>What a trial is made of.</summary>
/// <param name="Name">Name for people.</param>
/// <param name="Spec">The experiment spec as canonical JSON, every choice made.</param>
/// <param name="Teacher">The teacher's weights, already in the content store.</param>
[GenerateSerializer, Immutable, Alias("disback.TrialSubmission.v1")]
public sealed record TrialSubmission([property: Id(0)] string Name, [property: Id(1)] string Spec, [property: Id(2)] ContentRef Teacher);
