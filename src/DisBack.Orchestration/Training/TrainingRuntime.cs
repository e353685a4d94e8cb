using System.Collections.Immutable;
using DisBack.Contracts.Grains;
using DisBack.Orchestration.Groups;
using DisBack.Orchestration.Runs;
using DisBack.Storage.Blobs;
using DisBack.Storage.Cache;
using DisBack.Storage.Content;
using Microsoft.Extensions.Logging;
using Microsoft.Extensions.Options;
using Orleans.Configuration;
using TorchSharp;

namespace DisBack.Orchestration.Training;

/// <inheritdoc cref="ITrainingRuntime"/>
internal sealed class TrainingRuntime : ITrainingRuntime
{
    /// <summary>How long a thread that was asked to stop at once may take to its next step.</summary>
    private static readonly TimeSpan s_lastStep = TimeSpan.FromSeconds(5);

    /// <summary>So many followers that have ended are known; a call that comes after as many others is not under way any more.</summary>
    private const int MostEnded = 1024;

    private const string ShutsDown = "The worker is shutting down.";

    private readonly Lock _gate = new();
    private readonly List<TrainingJob> _jobs = [];
    private readonly List<FollowerJob> _followers = [];
    private readonly Queue<string> _ended = [];
    private readonly ITrainingFactory _factory;
    private readonly IBlobStore _blobs;
    private readonly ContentStore _contents;
    private readonly WeightCache _weights;
    private readonly TrainingOptions _options;
    private readonly TimeProvider _time;
    private readonly RunHistory _history;
    private readonly string _silo;
    private readonly DeviceSlots _slots;
    private readonly WorkerGroups _groups;
    private readonly ILogger<TrainingRuntime> _logger;

    public TrainingRuntime(
        ITrainingFactory factory,
        IBlobStore blobs,
        ContentStore contents,
        WeightCache weights,
        IOptions<TrainingOptions> options,
        TimeProvider time,
        RunHistory history,
        IOptions<SiloOptions> silo,
        DeviceSlots slots,
        WorkerGroups groups,
        ILogger<TrainingRuntime> logger)
    {
        (_factory, _blobs, _contents, _weights, _options, _time, _history, _silo, _slots, _groups, _logger)
            = (factory, blobs, contents, weights, options.Value, time, history, silo.Value.SiloName, slots, groups, logger);
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
            if (!StopOlder(assignment.Run))
            {
                return null;
            }
            var facts = SpecFacts.Of(assignment.Spec);
            if (_slots.TryTake(new OccupiedSlot(assignment.Run, assignment.Device, facts.Share)) is not { } device)
            {
                return null;
            }
            job = new TrainingJob(assignment, facts, TorchDevice(device), _factory, _blobs, _contents, _weights, _options, _time, _history, _silo, _groups);
            _jobs.Add(job);
        }
        job.Start(exited: () => Remove(job));
        return job;
    }

    public bool TryJoin(TrainingAssignment assignment)
    {
        FollowerJob job;
        var key = WorkerGroups.KeyOf(assignment.Run, assignment.Rank);
        lock (_gate)
        {
            if (_followers.Exists(known => KeyOf(known) == key))
            {
                return true;
            }
            if (_ended.Contains(key))
            {
                // It never trains once more: the others tell it from the first one by nothing. Until the leader has ended it they learn why it has.
                return _groups.Find(key) is not null;
            }
            var facts = SpecFacts.Of(assignment.Spec);
            var slot = new OccupiedSlot(assignment.Run, assignment.Device, facts.Share);
            if (!StopOlder(assignment.Run) || _slots.TryTake(slot) is not { } device)
            {
                return false;
            }
            job = new FollowerJob(assignment, facts, TorchDevice(device), _factory, _contents, _weights, _groups, _options, _time, _logger);
            _followers.Add(job);
            job.Start(exited: () => Remove(job, slot));
        }
        return true;
    }

    public async Task<bool> EndMemberAsync(string member)
    {
        FollowerJob? job;
        lock (_gate)
        {
            job = _followers.Find(known => KeyOf(known) == member);
        }
        if (job is not null)
        {
            job.Stop();
            if (await Task.WhenAny(job.Completion, Task.Delay(s_lastStep, _time)) != job.Completion)
            {
                return false;
            }
        }
        if (_groups.Find(member) is { } ended)
        {
            // It was there for what others had to read of it.
            _groups.Leave(ended);
        }
        return true;
    }

    public async Task DrainAsync(CancellationToken cancellation)
    {
        TrainingJob[] running;
        FollowerJob[] following;
        lock (_gate)
        {
            _slots.Close();
            running = [.. _jobs];
            foreach (var job in running)
            {
                job.RequestStop(StopMode.AfterCheckpoint, ShutsDown);
            }
            following = [.. _followers];
        }
        foreach (var follower in following)
        {
            _ = follower.AskToStopAsync(ShutsDown);
        }
        await using var registration = cancellation.Register(() =>
        {
            Array.ForEach(running, job => job.RequestStop(StopMode.Now, ShutsDown));
            Array.ForEach(following, follower => follower.Stop());
        });
        var ended = Task.WhenAll([.. running.Select(job => job.Completion), .. following.Select(follower => follower.Completion)]);
        // A thread that hangs in a driver is left to the end of the process: nothing of it would be accepted any more.
        await Task.WhenAny(ended, LateAsync(cancellation));
    }

    /// <summary>Completes when a thread that was asked to stop at once has had the time for it.</summary>
    private async Task LateAsync(CancellationToken cancellation)
    {
        await Task.Delay(Timeout.InfiniteTimeSpan, _time, cancellation).ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
        await Task.Delay(s_lastStep, _time, CancellationToken.None);
    }

    /// <summary>
    /// Stops older attempts of a run: they have lost its ownership, whether or not they know; their slots are free once their threads are gone.
    /// </summary>
    /// <returns>False if there is a newer attempt instead.</returns>
    private bool StopOlder(RunAttempt run)
    {
        var others = _jobs.FindAll(other => IsOther(other.Assignment.Run));
        var followers = _followers.FindAll(other => IsOther(other.Assignment.Run));
        if (others.Select(other => other.Assignment).Concat(followers.Select(other => other.Assignment)).Any(other => other.Run.Number > run.Number))
        {
            return false;
        }
        others.ForEach(older => older.Fence());
        followers.ForEach(older => older.Stop());
        return true;

        bool IsOther(RunAttempt other) => other.Kind == run.Kind && other.Owner == run.Owner && other.Number != run.Number;
    }

    private static string KeyOf(FollowerJob job) => WorkerGroups.KeyOf(job.Assignment.Run, job.Assignment.Rank);

    private void Remove(FollowerJob job, OccupiedSlot slot)
    {
        lock (_gate)
        {
            _followers.Remove(job);
            _ended.Enqueue(KeyOf(job));
            if (_ended.Count > MostEnded)
            {
                _ended.Dequeue();
            }
        }
        _slots.GiveBack(slot);
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
