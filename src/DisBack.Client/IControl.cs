using DisBack.Contracts.Documents;
using DisBack.Contracts.Grains;
using DisBack.Specs.Experiments;

namespace DisBack.Client;

/// <summary>What is asked of an installation: submit, command, watch. Every call may be repeated: asking for the same thing again changes nothing.</summary>
public interface IControl
{
    /// <summary>Submits an experiment. The same spec is the same run: submitting it again sees to it that it advances.</summary>
    /// <param name="spec">The experiment.</param>
    /// <param name="teacher">The teacher's weights, already in the content store.</param>
    /// <param name="cancellation">Gives up waiting for the answer.</param>
    /// <returns>The id of its trial.</returns>
    /// <exception cref="DisBackException">The run was begun with other weights under the same teacher's name.</exception>
    Task<string> SubmitAsync(ExperimentSpec spec, ContentRef teacher, CancellationToken cancellation = default);

    /// <summary>Submits a search. The same spec is the same sweep: submitting it again sees to it that it advances.</summary>
    /// <returns>The id of the sweep.</returns>
    /// <exception cref="DisBackException">The sweep was begun with other weights or files under the same names.</exception>
    Task<string> SubmitSweepAsync(SweepSubmission submission, CancellationToken cancellation = default);

    /// <summary>Adds trials, axes and values to a search (<see cref="SweepAmendment"/>); one that has settled goes on.</summary>
    /// <param name="id">The id of the sweep.</param>
    /// <param name="submission">The whole spec as it is to be from now on, and what it names that the sweep has not.</param>
    /// <param name="cancellation">Gives up waiting for the answer.</param>
    /// <exception cref="DisBackException">The spec does more than add, the sweep was cancelled, or there is none.</exception>
    Task<CommandReply> AmendSweepAsync(string id, SweepSubmission submission, CancellationToken cancellation = default);

    /// <summary>Has all trials of a search paused, resumed or cancelled, those that have not begun among them.</summary>
    /// <param name="id">The id of the sweep.</param>
    /// <param name="intent">What is wanted of them.</param>
    /// <param name="cancellation">Gives up waiting for the answer.</param>
    Task SteerSweepAsync(string id, RunIntent intent, CancellationToken cancellation = default);

    /// <summary>Deletes a search whose trials have all settled, with its trials; contents stay.</summary>
    /// <exception cref="DisBackException">It has not settled, or there is no such sweep.</exception>
    Task<CommandReply> DeleteSweepAsync(string id, CancellationToken cancellation = default);

    /// <summary>Registers weights that are in the content store as a teacher.</summary>
    /// <exception cref="DisBackException">The name is taken by other weights.</exception>
    Task<TeacherDocument> RegisterTeacherAsync(string name, TeacherRegistration registration, CancellationToken cancellation = default);

    /// <summary>Registers nodes that are in the content store as a trajectory; experiments name it with <c>recording.from</c>.</summary>
    /// <exception cref="DisBackException">There is no node beside the teacher.</exception>
    Task<TrajectoryDocument> RegisterTrajectoryAsync(TrajectoryRegistration registration, CancellationToken cancellation = default);

    /// <summary>Trains a teacher.</summary>
    /// <exception cref="DisBackException">The name is taken by another teacher.</exception>
    Task<TeacherDocument> TrainTeacherAsync(TeacherSpec spec, CancellationToken cancellation = default);

    /// <summary>Stops a run after a checkpoint and keeps everything.</summary>
    Task<CommandReply> PauseAsync(RunId run, CancellationToken cancellation = default);

    /// <summary>Goes on with a run after a pause or, with a fresh count of failures, after a failure.</summary>
    Task<CommandReply> ResumeAsync(RunId run, CancellationToken cancellation = default);

    /// <summary>Stops a run for good; what was committed stays.</summary>
    Task<CommandReply> CancelAsync(RunId run, CancellationToken cancellation = default);

    /// <summary>Deletes a settled run and what belongs to it alone, so that its name is free again; contents stay.</summary>
    /// <exception cref="DisBackException">It has not settled, or there is no such run.</exception>
    Task<CommandReply> DeleteAsync(RunId run, CancellationToken cancellation = default);

    /// <summary>Has a complete run make again what it has lost; the bytes are the same, or the run fails.</summary>
    /// <param name="run">The run.</param>
    /// <param name="lost">Digests of contents that are missing or damaged.</param>
    /// <param name="cancellation">Gives up waiting for the answer.</param>
    Task<CommandReply> RepairAsync(RunId run, IReadOnlyList<string> lost, CancellationToken cancellation = default);

    /// <summary>Adds tags to the run of a trial and removes others.</summary>
    /// <exception cref="DisBackException">A tag to be added does not have the form of one.</exception>
    /// <exception cref="NotFoundException">There is no such trial.</exception>
    Task<TrialDocument> TagAsync(string trial, IReadOnlyList<string> add, IReadOnlyList<string> remove, CancellationToken cancellation = default);

    /// <summary>What a run does or waits for now, one sentence each.</summary>
    Task<IReadOnlyList<string>> WhyAsync(RunId run, CancellationToken cancellation = default);

    /// <summary>
    /// Events after a sequence number, with the run's progress, until the run settles, or until the process has ended that alone could host it; goes on by
    /// itself after an interruption.
    /// </summary>
    /// <exception cref="ClusterUnavailableException">Nobody has answered within the time-out of this implementation.</exception>
    IAsyncEnumerable<RunUpdate> WatchAsync(RunId run, long afterSequence = 0, CancellationToken cancellationToken = default);

    /// <summary>Registers a model of pictures whose files are in the content store (<see cref="ModelUpload"/>).</summary>
    /// <exception cref="DisBackException">The name has another form or is taken by other files, or the manifest is refused.</exception>
    Task<ModelDocument> RegisterModelAsync(string name, ModelManifest manifest, CancellationToken cancellation = default);

    /// <summary>Makes the name of a model free. Drawings that were submitted before are drawn all the same; contents stay.</summary>
    /// <exception cref="NotFoundException">There is no such model.</exception>
    Task DeleteModelAsync(string name, CancellationToken cancellation = default);

    /// <summary>Has pictures of prompts drawn with a registered model.</summary>
    /// <param name="request">What is drawn.</param>
    /// <param name="id">The id that it is to have, <see cref="GrainKeys.NewDrawing"/>: submitting under it again changes nothing.</param>
    /// <param name="cancellation">Gives up waiting for the answer.</param>
    /// <returns>The drawing; <see cref="Drawings.FollowAsync"/> tells what comes of it.</returns>
    /// <exception cref="NotFoundException">There is no such model.</exception>
    /// <exception cref="DisBackException">The request is refused.</exception>
    Task<DrawingView> DrawAsync(DrawingRequest request, string id, CancellationToken cancellation = default);

    /// <summary>A drawing as it is now.</summary>
    /// <exception cref="NotFoundException">There is none of that id, or no more.</exception>
    Task<DrawingView> DrawingAsync(string id, CancellationToken cancellation = default);

    /// <summary>Ends a drawing, unless it has settled; what was drawn before stays.</summary>
    /// <exception cref="NotFoundException">There is none of that id, or no more.</exception>
    Task<DrawingView> CancelDrawingAsync(string id, CancellationToken cancellation = default);

    /// <summary>Workers, leases and queue as they are now.</summary>
    Task<PoolView> PoolAsync(CancellationToken cancellation = default);
}
