using System.Globalization;
using DisBack.Contracts.Documents;
using DisBack.Contracts.Grains;
using DisBack.Orchestration.Ownership;
using DisBack.Orchestration.Placement;
using DisBack.Orchestration.Supervision;
using DisBack.Orchestration.Training;
using DisBack.Storage.Blobs;
using DisBack.Telemetry;
using Microsoft.Extensions.Logging;
using Microsoft.Extensions.Options;

namespace DisBack.Orchestration.Grains;

/// <inheritdoc cref="IDrawingGrain"/>
/// <remarks>
/// Level-triggered, as the owners of runs are: whatever activates it, it reads its document and takes the next step. A mark leads the supervisor to it until it
/// has expired. There is nothing to resume in a drawing, so an attempt that was lost is followed by one that begins anew.
/// </remarks>
[GrainType(DocumentNames.Drawing), PlacedOn(SiloRole.Control)]
internal sealed partial class DrawingGrain(
    [PersistentState(DocumentNames.Drawing, DocumentNames.Storage)] IPersistentState<DrawingDocument> state,
    IBlobStore blobs,
    IClusterMembershipService membership,
    IOptions<TrainingOptions> options,
    TimeProvider time,
    ILogger<DrawingGrain> logger)
    : Grain, IDrawingGrain
{
    /// <summary>Attempts that may be lost, or find the store away, before the drawing fails.</summary>
    private const int MostFailures = 3;

    /// <summary>The call that woke the grain comes first: it may be a cancel.</summary>
    private static readonly TimeSpan s_afterActivation = TimeSpan.FromSeconds(0.5);

    private readonly UnfinishedRuns _unfinished = new(blobs);
    private readonly RunLiveness _liveness = new(membership, options.Value, time, logger);
    private IGrainTimer? _timer;
    private DrawingProgressReport? _progress;
    private string? _waitsFor;

    private DrawingDocument Document => state.State;

    private bool IsKnown => Document.Id.Length > 0;

    private RunAttempt NewestAttempt => new(RunKind.Drawing, this.GetPrimaryKeyString(), Document.Attempt);

    private SiloAddress? Worker => Document.Worker.Length > 0 ? SiloAddress.FromParsableString(Document.Worker) : null;

    private SlotRequest SlotRequest => new(
        RunKind.Drawing,
        this.GetPrimaryKeyString(),
        Document.Request.Device,
        // A worker that has the model in memory is as good as one that has every file of it, and better by itself.
        [.. Enumerable.Repeat(Document.Model.Digest(), Document.Model.Files.Length), .. Document.Model.Contents().Select(content => content.Digest)],
        Avoids: Document.Cause is null ? null : Document.DeviceName,
        Attempt: Document.Attempt + 1);

    public override Task OnActivateAsync(CancellationToken cancellationToken)
    {
        if (IsKnown)
        {
            CheckAfter(s_afterActivation);
        }
        return base.OnActivateAsync(cancellationToken);
    }

    public async Task<DrawingView> SubmitAsync(DrawingRequest request, ModelManifest model)
    {
        if (!IsKnown)
        {
            request.Check();
            model.Check();
            var id = this.GetPrimaryKeyString();
            // Before the document, so that no crash leaves a drawing that nobody is led to.
            await _unfinished.MarkDrawingAsync(id);
            await WriteAsync(new() { Id = id, Request = request, Model = model, Submitted = time.GetUtcNow() });
        }
        CheckAfter(TimeSpan.Zero);
        return View();
    }

    public Task<DrawingView?> GetAsync()
    {
        if (!IsKnown)
        {
            DeactivateOnIdle();
        }
        return Task.FromResult(IsKnown ? View() : null);
    }

    public async Task<DrawingView?> CancelAsync()
    {
        if (!IsKnown)
        {
            DeactivateOnIdle();
            return null;
        }
        if (Document.State.IsSettled())
        {
            return View();
        }
        var wasDrawing = Document.State == DrawingState.Drawing;
        await SettleAsync(Document with { State = DrawingState.Cancelled, Cause = null, Message = "It was cancelled." });
        try
        {
            if (wasDrawing)
            {
                // The slot is given back when its thread has ended.
                await AskDrawerAsync(drawer => drawer.StopAsync(NewestAttempt));
            }
            else
            {
                await GrainFactory.Pool().WithdrawAsync(RunKind.Drawing, this.GetPrimaryKeyString());
            }
        }
        catch (Exception e) when (e is not Orleans.Storage.InconsistentStateException)
        {
            // The next report of the attempt is answered that it is not wanted, and a position in the queue expires by itself.
            LogFailed(e, NewestAttempt);
        }
        return View();
    }

    /// <summary>An answer that it is awake, at once: what it does then may take long, and nobody should wait for it.</summary>
    public async Task WakeAsync()
    {
        if (IsKnown)
        {
            CheckAfter(TimeSpan.Zero);
            return;
        }
        // A crash has left a mark without a document: nobody is to be led here again.
        await _unfinished.UnmarkDrawingAsync(this.GetPrimaryKeyString());
        DeactivateOnIdle();
    }

    public Task<bool> ProgressAsync(int attempt, DrawingProgressReport report)
    {
        if (!Owns(attempt))
        {
            return Task.FromResult(false);
        }
        _liveness.Renew();
        _progress = report;
        return Task.FromResult(true);
    }

    public async Task<bool> DrawnAsync(int attempt, int number, PictureRef picture)
    {
        if (!Owns(attempt))
        {
            return false;
        }
        _liveness.Renew();
        if (number == Document.Pictures.Length)
        {
            await WriteAsync(Document with { Pictures = Document.Pictures.Add(picture), Notes = _progress?.Notes ?? Document.Notes });
        }
        return true;
    }

    public async Task EndedAsync(int attempt, DrawingOutcome outcome)
    {
        if (attempt != Document.Attempt || !IsKnown)
        {
            return;
        }
        var lease = Document.Lease;
        if (Document.State == DrawingState.Drawing)
        {
            await (outcome.Cause is { } cause ? FailAsync(cause, outcome.Message ?? "It ended without a message.") : SettleAsync(Document with
            {
                State = DrawingState.Completed,
                Cause = null,
                Message = null,
                Lease = "",
            }));
        }
        await GrainFactory.Pool().ReleaseAsync(lease);
        if (Document.State == DrawingState.Waiting)
        {
            // Not within this call: the worker that makes it is about to end, and must not wait for the next attempt.
            CheckAfter(TimeSpan.Zero);
        }
    }

    private bool Owns(int attempt) => IsKnown && Document.State == DrawingState.Drawing && Document.Attempt == attempt;

    private async Task AdvanceAsync()
    {
        try
        {
            if (IsKnown && !Document.State.IsSettled())
            {
                await StepAsync();
                return;
            }
            if (time.GetUtcNow() - Document.Settled < options.Value.DrawingsKept)
            {
                Rest();
                return;
            }
            // It has expired. What fails here is tried again, also when the document is gone and its mark is not.
            if (IsKnown)
            {
                await state.ClearStateAsync();
            }
            await _unfinished.UnmarkDrawingAsync(this.GetPrimaryKeyString());
            Rest();
            DeactivateOnIdle();
        }
        catch (Orleans.Storage.InconsistentStateException)
        {
            // Another activation has taken over.
            Rest();
            DeactivateOnIdle();
        }
        catch (Exception e)
        {
            // The next look is soon.
            LogFailed(e, NewestAttempt);
        }
    }

    private async Task StepAsync()
    {
        CheckAfter(options.Value.Supervise);
        if (Document.State == DrawingState.Drawing)
        {
            _liveness.BeginCheck();
            var loss = await _liveness.FindLossAsync(NewestAttempt, Worker, () => AskDrawerAsync(drawer => drawer.IsRunningAsync(NewestAttempt)));
            _liveness.EndCheck();
            if (loss is null)
            {
                return;
            }
            var lease = Document.Lease;
            await FailAsync(FailureCause.Lost, $"The worker was lost: {loss}");
            // Its thread may still be there, unless its silo is dead.
            await GrainFactory.Pool().ForfeitAsync(lease);
        }
        if (Document.State == DrawingState.Waiting)
        {
            await BeginAsync();
        }
    }

    /// <summary>Leases a slot and starts the next attempt on it, if there is one.</summary>
    private async Task BeginAsync()
    {
        var reply = await GrainFactory.Pool().LeaseAsync(SlotRequest);
        if (reply.Lease is not { } lease)
        {
            _waitsFor = reply.Position > 1
                ? string.Create(CultureInfo.InvariantCulture, $"It waits for a slot: {reply.Reason} (position {reply.Position} in the queue)")
                : $"It waits for a slot: {reply.Reason}";
            return;
        }
        (_waitsFor, _progress) = (null, null);
        // From here on the attempt owns the drawing, whatever becomes of the call that starts it.
        await WriteAsync(Document with
        {
            State = DrawingState.Drawing,
            Attempt = Document.Attempt + 1,
            Worker = lease.Worker.ToParsableString(),
            DeviceName = lease.DeviceName,
            Lease = lease.Id,
            Notes = [],
            Pictures = [],
        });
        _liveness.Renew();
        (FailureCause Cause, string Message) failed;
        try
        {
            var assignment = new DrawingAssignment(NewestAttempt, Document.Request, Document.Model, lease.Device);
            if (await AskDrawerAsync(drawer => drawer.StartAsync(assignment)) == StartResult.Started)
            {
                return;
            }
            failed = (FailureCause.Stopped, $"{lease.DeviceName} had no free slot after all.");
        }
        catch (Exception e) when (e is not Orleans.Storage.InconsistentStateException)
        {
            LogFailed(e, NewestAttempt);
            failed = (FailureCause.Lost, $"The attempt could not be started: {e.Message}");
        }
        // The next one when the timer says so: the pool may need a moment to know of it.
        await FailAsync(failed.Cause, failed.Message);
        await GrainFactory.Pool().ForfeitAsync(lease.Id);
    }

    /// <summary>Ends the attempt; another one follows where that may help.</summary>
    private async Task FailAsync(FailureCause cause, string message)
    {
        // A worker that shuts down says so, or has no slot any more, and costs nobody a try.
        var failures = Document.Failures + (cause == FailureCause.Stopped ? 0 : 1);
        var failed = Document with { Failures = failures, Cause = cause, Message = message, Lease = "", Worker = "" };
        _liveness.Forget();
        if (cause is FailureCause.Lost or FailureCause.Storage or FailureCause.Stopped && failures < MostFailures)
        {
            await WriteAsync(failed with { State = DrawingState.Waiting });
        }
        else
        {
            await SettleAsync(failed with { State = DrawingState.Failed });
        }
    }

    private async Task SettleAsync(DrawingDocument settled)
    {
        await WriteAsync(settled with { Settled = time.GetUtcNow() });
        Instruments.Drawings.Add(1, new KeyValuePair<string, object?>("state", settled.State.ToString().ToLowerInvariant()));
        _liveness.Forget();
        Rest();
    }

    private async Task WriteAsync(DrawingDocument changed)
    {
        var before = state.State;
        state.State = changed;
        try
        {
            await state.WriteStateAsync();
        }
        catch
        {
            // What is not durable has not happened.
            state.State = before;
            throw;
        }
    }

    private DrawingView View() => DrawingView.Of(Document) with
    {
        Progress = Document.State == DrawingState.Drawing ? _progress : null,
        Message = Document.State == DrawingState.Waiting ? _waitsFor ?? Document.Message ?? "It waits for a slot." : Document.Message,
    };

    private Task<T> AskDrawerAsync<T>(Func<IDrawerGrain, Task<T>> call) =>
        MisroutedCall.AvoidedAsync(Worker, () => call(GrainFactory.GetGrain<IDrawerGrain>(NewestAttempt.ToString())));

    private void CheckAfter(TimeSpan due)
    {
        var period = options.Value.Supervise;
        if (_timer is null)
        {
            _timer = this.RegisterGrainTimer(
                static (self, _) => self.AdvanceAsync(), this, new GrainTimerCreationOptions(due, period) { KeepAlive = true });
        }
        else
        {
            _timer.Change(due, period);
        }
    }

    private void Rest()
    {
        _timer?.Dispose();
        _timer = null;
    }

    [LoggerMessage(Level = LogLevel.Information, Message = "A step of {Run} failed.")]
    private partial void LogFailed(Exception exception, RunAttempt run);
}
