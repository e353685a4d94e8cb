using System.Runtime.CompilerServices;
using DisBack.Contracts.Documents;
using DisBack.Contracts.Grains;

namespace DisBack.Orchestration.Ownership;

/// <summary>
/// What watchers of a run see: the run as it was last made durable, and the latest snapshot of its training. Watches interleave with the owner's other
/// calls, so they must not look at a document that is being written.
/// </summary>
internal sealed class RunFeed(TimeProvider time)
{
    /// <summary>
    /// The longest silence of a watch. An activation that must go, because a silo died that kept its entry of the directory, first waits for the calls
    /// it is in: a watch that was silent for longer would hold up the next activation, and with it the next attempt.
    /// </summary>
    private static readonly TimeSpan s_pulse = TimeSpan.FromSeconds(1);

    private TaskCompletionSource _changed = new(TaskCreationOptions.RunContinuationsAsynchronously);
    private RunRecord _run = new();
    private string? _trouble;

    /// <summary>The latest snapshot.</summary>
    public TrainingSnapshot Progress { get; private set; } = new();

    /// <summary>Shows a run to watchers.</summary>
    /// <param name="run">The run.</param>
    /// <param name="trouble">Why its newest state cannot be written, which watchers read in place of the run's own reason; null if it can.</param>
    public void Show(RunRecord run, string? trouble)
    {
        (_run, _trouble) = (run, trouble);
        Signal();
    }

    /// <summary>Shows a snapshot to watchers.</summary>
    public void Show(TrainingSnapshot progress)
    {
        Progress = progress;
        Signal();
    }

    /// <summary>Lets waiting watches go on at once: the activation ends, and first waits for the calls it is in.</summary>
    public void Close() => _changed.TrySetCanceled(CancellationToken.None);

    /// <inheritdoc cref="IRun.WatchAsync"/>
    public async IAsyncEnumerable<RunUpdate> WatchAsync(long afterSequence, [EnumeratorCancellation] CancellationToken cancellationToken)
    {
        for (var seen = afterSequence; ;)
        {
            var changed = _changed.Task;
            var run = _run;
            var oldest = run.Events.IsEmpty ? run.Sequence + 1 : run.Events[0].Sequence;
            yield return new RunUpdate
            {
                Sequence = run.Sequence,
                Status = run.Status,
                Reason = _trouble ?? run.Reason,
                Attempt = run.Attempt,
                Progress = Progress,
                Events = [.. run.Events.Where(happened => happened.Sequence > seen)],
                Reset = seen + 1 < oldest,
            };
            seen = run.Sequence;
            if (run.Status.IsSettled() && run.Sequence == _run.Sequence)
            {
                yield break;
            }
            await Task.WhenAny(changed, Task.Delay(s_pulse, time, cancellationToken));
            cancellationToken.ThrowIfCancellationRequested();
        }
    }

    private void Signal() => Interlocked.Exchange(ref _changed, new(TaskCreationOptions.RunContinuationsAsynchronously)).TrySetResult();
}
