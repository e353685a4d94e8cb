using System.Diagnostics.CodeAnalysis;
using System.Reflection;
using DisBack.Contracts.Documents;
using DisBack.Contracts.Grains;
using DisBack.Orchestration.Ownership;
using DisBack.Orchestration.Runs;
using DisBack.Orchestration.Training;
using DisBack.Specs.Training;
using DisBack.Storage.Blobs;
using Microsoft.Extensions.Logging.Abstractions;
using Microsoft.Extensions.Options;
using Microsoft.Extensions.Time.Testing;
using Orleans.Runtime.Placement;

namespace DisBack.Orchestration.Tests.Ownership;

/// <summary>How a run is advanced by one look at it, with a pool and a trainer that answer as the test says.</summary>
public sealed class RunAdvanceTests
{
    private static readonly SlotLease s_lease = new("lease", FakeMembership.Worker, 0, "worker cpu");

    private readonly FakeTimeProvider _time = new(new DateTimeOffset(2026, 1, 1, 0, 0, 0, TimeSpan.Zero));
    private readonly FakeMembership _membership = new();
    private readonly FakeOwner _owner;
    private readonly Cluster _cluster;
    private readonly RunAdvance _advance;

    public RunAdvanceTests()
    {
        _owner = new FakeOwner(_time);
        var grains = Cluster.Create();
        _cluster = (Cluster)(object)grains;
        var services = new RunOwnerServices(
            Options.Create(new RetryOptions()), Options
                .Create(new TrainingOptions()), _membership, new FakeReminders(), new RunHistory(NullLoggerFactory.Instance),
            new FolderBlobStore("unused"), new CompactionQueue(new FolderBlobStore("unused")), _time, NullLogger<RunOwnerServices>.Instance);
        var liveness = new RunLiveness(services.Membership, services.Training.Value, _time, NullLogger.Instance);
        var reminder = new RunReminder(services.Reminders, GrainId.Create("teacher", "mine"), NullLogger.Instance);
        _advance = new RunAdvance(_owner, grains, liveness, reminder, services);
    }

    [Fact]
    public async Task A_run_that_nobody_submitted_is_left_alone()
    {
        _owner.Run = new RunRecord();

        await _advance.AdvanceAsync();

        Assert.Empty(_cluster.Calls);
    }

    [Fact]
    public async Task Without_a_slot_it_waits_at_its_position_in_the_queue()
    {
        _cluster.Lease = new LeaseReply(null, "All 2 cpu slots are in use.", 3);

        await _advance.AdvanceAsync();

        Assert.Equal((RunStatus.Queued, "All 2 cpu slots are in use. (position 3 in the queue)"), (_owner.Run.Status, _owner.Run.Reason));
        Assert.Equal(["Lease"], _cluster.Calls);
    }

    [Fact]
    public async Task The_attempt_owns_the_run_before_its_trainer_is_called_on_the_worker_of_the_lease()
    {
        await _advance.AdvanceAsync();

        Assert.Equal((1, RunStatus.Starting), (_owner.Run.Attempt, _owner.Run.Status));
        Assert.Equal(["Lease", $"Start on {FakeMembership.Worker} for attempt 1"], _cluster.Calls);
        Assert.Null(RequestContext.Get(IPlacementDirector.PlacementHintKey));
    }

    [Fact]
    public async Task A_lease_that_comes_too_late_is_given_back()
    {
        _cluster.Leasing = () => _owner.Apply(new RunCommand.Pause());

        await _advance.AdvanceAsync();

        Assert.Equal(RunStatus.Paused, _owner.Run.Status);
        Assert.Equal(["Lease", "Release lease"], _cluster.Calls);
    }

    [Fact]
    public async Task A_worker_without_a_free_slot_after_all_costs_an_attempt_and_the_next_one_begins()
    {
        _cluster.Starts.Enqueue(StartResult.NoSlot);

        await _advance.AdvanceAsync();

        Assert.Equal(
            (2, FailureCause.Lost, "worker cpu had no free slot after all."),
            (_owner.Run.Attempt, _owner.Run.Attempts[0].Cause, _owner.Run.Attempts[0].Message));
    }

    [Fact]
    public async Task Between_two_attempts_it_comes_back_when_the_wait_is_over_unless_somebody_asks()
    {
        _owner.Run = _owner.Run with { RetryAt = _time.GetUtcNow().AddSeconds(30), Failures = 2, Status = RunStatus.Queued };

        await _advance.AdvanceAsync();
        var (checks, before) = (_owner.Checks[^1], _owner.Run.Attempt);
        await _advance.AdvanceNowAsync();

        Assert.Equal((TimeSpan.FromSeconds(30), 0, 1), (checks, before, _owner.Run.Attempt));
    }

    [Fact]
    public async Task A_stop_is_asked_for_again_at_every_look()
    {
        await _advance.AdvanceAsync();
        _owner.Apply(new RunCommand.Pause());
        _cluster.Calls.Clear();

        await _advance.AdvanceAsync();
        await _advance.AdvanceAsync();

        Assert.Equal(["Stop", "Stop"], _cluster.Calls.Select(call => call.Split(' ')[0]));
    }

    [Theory]
    [InlineData(SiloStatus.None)]
    [InlineData(SiloStatus.Dead)]
    public async Task An_attempt_whose_silo_is_gone_is_stopped_without_asking_it(SiloStatus status)
    {
        await _advance.AdvanceAsync();
        _owner.Apply(new RunCommand.Cancel());
        _cluster.Calls.Clear();
        _membership.Status = status;

        await _advance.PerformAsync(RunMachine.OwedStop(_owner.Run)!);

        Assert.Equal(RunStatus.Cancelled, _owner.Run.Status);
        Assert.DoesNotContain(_cluster.Calls, call => call.StartsWith("Stop", StringComparison.Ordinal));
    }

    [Fact]
    public async Task A_lost_attempt_is_followed_by_the_next_one()
    {
        await _advance.AdvanceAsync();
        _time.Advance(TimeSpan.FromSeconds(46));
        // The time in which nobody looked counts for nothing.
        await _advance.AdvanceAsync();
        var spared = _owner.Run.Attempt;
        for (var i = 0; i < 5; i++)
        {
            _time.Advance(TimeSpan.FromSeconds(10));
            await _advance.AdvanceAsync();
        }

        Assert.Equal((1, 2, "No heartbeat for 45 s."), (spared, _owner.Run.Attempt, _owner.Run.Attempts[0].Message));
    }

    private sealed class FakeOwner(TimeProvider time) : IOwnedRun
    {
        private readonly RunMachine _machine = new(new RetryOptions(), new CheckpointSettings());

        public RunRecord Run { get; set; } = new() { Submitted = time.GetUtcNow() };

        public RunAttempt NewestAttempt => new(RunKind.Teacher, "mine", Run.Attempt);

        public SlotRequest SlotRequest => new(RunKind.Teacher, "mine", "cpu", []);

        public List<TimeSpan> Checks { get; } = [];

        public CommitResult Apply(RunCommand command)
        {
            var transition = _machine.Apply(Run, command, time.GetUtcNow());
            Run = transition.State;
            return transition.Result;
        }

        public Task<CommitResult> ApplyAsync(RunCommand command) => Task.FromResult(Apply(command));

        public Task<bool> PrepareAsync() => Task.FromResult(true);

        public TrainingAssignment Assign(RunAttempt attempt, int device) => new() { Run = attempt, Spec = "{}", Device = device };

        public void CheckAfter(TimeSpan due) => Checks.Add(due);
    }

    /// <summary>The grain factory, the pool and the trainer at once.</summary>
    [SuppressMessage("Performance", "CA1852", Justification = "The proxy that is made derives from it.")]
    internal class Cluster : DispatchProxy
    {
        public List<string> Calls { get; private set; } = [];

        public LeaseReply Lease { get; set; } = new(s_lease);

        public Action Leasing { get; set; } = () => { };

        public Queue<StartResult> Starts { get; private set; } = [];

        public static IGrainFactory Create() => Create<IGrainFactory, Cluster>();

        protected override object? Invoke(MethodInfo? targetMethod, object?[]? args)
        {
            switch (targetMethod!.Name)
            {
                case "GetGrain":
                    var grain = Create(targetMethod.ReturnType, typeof(Cluster));
                    (((Cluster)grain).Calls, ((Cluster)grain).Lease, ((Cluster)grain).Leasing, ((Cluster)grain).Starts) = (Calls, Lease, Leasing, Starts);
                    return grain;
                case nameof(IAcceleratorPoolGrain.LeaseAsync):
                    Calls.Add("Lease");
                    Leasing();
                    return Task.FromResult(Lease);
                case nameof(IAcceleratorPoolGrain.ReleaseAsync):
                    Calls.Add($"Release {args![0]}");
                    return Task.CompletedTask;
                case nameof(ITrainerGrain.StartAsync):
                    Calls.Add($"Start on {RequestContext.Get(IPlacementDirector.PlacementHintKey)} for attempt {((TrainingAssignment)args![0]!).Run.Number}");
                    return Task.FromResult(Starts.TryDequeue(out var result) ? result : StartResult.Started);
                case nameof(ITrainerGrain.StopAsync):
                    Calls.Add($"Stop {args![0]}");
                    return Task.FromResult(true);
                default:
                    throw new NotSupportedException(targetMethod.Name);
            }
        }
    }
}
