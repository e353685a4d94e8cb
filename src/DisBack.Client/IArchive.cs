using DisBack.Client.Curves;
using DisBack.Contracts.Documents;
using DisBack.Contracts.Grains;
using DisBack.Storage.Content;
using DisBack.Storage.Metrics;

namespace DisBack.Client;

/// <summary>What an installation holds, read without waking a grain: a data folder on this machine, or a cluster behind its gateway.</summary>
public interface IArchive
{
    /// <summary>Where it is, for messages: a folder or an address.</summary>
    string Location { get; }

    /// <summary>Checkpoints, nodes, teachers and pictures by their digest.</summary>
    ContentStore Content { get; }

    /// <summary>The runs that a filter lets through, newest first.</summary>
    Task<IReadOnlyList<RunSummary>> RunsAsync(RunFilter? filter = null, CancellationToken cancellation = default);

    /// <summary>Every trajectory, newest first.</summary>
    Task<IReadOnlyList<TrajectoryDocument>> TrajectoriesAsync(CancellationToken cancellation = default);

    /// <summary>Every teacher, by name.</summary>
    Task<IReadOnlyList<TeacherDocument>> TeachersAsync(CancellationToken cancellation = default);

    /// <summary>Every search, newest first.</summary>
    Task<IReadOnlyList<SweepDocument>> SweepsAsync(CancellationToken cancellation = default);

    /// <summary>The trials of a search so far, by their ordinals.</summary>
    /// <param name="id">The id of the sweep.</param>
    /// <param name="cancellation">Stops the reading.</param>
    Task<IReadOnlyList<SweepTrial>> SweepTrialsAsync(string id, CancellationToken cancellation = default);

    /// <summary>The search of an id as it was last written; null if there is none.</summary>
    Task<SweepDocument?> SweepAsync(string id, CancellationToken cancellation = default);

    /// <summary>
    /// The documents that the list of a kind leaves out because they cannot be read: one sentence each, with what is wrong and what to do.
    /// </summary>
    Task<IReadOnlyList<string>> DamagedAsync(RunKind kind, CancellationToken cancellation = default);

    /// <summary>The trial of an id as it was last written; null if there is none.</summary>
    Task<TrialDocument?> TrialAsync(string id, CancellationToken cancellation = default);

    /// <summary>The trajectory of a key as it was last written; null if there is none.</summary>
    Task<TrajectoryDocument?> TrajectoryAsync(string key, CancellationToken cancellation = default);

    /// <summary>The teacher of a name as it was last written; null if there is none.</summary>
    Task<TeacherDocument?> TeacherAsync(string name, CancellationToken cancellation = default);

    /// <summary>Every registered model of pictures, by name.</summary>
    Task<IReadOnlyList<ModelDocument>> ModelsAsync(CancellationToken cancellation = default);

    /// <summary>The model of pictures of a name as it was last written; null if there is none.</summary>
    Task<ModelDocument?> ModelAsync(string name, CancellationToken cancellation = default);

    /// <summary>The documents that the list of models leaves out because they cannot be read: one sentence each, with what is wrong and what to do.</summary>
    Task<IReadOnlyList<string>> DamagedModelsAsync(CancellationToken cancellation = default);

    /// <summary>
    /// Every drawing that is kept, newest first, as it was last written: what the worker of one does now, <see cref="IControl.DrawingAsync"/> tells.
    /// </summary>
    Task<IReadOnlyList<DrawingView>> DrawingsAsync(CancellationToken cancellation = default);

    /// <summary>The documents that the list of drawings leaves out because they cannot be read: one sentence each.</summary>
    Task<IReadOnlyList<string>> DamagedDrawingsAsync(CancellationToken cancellation = default);

    /// <summary>The trial that an id, a name or a unique beginning means.</summary>
    /// <exception cref="NotFoundException">It means none, or several.</exception>
    Task<TrialDocument> FindTrialAsync(string text, CancellationToken cancellation = default);

    /// <summary>The trajectory that an id, the name or id of a run that walks it, or a unique beginning of one means.</summary>
    /// <exception cref="NotFoundException">It means none, or several.</exception>
    Task<TrajectoryDocument> FindTrajectoryAsync(string text, CancellationToken cancellation = default);

    /// <summary>The teacher that a name, a digest of weights or a unique beginning means.</summary>
    /// <exception cref="NotFoundException">It means none, or several.</exception>
    Task<TeacherDocument> FindTeacherAsync(string text, CancellationToken cancellation = default);

    /// <summary>Losses and figures of a run over steps; empty if it measured nothing.</summary>
    Task<MetricHistory> MetricsAsync(RunId run, CancellationToken cancellation = default);

    /// <summary>A part of what the workers of a run tell of its attempts; empty if none has begun.</summary>
    /// <exception cref="DisBackException">The question asks for more lines than a page has.</exception>
    Task<LogPage> LogsAsync(RunId run, LogQuery query, CancellationToken cancellation = default);

    /// <summary>Curves of many runs at once, thinned for a chart.</summary>
    /// <exception cref="DisBackException">The question asks for too much, or for places that a run does not know.</exception>
    /// <exception cref="NotFoundException">A run means none, or several.</exception>
    Task<CurveSet> CurvesAsync(CurveQuery query, CancellationToken cancellation = default);
}
