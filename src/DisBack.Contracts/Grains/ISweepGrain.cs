using System.Collections.Immutable;
using DisBack.Contracts.Documents;
using Orleans.Concurrency;

namespace DisBack.Contracts.Grains;

/// <summary>One submission of a spec and the trials it stands for. Key: <see cref="GrainKeys.Sweep"/>.</summary>
[Alias("disback.ISweepGrain")]
public interface ISweepGrain : IGrainWithStringKey
{
    /// <summary>Makes the sweep known and submits its trials. Repeating it has them advanced again and changes nothing else.</summary>
    [Alias("Submit")]
    Task<SweepDocument> SubmitAsync(SweepSubmission submission);

    /// <summary>The document as it is now, summaries included.</summary>
    [Alias("Get")]
    Task<SweepDocument> GetAsync();

    /// <summary>A page of summaries in order of the ordinals.</summary>
    [Alias("List")]
    Task<SummaryPage> ListAsync(int firstOrdinal, int count);

    /// <summary>
    /// Adds trials, axes and values to a search, also to one that has settled (<see cref="SweepAmendment"/>). Trials that are proposed from now on follow the
    /// new spec; those there are keep their points. Repeating it changes nothing.
    /// </summary>
    /// <returns>Not applied, with the reason, if the spec does more than add, and of a search that was cancelled or is none.</returns>
    [Alias("Amend")]
    Task<CommandReply> AmendAsync(SweepSubmission submission);

    /// <summary>Pauses every trial, and begins no other until it is resumed.</summary>
    [Alias("Pause")]
    Task PauseAsync();

    /// <summary>Resumes every trial.</summary>
    [Alias("Resume")]
    Task ResumeAsync();

    /// <summary>Cancels every trial.</summary>
    [Alias("Cancel")]
    Task CancelAsync();

    /// <summary>
    /// Deletes a settled trial (<see cref="IRun.DeleteAsync"/>), and the sweep with it if it is a single run: the same spec is a new submission then. Of a
    /// search the trial's point stays.
    /// </summary>
    [Alias("Delete")]
    Task<CommandReply> DeleteAsync(string trial);

    /// <summary>Deletes a search whose trials have all settled, with its trials: the same spec is a new submission then.</summary>
    [Alias("DeleteSweep")]
    Task<CommandReply> DeleteSweepAsync();

    /// <summary>A trial has come further.</summary>
    [Alias("Summarize"), OneWay]
    Task SummarizeAsync(TrialSummary summary);

    /// <summary>An answer that it is awake and sees to its trials.</summary>
    [Alias("Wake")]
    Task WakeAsync();
}

/// <summary>What a sweep is made of.</summary>
/// <param name="Name">Name for people.</param>
/// <param name="Spec">The spec as canonical JSON.</param>
/// <param name="Teacher">The teacher's weights, already in the content store; null where <see cref="Teachers"/> has them.</param>
[GenerateSerializer, Immutable, Alias("disback.SweepSubmission.v1")]
public sealed record SweepSubmission([property: Id(0)] string Name, [property: Id(1)] string Spec, [property: Id(2)] ContentRef? Teacher)
{
    /// <inheritdoc cref="SweepDocument.Contents"/>
    [Id(3)] public ImmutableArray<StoredValue> Contents { get; init; } = [];

    /// <inheritdoc cref="SweepDocument.Teachers"/>
    [Id(4)] public ImmutableSortedDictionary<string, ContentRef> Teachers { get; init; } = ImmutableSortedDictionary<string, ContentRef>.Empty;
}

/// <summary>A page of trial summaries.</summary>
/// <param name="Trials">The summaries.</param>
/// <param name="Next">First ordinal of the next page; null after the last.</param>
[GenerateSerializer, Immutable, Alias("disback.SummaryPage.v1")]
public sealed record SummaryPage([property: Id(0)] ImmutableArray<TrialSummary> Trials, [property: Id(1)] int? Next);
