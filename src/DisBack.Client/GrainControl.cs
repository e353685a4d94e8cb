using System.Runtime.CompilerServices;
using System.Text.RegularExpressions;
using DisBack.Contracts.Documents;
using DisBack.Contracts.Grains;
using DisBack.Specs.Experiments;
using DisBack.Specs.Reading;

namespace DisBack.Client;

/// <summary>Tells the grains themselves: those of the silo in this process, or of a cluster that this process is a client of.</summary>
/// <param name="grains">The grains.</param>
/// <param name="time">The clock; null is the system's.</param>
/// <param name="patience">How long an answer to a command or a question may take; null is as long as a call of Orleans may.</param>
/// <param name="isHosted">Whether the process still lives that the grains are in; null where another silo takes them over.</param>
public sealed class GrainControl(IGrainFactory grains, TimeProvider? time = null, TimeSpan? patience = null, Func<bool>? isHosted = null) : IControl
{
    /// <summary>A silo that died is replaced within seconds; whoever waits longer gets an error.</summary>
    private static readonly TimeSpan s_retryTimeout = TimeSpan.FromSeconds(20);
    private static readonly TimeSpan s_firstPause = TimeSpan.FromSeconds(0.1);
    private static readonly TimeSpan s_longestPause = TimeSpan.FromSeconds(2);

    /// <summary>An owner says something every second, so one that is silent for so long is not there, or is frozen.</summary>
    private static readonly TimeSpan s_silence = TimeSpan.FromSeconds(7);

    /// <summary>How often a watch looks whether the process still lives that the grains are in: Orleans tells a waiting call nothing of its end.</summary>
    private static readonly TimeSpan s_look = TimeSpan.FromSeconds(1);

    private readonly TimeProvider _time = time ?? TimeProvider.System;

    /// <inheritdoc/>
    public async Task<string> SubmitAsync(ExperimentSpec spec, ContentRef teacher, CancellationToken cancellation = default)
    {
        var canonical = SpecJson.Canonical(spec);
        var sweep = await grains.GetGrain<ISweepGrain>(GrainKeys.Sweep(spec.Name, canonical)).SubmitAsync(new SweepSubmission(spec.Name, canonical, teacher))
            .WaitAsync(cancellation);
        if (sweep.Spec != canonical)
        {
            throw new DisBackException($"{sweep.Id} holds another spec that shares this one's short digest by chance; give the spec another name.");
        }
        if (sweep.Teacher != teacher)
        {
            throw new DisBackException($"{sweep.Id} was begun with the teacher {sweep.Teacher} but '{spec.Teacher}' is now {teacher}; bring the former back, "
                + "or give the spec another name.");
        }
        return GrainKeys.Trial(sweep.Id, 0);
    }

    /// <inheritdoc/>
    public async Task<string> SubmitSweepAsync(SweepSubmission submission, CancellationToken cancellation = default)
    {
        var sweep = await grains.GetGrain<ISweepGrain>(GrainKeys.Sweep(submission.Name, submission.Spec)).SubmitAsync(submission).WaitAsync(cancellation);
        return sweep.Spec != submission.Spec
            ? throw new DisBackException($"{sweep.Id} holds another spec that shares this one's short digest by chance; give the spec another name.")
            : submission.Teachers.Except(sweep.Teachers).Any() || submission.Contents.Except(sweep.Contents).Any()
                ? throw new DisBackException(
                    $"{sweep.Id} was begun with other teachers or files than those that its spec names now; bring them back, or give the spec another name.")
                : sweep.Id;
    }

    /// <inheritdoc/>
    public async Task<CommandReply> AmendSweepAsync(string id, SweepSubmission submission, CancellationToken cancellation = default)
    {
        var reply = await grains.GetGrain<ISweepGrain>(id).AmendAsync(submission).WaitAsync(cancellation);
        return reply.Applied ? reply : throw new DisBackException(reply.Message);
    }

    /// <inheritdoc/>
    public Task SteerSweepAsync(string id, RunIntent intent, CancellationToken cancellation = default)
    {
        var sweep = grains.GetGrain<ISweepGrain>(id);
        return (intent switch
        {
            RunIntent.Pause => sweep.PauseAsync(),
            RunIntent.Cancel => sweep.CancelAsync(),
            _ => sweep.ResumeAsync(),
        }).WaitAsync(cancellation);
    }

    /// <inheritdoc/>
    public async Task<CommandReply> DeleteSweepAsync(string id, CancellationToken cancellation = default)
    {
        var reply = await grains.GetGrain<ISweepGrain>(id).DeleteSweepAsync().WaitAsync(cancellation);
        return reply.Applied ? reply : throw new DisBackException(reply.Message);
    }

    /// <inheritdoc/>
    public async Task<TeacherDocument> RegisterTeacherAsync(string name, TeacherRegistration registration, CancellationToken cancellation = default)
    {
        var teacher = await grains.GetGrain<ITeacherGrain>(name).RegisterAsync(registration).WaitAsync(cancellation);
        return teacher.Weights == registration.Weights ? teacher : throw Taken(name, teacher);
    }

    /// <inheritdoc/>
    public Task<TrajectoryDocument> RegisterTrajectoryAsync(TrajectoryRegistration registration, CancellationToken cancellation = default)
    {
        if (registration.Nodes is not { IsDefault: false, Length: > 1 } nodes
            || !nodes.Select(node => node.Index).SequenceEqual(Enumerable.Range(0, nodes.Length)))
        {
            throw new DisBackException("A trajectory is the teacher and at least one node after it, numbered from 0 in the order of degradation.");
        }
        var key = GrainKeys.ImportedTrajectory(nodes.Select(node => node.Content.Digest));
        return grains.GetGrain<ITrajectoryGrain>(key).RegisterAsync(registration).WaitAsync(cancellation);
    }

    /// <inheritdoc/>
    public async Task<TeacherDocument> TrainTeacherAsync(TeacherSpec spec, CancellationToken cancellation = default)
    {
        var canonical = SpecJson.Canonical(spec);
        var teacher = await grains.GetGrain<ITeacherGrain>(spec.Name).TrainAsync(canonical).WaitAsync(cancellation);
        return teacher.Spec == canonical ? teacher : throw Taken(spec.Name, teacher);
    }

    /// <inheritdoc/>
    public Task<CommandReply> PauseAsync(RunId run, CancellationToken cancellation = default) => AnswerAsync(Grain(run).PauseAsync(), cancellation);

    /// <inheritdoc/>
    public Task<CommandReply> ResumeAsync(RunId run, CancellationToken cancellation = default) => AnswerAsync(Grain(run).ResumeAsync(), cancellation);

    /// <inheritdoc/>
    public Task<CommandReply> CancelAsync(RunId run, CancellationToken cancellation = default) => AnswerAsync(Grain(run).CancelAsync(), cancellation);

    /// <inheritdoc/>
    public async Task<CommandReply> DeleteAsync(RunId run, CancellationToken cancellation = default)
    {
        // The sweep of a trial goes with its last trial.
        var deletion = run.Kind == RunKind.Backtracking
            ? grains.GetGrain<ISweepGrain>(GrainKeys.SweepOf(run.Owner)).DeleteAsync(run.Owner)
            : Grain(run).DeleteAsync();
        var reply = await AnswerAsync(deletion, cancellation);
        return reply.Applied ? reply : throw new DisBackException(reply.Message);
    }

    /// <inheritdoc/>
    public Task<CommandReply> RepairAsync(RunId run, IReadOnlyList<string> lost, CancellationToken cancellation = default) =>
        AnswerAsync(Grain(run).RepairAsync([.. lost]), cancellation);

    /// <inheritdoc/>
    public async Task<TrialDocument> TagAsync(
        string trial, IReadOnlyList<string> add, IReadOnlyList<string> remove, CancellationToken cancellation = default)
    {
        if (add.FirstOrDefault(tag => !Regex.IsMatch(tag, SpecName.Pattern)) is { } other)
        {
            throw new DisBackException($"'{other}' is no tag; expected {SpecName.Expected}.");
        }
        var document = await AnswerAsync(grains.GetGrain<ITrialGrain>(trial).TagAsync([.. add], [.. remove]), cancellation);
        return document.Id.Length > 0 ? document : throw new NotFoundException($"There is no run {trial}; the command 'list' shows what there is.");
    }

    /// <inheritdoc/>
    public async Task<IReadOnlyList<string>> WhyAsync(RunId run, CancellationToken cancellation = default) =>
        await AnswerAsync(Grain(run).WhyAsync(), cancellation);

    /// <inheritdoc/>
    public async Task<ModelDocument> RegisterModelAsync(string name, ModelManifest manifest, CancellationToken cancellation = default)
    {
        if (!Regex.IsMatch(name, SpecName.Pattern))
        {
            throw new DisBackException($"'{name}' is no name of a model; expected {SpecName.Expected}.");
        }
        manifest.Check();
        var model = await AnswerAsync(grains.GetGrain<IModelGrain>(name).RegisterAsync(manifest), cancellation);
        return model.Manifest.Digest() == manifest.Digest() ? model : throw new DisBackException(
            $"The name '{name}' is taken by a model with other files; delete that one with 'disback model delete {name}', or choose another name.");
    }

    /// <inheritdoc/>
    public async Task DeleteModelAsync(string name, CancellationToken cancellation = default)
    {
        if (!await AnswerAsync(grains.GetGrain<IModelGrain>(name).DeleteAsync(), cancellation))
        {
            throw NoModel(name);
        }
    }

    /// <inheritdoc/>
    public async Task<DrawingView> DrawAsync(DrawingRequest request, string id, CancellationToken cancellation = default)
    {
        request.Check();
        if (!GrainKeys.IsDrawing(id))
        {
            throw new DisBackException($"'{id}' is no id of a drawing; give 32 lower-case hexadecimal digits, or none.");
        }
        var model = Regex.IsMatch(request.Model, SpecName.Pattern)
            ? await AnswerAsync(grains.GetGrain<IModelGrain>(request.Model).GetAsync(), cancellation)
            : null;
        return await AnswerAsync(
            grains.GetGrain<IDrawingGrain>(id).SubmitAsync(request, (model ?? throw NoModel(request.Model)).Manifest), cancellation);
    }

    /// <inheritdoc/>
    public async Task<DrawingView> DrawingAsync(string id, CancellationToken cancellation = default) =>
        await AnswerAsync(Drawing(id).GetAsync(), cancellation) ?? throw Drawings.Unknown(id);

    /// <inheritdoc/>
    public async Task<DrawingView> CancelDrawingAsync(string id, CancellationToken cancellation = default) =>
        await AnswerAsync(Drawing(id).CancelAsync(), cancellation) ?? throw Drawings.Unknown(id);

    /// <inheritdoc/>
    public Task<PoolView> PoolAsync(CancellationToken cancellation = default) =>
        AnswerAsync(grains.GetGrain<IAcceleratorPoolGrain>(GrainKeys.Pool).GetAsync(), cancellation);

    /// <inheritdoc/>
    /// <remarks>An owner that says nothing is asked again without end, for a process that is frozen goes on when it thaws.</remarks>
    public IAsyncEnumerable<RunUpdate> WatchAsync(RunId run, long afterSequence = 0, CancellationToken cancellationToken = default) =>
        HearAsync(run, afterSequence, cancellationToken);

    /// <summary>
    /// Whether a failed call to a grain says that the silos could not serve it now: nobody was there, or no silo of the role that is needed, or the
    /// grain was moved or could not write its state.
    /// </summary>
    public static bool IsInterruption(Exception failure) =>
        failure is OrleansException or EnumerationAbortedException or Orleans.Runtime.Messaging.ConnectionFailedException
            or TimeoutException or ObjectDisposedException;

    /// <summary>What the owner says; between two things that it says an item that it is not heard, if that takes too long.</summary>
    private async IAsyncEnumerable<RunUpdate> HearAsync(RunId run, long afterSequence, [EnumeratorCancellation] CancellationToken cancellationToken)
    {
        var firstFailure = 0L;
        var latest = new RunUpdate { Sequence = afterSequence, Status = RunStatus.Pending };
        using var ending = CancellationTokenSource.CreateLinkedTokenSource(cancellationToken);
        var updates = LastingWatch
            .FollowAsync(
                (after, stop) => Grain(run).WatchAsync(after, stop),
                afterSequence,
                IsRetried,
                s_firstPause,
                s_longestPause,
                s_silence,
                _time,
                ending.Token)
            .GetAsyncEnumerator(ending.Token);
        Task<bool>? next = null;
        try
        {
            while (true)
            {
                next = updates.MoveNextAsync().AsTask();
                var asked = _time.GetTimestamp();
                var isHeard = true;
                while (await IsSilentAsync(next))
                {
                    if (isHosted?.Invoke() == false)
                    {
                        yield break;
                    }
                    if (isHeard && _time.GetElapsedTime(asked) >= s_silence)
                    {
                        isHeard = false;
                        yield return latest with { Events = [], Reset = false, Unheard = true };
                    }
                }
                if (!await next)
                {
                    yield break;
                }
                yield return latest = updates.Current;
            }
        }
        finally
        {
            // Who stops at an item that is not heard leaves a wait behind, and an enumeration cannot be closed while it is waited for.
            await ending.CancelAsync();
            await ((Task?)next ?? Task.CompletedTask).ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
            await updates.DisposeAsync();
        }

        async Task<bool> IsSilentAsync(Task next)
        {
            await Task.WhenAny(next, Task.Delay(s_look, _time, ending.Token));
            return !next.IsCompleted && !cancellationToken.IsCancellationRequested;
        }

        bool IsRetried(Exception failure, int failures)
        {
            // A grain that moves cancels its enumerations, so a cancellation that nobody here asked for is an interruption as well.
            if (!IsInterruption(failure) && failure is not OperationCanceledException)
            {
                return false;
            }
            if (failures == 1)
            {
                firstFailure = _time.GetTimestamp();
            }
            return failure is TimeoutException || _time.GetElapsedTime(firstFailure) < s_retryTimeout
                ? true
                : throw new ClusterUnavailableException(
                    $"The silos have not answered for {s_retryTimeout.TotalSeconds:0} seconds while {run} was watched; see whether they run.",
                    failure);
        }
    }

    private static DisBackException Taken(string name, TeacherDocument teacher) => new(
        $"The name '{name}' is taken by another teacher ({teacher.Provenance}, {teacher.Run.Status.ToString().ToLowerInvariant()}); delete that one with "
            + $"'disback delete teacher/{name}', or choose another name.");

    /// <exception cref="ClusterUnavailableException">There is no answer within the patience.</exception>
    private async Task<T> AnswerAsync<T>(Task<T> call, CancellationToken cancellation)
    {
        using var deadline = new CancellationTokenSource(patience ?? Timeout.InfiniteTimeSpan, _time);
        using var either = CancellationTokenSource.CreateLinkedTokenSource(deadline.Token, cancellation);
        try
        {
            return await call.WaitAsync(either.Token);
        }
        catch (OperationCanceledException e) when (deadline.IsCancellationRequested && !cancellation.IsCancellationRequested)
        {
            throw new ClusterUnavailableException(
                isHosted?.Invoke() == false
                    ? "The process that hosted the runs has ended without an answer; 'disback list' shows what it has left."
                    : $"The process that hosts the runs has not answered for {patience!.Value.TotalSeconds:0} seconds; it may be frozen or very busy, so the "
                        + "command may still be carried out: ask with 'disback why' in a moment.",
                e);
        }
    }

    private IRun Grain(RunId run) => grains.Run(run);

    private IDrawingGrain Drawing(string id) => GrainKeys.IsDrawing(id) ? grains.GetGrain<IDrawingGrain>(id) : throw Drawings.Unknown(id);

    private static NotFoundException NoModel(string name) => new($"There is no model '{name}'; 'disback model list' shows what there is.");
}
