using System.Threading.Channels;
using DisBack.Contracts.Documents;
using DisBack.Contracts.Grains;
using DisBack.Orchestration.Training;
using DisBack.Sdxl.Drawing;
using DisBack.Storage.Content;
using DisBack.Telemetry;
using Microsoft.Extensions.Logging;

namespace DisBack.Orchestration.Drawing;

/// <summary>
/// One attempt of a drawing: a thread that draws, and beside it what stores the pictures and reports to the drawing's grain. It stops when the grain does not
/// want it any more, and by itself when no report was accepted for the dead-man time, because the grain has begun another attempt by then.
/// </summary>
internal sealed partial class DrawingJob(
    DrawingAssignment assignment,
    Accelerator device,
    LoadedModels models,
    ContentStore contents,
    IDrawingGrain owner,
    TrainingOptions options,
    TimeProvider time,
    ILogger logger)
    : IDisposable
{
    private readonly CancellationTokenSource _stop = new();
    private volatile DrawingProgressReport _progress = new(DrawingStage.Model, 0, 1, []);
    private volatile string _reason = "";

    /// <summary>Which attempt.</summary>
    public RunAttempt Run => assignment.Run;

    /// <summary>Has it end before the next evaluation of a network.</summary>
    /// <param name="reason">One sentence for people.</param>
    public void Stop(string reason)
    {
        _reason = reason;
        // Away from this thread, which may hold a lock: what it stops goes on at once.
        _ = _stop.CancelAsync();
    }

    /// <summary>Draws; nothing of it throws.</summary>
    /// <returns>How it ended.</returns>
    public async Task<DrawingOutcome> DrawAsync()
    {
        using var over = new CancellationTokenSource();
        var reports = ReportAsync(over.Token);
        try
        {
            using var loan = await models.BorrowAsync(assignment.Model, device, assignment.Request.ActualPrecision(), _stop.Token);
            await DrawAsync(loan);
            return new();
        }
        catch (OperationCanceledException) when (_stop.IsCancellationRequested)
        {
            return new(FailureCause.Stopped, _reason);
        }
        catch (Exception failure)
        {
            LogFailed(failure, Run);
            return new(FailureCauses.Of(failure), FailureCauses.MessageOf(failure));
        }
        finally
        {
            await over.CancelAsync();
            await reports;
        }
    }

    /// <summary>Tells the grain the outcome, until it answers or nobody waits any more.</summary>
    public async Task DeliverAsync(DrawingOutcome outcome)
    {
        using var deadline = new CancellationTokenSource(options.DeadMan, time);
        await UntilAnsweredAsync(
            async () =>
            {
                await owner.EndedAsync(Run.Number, outcome);
                return true;
            },
            deadline.Token);
    }

    public void Dispose() => _stop.Dispose();

    private async Task DrawAsync(ModelLoan loan)
    {
        using var drawing = CancellationTokenSource.CreateLinkedTokenSource(_stop.Token);
        var pictures = Channel.CreateUnbounded<(byte[] Png, int Prompt, long Seed)>(new() { SingleReader = true, SingleWriter = true });
        var thread = Task.Factory.StartNew(
            () => DrawOnThisThread(loan, pictures.Writer, drawing.Token),
            CancellationToken.None,
            TaskCreationOptions.LongRunning,
            TaskScheduler.Default);
        try
        {
            var number = 0;
            await foreach (var (png, prompt, seed) in pictures.Reader.ReadAllAsync())
            {
                var picture = new PictureRef(await contents.PutAsync(BinaryData.FromBytes(png), drawing.Token), prompt, seed);
                var at = number++;
                // What the user should know is kept with the first picture, which may be there before the first report.
                if ((at == 0 && await UntilAnsweredAsync(() => owner.ProgressAsync(Run.Number, _progress), drawing.Token) is not true)
                    || await UntilAnsweredAsync(() => owner.DrawnAsync(Run.Number, at, picture), drawing.Token) is not true)
                {
                    Stop("It is not wanted any more.");
                    _stop.Token.ThrowIfCancellationRequested();
                }
                Instruments.Pictures.Add(1);
            }
        }
        finally
        {
            // The thread uses the model, which may not be given back before it has ended.
            await drawing.CancelAsync();
            await thread.ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing | ConfigureAwaitOptions.ContinueOnCapturedContext);
        }
    }

    private void DrawOnThisThread(ModelLoan loan, ChannelWriter<(byte[] Png, int Prompt, long Seed)> pictures, CancellationToken cancellation)
    {
        try
        {
            KeyValuePair<string, string>[] names = [.. RequestedPictures.Names(assignment.Request, assignment.Model)];
            var number = 0;
            loan.Draw(
                model => RequestedPictures.Of(assignment.Request, model),
                (model, request) => _progress = _progress with { Notes = [.. PictureTexts.NotesOn(model, request)] },
                done => _progress = _progress with { Stage = RequestedPictures.Of(done.Phase), Done = done.Done, Of = done.Of },
                (picture, request) => pictures.TryWrite((PictureTexts.Png(picture, request, names), number++ / request.Count, picture.Seed)),
                cancellation);
            pictures.Complete();
        }
        catch (Exception failure)
        {
            pictures.Complete(failure);
        }
    }

    private async Task ReportAsync(CancellationToken over)
    {
        var (accepted, moved, latest) = (time.GetTimestamp(), time.GetTimestamp(), _progress);
        using var period = new PeriodicTimer(options.Heartbeat, time);
        try
        {
            do
            {
                try
                {
                    if (!await owner.ProgressAsync(Run.Number, _progress).WaitAsync(over))
                    {
                        Stop("It is not wanted any more.");
                        return;
                    }
                    accepted = time.GetTimestamp();
                }
                catch (Exception failure) when (!over.IsCancellationRequested)
                {
                    LogUnanswered(failure, Run);
                }
                if (latest != _progress)
                {
                    (latest, moved) = (_progress, time.GetTimestamp());
                }
                if (time.GetElapsedTime(accepted) > options.DeadMan)
                {
                    Stop("No report of it was accepted for too long.");
                    return;
                }
                if (time.GetElapsedTime(moved) > options.Hung)
                {
                    // The grain gives it up; the thread keeps its slot, because it may still use the device.
                    LogHung(Run, options.Hung);
                    return;
                }
            }
            while (await period.WaitForNextTickAsync(over));
        }
        catch (OperationCanceledException)
        {
            // It has ended.
        }
    }

    /// <summary>Repeats a call until the grain answers; null if it was cancelled first.</summary>
    private Task<bool?> UntilAnsweredAsync(Func<Task<bool>> call, CancellationToken cancellation) =>
        PersistentCall.UntilAnsweredAsync(call, failure => LogUnanswered(failure, Run), time, cancellation);

    [LoggerMessage(Level = LogLevel.Information, Message = "The grain of {Run} did not answer.")]
    private partial void LogUnanswered(Exception exception, RunAttempt run);

    [LoggerMessage(Level = LogLevel.Warning, Message = "{Run} has failed.")]
    private partial void LogFailed(Exception exception, RunAttempt run);

    [LoggerMessage(Level = LogLevel.Error, Message = "{Run} hangs: it has come no further for {Time}; if its thread does not come back, restart this process "
        + "to have the device again.")]
    private partial void LogHung(RunAttempt run, TimeSpan time);
}
