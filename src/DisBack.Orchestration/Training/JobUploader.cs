using System.Diagnostics.CodeAnalysis;
using System.Threading.Channels;
using DisBack.Contracts.Documents;
using DisBack.Contracts.Grains;
using DisBack.Diffusion.Files;
using DisBack.Storage;
using DisBack.Storage.Cache;
using DisBack.Storage.Content;
using Polly;
using Polly.Retry;

namespace DisBack.Orchestration.Training;

/// <summary>
/// Makes what a training thread produces durable, in order and in the background: write and hash a local file, store it, offer it to the owner,
/// wait for the answer, only then go on. The order is a guarantee: when a checkpoint is committed, so is everything that came before it.
/// </summary>
[SuppressMessage("Design", "CA1001", Justification = "The token outlives the work, like that of the job it is linked to.")]
internal sealed class JobUploader
{
    private static readonly TimeSpan s_firstWait = TimeSpan.FromSeconds(0.5);
    private static readonly TimeSpan s_longestWait = TimeSpan.FromSeconds(10);

    private readonly ContentStore _contents;
    private readonly WeightCache _weights;
    private readonly TimeProvider _time;
    private readonly TimeSpan _grace;
    private readonly ITrainingJob _job;
    private readonly ChannelWriter<RunSignal> _signals;
    private readonly JobLog _log;
    private readonly string _scratch;
    private readonly Channel<Func<CancellationToken, Task>> _work = Channel.CreateUnbounded<Func<CancellationToken, Task>>(new() { SingleReader = true });
    private readonly CancellationTokenSource _halted;
    private readonly Task _worker;
    private ContentRef? _nearCheckpoint;

    /// <summary>Starts working.</summary>
    /// <param name="contents">Where the bytes go.</param>
    /// <param name="weights">Where the newest checkpoint stays near, for an attempt that goes on here.</param>
    /// <param name="time">The clock.</param>
    /// <param name="grace">How long a failing store is tried again.</param>
    /// <param name="job">Whose products these are.</param>
    /// <param name="signals">Where the owner's trainer listens.</param>
    /// <param name="scratch">Folder for files on their way.</param>
    /// <param name="log">What is told of it.</param>
    public JobUploader(
        ContentStore contents,
        WeightCache weights,
        TimeProvider time,
        TimeSpan grace,
        ITrainingJob job,
        ChannelWriter<RunSignal> signals,
        string scratch,
        JobLog log)
    {
        (_contents, _weights, _time, _grace, _job, _signals, _scratch, _log) = (contents, weights, time, grace, job, signals, scratch, log);
        _halted = CancellationTokenSource.CreateLinkedTokenSource(job.Abandoned);
        _worker = Task.Run(WorkAsync);
    }

    /// <summary>Cancelled when nothing more is made durable, by abandonment or by a failure: the training thread neither goes on nor waits then.</summary>
    public CancellationToken Halted => _halted.Token;

    /// <summary>Writes a safetensors file, stores it, then offers it.</summary>
    /// <param name="staged">Host tensors that stay as they are until <paramref name="written"/>.</param>
    /// <param name="metadata">The file's metadata.</param>
    /// <param name="written">Called when the tensors are no longer needed.</param>
    /// <param name="signal">What to report to the owner.</param>
    /// <param name="committed">Called when the owner has it.</param>
    public void Store(
        StagedState staged,
        IReadOnlyDictionary<string, string> metadata,
        Action written,
        Func<ContentRef, RunSignal> signal,
        Action<ContentRef>? committed = null) =>
        Do(async cancellation =>
        {
            await staged.Copied;
            var path = NewPath();
            RunSignal offer;
            ContentRef content;
            using (var write = AttemptSpans.StartWork("write", _job.Trace))
            {
                try
                {
                    using var file = new HashingFileStream(path);
                    SafetensorsFile.Write(file, staged.Copies, metadata);
                    content = file.Commit();
                }
                finally
                {
                    written();
                }
                offer = signal(content);
                write?.SetTag("disback.product", offer.Product);
            }
            await StoreAsync(path, content, offer, cancellation);
            committed?.Invoke(content);
        });

    /// <summary>Stores a file that is written already, then offers it.</summary>
    public void Store(string path, ContentRef content, RunSignal signal) => Do(cancellation => StoreAsync(path, content, signal, cancellation));

    /// <summary>A name for a file on its way.</summary>
    public string NewPath() => Path.Combine(_scratch, $"{Guid.NewGuid():n}.upload");

    /// <summary>Reports to the owner what needs no bytes.</summary>
    public void Report(RunSignal signal) => Do(cancellation => OfferAsync(signal, cancellation));

    /// <summary>Writes something to the store that the owner need not know.</summary>
    public void Write(Func<CancellationToken, Task> write) => Do(cancellation => WithRetriesAsync(write, cancellation));

    /// <summary>Does something when all that came before it is durable and answered.</summary>
    public void Then(Action act) => Do(_ =>
    {
        act();
        return Task.CompletedTask;
    });

    /// <summary>Takes nothing more, and completes when all is durable and answered; faults with the first failure.</summary>
    public Task CompleteAsync()
    {
        _work.Writer.TryComplete();
        return _worker;
    }

    private void Do(Func<CancellationToken, Task> work) => _work.Writer.TryWrite(work);

    /// <summary>Keeps on this machine what an attempt would resume from, and no other checkpoint of this run. Not to be called while one is stored.</summary>
    /// <param name="checkpoint">The newest checkpoint; null for a run that is complete.</param>
    public void KeepOnly(ContentRef? checkpoint)
    {
        if (_nearCheckpoint is { } last && last != checkpoint)
        {
            _weights.Forget(last);
        }
        _nearCheckpoint = checkpoint;
    }

    private async Task WorkAsync()
    {
        try
        {
            await foreach (var work in _work.Reader.ReadAllAsync(_job.Abandoned))
            {
                await work(_job.Abandoned);
            }
        }
        catch
        {
            await _halted.CancelAsync();
            throw;
        }
    }

    private async Task StoreAsync(string path, ContentRef content, RunSignal signal, CancellationToken cancellation)
    {
        var isCheckpoint = signal is RunSignal.CheckpointStored;
        using (AttemptSpans.StartWork("upload", _job.Trace, signal.Product))
        {
            await WithRetriesAsync(
                token => isCheckpoint ? _weights.PutAsync(path, content, token) : _contents.PutAsync(path, content, consume: true, token), cancellation);
        }
        await OfferAsync(signal, cancellation);
        if (isCheckpoint)
        {
            KeepOnly(content);
        }
    }

    /// <summary>Repeats what the store refuses, for as long as the grace lasts: an outage pauses a run, it does not end the attempt.</summary>
    private async Task WithRetriesAsync(Func<CancellationToken, Task> write, CancellationToken cancellation)
    {
        var started = _time.GetTimestamp();
        var retries = new ResiliencePipelineBuilder { TimeProvider = _time }
            .AddRetry(new RetryStrategyOptions
            {
                ShouldHandle = failed => new(
                    failed.Outcome.Exception is StorageException && _time.GetElapsedTime(started) + WaitAfter(failed.AttemptNumber) < _grace),
                MaxRetryAttempts = int.MaxValue,
                BackoffType = DelayBackoffType.Exponential,
                Delay = s_firstWait,
                MaxDelay = s_longestWait,
                UseJitter = true,
                OnRetry = failed =>
                {
                    var (step, message) = (_job.Snapshot.Step, $"Storing failed and is tried again: {failed.Outcome.Exception!.Message}");
                    _log.Warning(message, step);
                    // Not awaited: the owner may be as unreachable as the store.
                    _signals.TryWrite(new RunSignal.Noted(RunEventKind.Warning, step, message));
                    return default;
                },
            })
            .Build();
        await retries.ExecuteAsync(async token => await write(token), cancellation);
    }

    /// <summary>The wait after a failure without its jitter: a retry that would begin after the grace is not worth waiting for.</summary>
    private static TimeSpan WaitAfter(int attempt) =>
        s_firstWait * Math.Pow(2, Math.Min(attempt, 10)) is var wait && wait < s_longestWait ? wait : s_longestWait;

    private async Task OfferAsync(RunSignal signal, CancellationToken cancellation)
    {
        _signals.TryWrite(signal);
        if (await signal.Answer.WaitAsync(cancellation) == CommitResult.Fenced)
        {
            _job.Fence();
            throw new OperationCanceledException("Fenced.", _job.Abandoned);
        }
    }
}
