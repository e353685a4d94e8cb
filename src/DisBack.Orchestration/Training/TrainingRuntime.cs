using System.Collections.Immutable;
using DisBack.Contracts.Grains;
using DisBack.Orchestration.Runs;
using DisBack.Storage.Blobs;
using DisBack.Storage.Cache;
using DisBack.Storage.Content;
using Microsoft.Extensions.Options;
using Orleans.Configuration;
using TorchSharp;

namespace DisBack.Orchestration.Training;

/// <inheritdoc cref="ITrainingRuntime"/>
internal sealed class TrainingRuntime : ITrainingRuntime
{
    /// <summary>How long a thread that was asked to stop at once may take to its next step.</summary>
    private static readonly TimeSpan s_lastStep = TimeSpan.FromSeconds(5);

    private readonly Lock _gate = new();
    private readonly List<TrainingJob> _jobs = [];
    private readonly ITrainingFactory _factory;
    private readonly IBlobStore _blobs;
    private readonly ContentStore _contents;
    private readonly WeightCache _weights;
    private readonly TrainingOptions _options;
    private readonly TimeProvider _time;
    private readonly RunHistory _history;
    private readonly string _silo;
    private readonly DeviceSlots _slots;

    public TrainingRuntime(
        ITrainingFactory factory,
        IBlobStore blobs,
        ContentStore contents,
        WeightCache weights,
        IOptions<TrainingOptions> options,
        TimeProvider time,
        RunHistory history,
        IOptions<SiloOptions> silo,
        DeviceSlots slots)
    {
        (_factory, _blobs, _contents, _weights, _options, _time, _history, _silo, _slots)
            = (factory, blobs, contents, weights, options.Value, time, history, silo.Value.SiloName, slots);
        // A killed process leaves half-written files behind; nothing refers to them.
        if (Directory.Exists(_options.AttemptsFolder))
        {
            Directory.Delete(_options.AttemptsFolder, recursive: true);
        }
    }

    public ImmutableArray<Accelerator> Devices => _slots.Devices;

    public ImmutableArray<OccupiedSlot> Occupied => _slots.Occupied;

    public ITrainingJob? TryStart(TrainingAssignment assignment)
    {
        TrainingJob job;
        lock (_gate)
        {
            if (_jobs.Find(known => known.Assignment.Run == assignment.Run) is { } running)
            {
                return running;
            }
            var others = _jobs.Where(other => other.Assignment.Run.Kind == assignment.Run.Kind && other.Assignment.Run.Owner == assignment.Run.Owner).ToList();
            if (others.Exists(newer => newer.Assignment.Run.Number > assignment.Run.Number))
            {
                return null;
            }
            // An older attempt of the same run has lost its ownership, whether or not it knows; its slot is free once its thread is gone.
            others.ForEach(older => older.Fence());
            var facts = SpecFacts.Of(assignment.Spec);
            if (_slots.TryTake(new OccupiedSlot(assignment.Run, assignment.Device, facts.Share)) is not { } device)
            {
                return null;
            }
            job = new TrainingJob(assignment, facts, TorchDevice(device), _factory, _blobs, _contents, _weights, _options, _time, _history, _silo);
            _jobs.Add(job);
        }
        job.Start(exited: () => Remove(job));
        return job;
    }

    public async Task DrainAsync(CancellationToken cancellation)
    {
        TrainingJob[] running;
        lock (_gate)
        {
            _slots.Close();
            running = [.. _jobs];
            foreach (var job in running)
            {
                job.RequestStop(StopMode.AfterCheckpoint, "The worker is shutting down.");
            }
        }
        await using var registration = cancellation.Register(
            () => Array.ForEach(running, job => job.RequestStop(StopMode.Now, "The worker is shutting down.")));
        var ended = Task.WhenAll(running.Select(job => job.Completion));
        // A thread that hangs in a driver is left to the end of the process: nothing of it would be accepted any more.
        await Task.WhenAny(ended, LateAsync(cancellation));
    }

    /// <summary>Completes when a thread that was asked to stop at once has had the time for it.</summary>
    private async Task LateAsync(CancellationToken cancellation)
    {
        await Task.Delay(Timeout.InfiniteTimeSpan, _time, cancellation).ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
        await Task.Delay(s_lastStep, _time, CancellationToken.None);
    }

    private void Remove(TrainingJob job)
    {
        lock (_gate)
        {
            _jobs.Remove(job);
        }
        _slots.GiveBack(new OccupiedSlot(job.Assignment.Run, job.Assignment.Device, job.Share));
    }

    /// <summary>The device as libtorch knows it.</summary>
    internal static torch.Device TorchDevice(Accelerator device) =>
        Diffusion.Devices.Open(device.DeviceKind == "cuda" ? $"cuda:{device.Index}" : device.DeviceKind);
}
