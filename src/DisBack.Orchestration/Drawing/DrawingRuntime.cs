using DisBack.Contracts.Grains;
using DisBack.Orchestration.Training;
using DisBack.Storage.Content;
using Microsoft.Extensions.Logging;
using Microsoft.Extensions.Options;

namespace DisBack.Orchestration.Drawing;

/// <summary>The drawings of this worker and their slots. One per silo; it outlives the activations by which it is called.</summary>
internal sealed class DrawingRuntime(
    DeviceSlots slots,
    LoadedModels models,
    ContentStore contents,
    IGrainFactory grains,
    IOptions<TrainingOptions> options,
    TimeProvider time,
    ILogger<DrawingRuntime> logger)
{
    private readonly Lock _gate = new();
    private readonly Dictionary<RunAttempt, (DrawingJob Job, Task Over)> _jobs = [];

    /// <summary>Starts an attempt, or finds it running.</summary>
    /// <returns>False: no free slot on that device, or the silo is shutting down.</returns>
    public bool TryStart(DrawingAssignment assignment)
    {
        lock (_gate)
        {
            if (_jobs.ContainsKey(assignment.Run))
            {
                return true;
            }
            // An older attempt of the same drawing has lost its ownership, whether or not it knows; its slot is free once its thread is gone.
            foreach (var (run, older) in _jobs.Where(other => other.Key.Owner == assignment.Run.Owner))
            {
                if (run.Number > assignment.Run.Number)
                {
                    return false;
                }
                older.Job.Stop("A newer attempt has begun.");
            }
            var slot = new OccupiedSlot(assignment.Run, assignment.Device);
            if (slots.TryTake(slot) is not { } device)
            {
                return false;
            }
            var owner = grains.GetGrain<IDrawingGrain>(assignment.Run.Owner);
            var job = new DrawingJob(assignment, device, models, contents, owner, options.Value, time, logger);
            // Away from the caller's turn, and from what it carries: neither a grain's scheduler nor its hints are for what outlives the grain.
            using var suppressed = ExecutionContext.SuppressFlow();
            _jobs.Add(assignment.Run, (job, Task.Run(() => RunAsync(job, slot))));
            return true;
        }
    }

    /// <summary>Whether an attempt draws here, or its outcome is not known to its grain yet.</summary>
    public bool IsRunning(RunAttempt attempt)
    {
        lock (_gate)
        {
            return _jobs.ContainsKey(attempt);
        }
    }

    /// <summary>Has an attempt stop.</summary>
    /// <returns>False where it is not here.</returns>
    public bool TryStop(RunAttempt attempt)
    {
        lock (_gate)
        {
            if (!_jobs.TryGetValue(attempt, out var found))
            {
                return false;
            }
            found.Job.Stop("It was cancelled.");
            return true;
        }
    }

    /// <summary>Stops all that is drawn here, once the slots are closed; it begins again on another worker.</summary>
    /// <param name="cancellation">Ends the waiting.</param>
    public async Task DrainAsync(CancellationToken cancellation)
    {
        Task[] ending;
        lock (_gate)
        {
            foreach (var (job, _) in _jobs.Values)
            {
                job.Stop("The worker is shutting down.");
            }
            ending = [.. _jobs.Values.Select(job => job.Over)];
        }
        await Task.WhenAll(ending).WaitAsync(cancellation).ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
    }

    private async Task RunAsync(DrawingJob job, OccupiedSlot slot)
    {
        var outcome = await job.DrawAsync();
        // Before the grain gives the lease back: the next one that gets it must find the slot free.
        slots.GiveBack(slot);
        await job.DeliverAsync(outcome);
        lock (_gate)
        {
            _jobs.Remove(job.Run);
            // Within the lock: nobody finds it any more who could have it stop.
            job.Dispose();
        }
    }
}
