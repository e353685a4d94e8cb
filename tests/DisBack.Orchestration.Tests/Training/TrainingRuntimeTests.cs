using System.Reflection;
using System.Text.Json.Nodes;
using System.Text.RegularExpressions;
using DisBack.Contracts.Documents;
using DisBack.Contracts.Grains;
using DisBack.Distillation.Runs;
using DisBack.Orchestration.Groups;
using DisBack.Orchestration.Runs;
using DisBack.Orchestration.Training;
using DisBack.Storage.Blobs;
using DisBack.Storage.Cache;
using DisBack.Storage.Content;
using DisBack.Storage.Metrics;
using Microsoft.Extensions.Logging.Abstractions;
using Microsoft.Extensions.Options;
using Microsoft.Extensions.Time.Testing;
using Orleans.Configuration;

namespace DisBack.Orchestration.Tests.Training;

/// <summary>The training threads alone, without a silo: what they say, and when they stop by themselves.</summary>
public sealed class TrainingRuntimeTests : IDisposable
{
    private static readonly IOptions<SiloOptions> s_silo = Options.Create(new SiloOptions { SiloName = "worker-7" });

    // Nobody here trains together with others.
    private static readonly WorkerGroups s_groups = new(null!, null!, TimeProvider.System);

    private readonly string _folder = Directory.CreateTempSubdirectory("disback-runtime-").FullName;
    private readonly TrainingOptions _options = new();
    private readonly FolderBlobStore _blobs;
    private readonly ContentStore _contents;
    private readonly WeightCache _weights;

    public TrainingRuntimeTests()
    {
        _blobs = new FolderBlobStore(Path.Combine(_folder, "data"));
        _contents = new ContentStore(_blobs);
        _weights = new WeightCache(
            _contents,
            Options.Create(new WeightCacheOptions { Folder = Path.Combine(_folder, "cache") }),
            NullLogger<WeightCache>.Instance);
        _options.Scratch = Path.Combine(_folder, "scratch");
        _options.Devices.Add(new Accelerator(0, "cpu", "cpu", 1));
    }

    [Fact]
    public async Task Signals_come_in_order_and_the_outcome_after_the_last_one()
    {
        var job = Start(new ScriptedTraining());

        var signals = await AnswerAsync(job, CommitResult.Accepted);
        var outcome = await job.Completion;

        Assert.Equal(new RunOutcome(40), outcome);
        Assert.Equal([10L, 20L, 30L, 40L], signals.OfType<RunSignal.CheckpointStored>().Select(stored => stored.Checkpoint.Step));
        Assert.Equal(["teacher.safetensors", "note.txt"], signals.TakeLast(2).OfType<RunSignal.ArtifactStored>().Select(stored => stored.Artifact.Name));
        foreach (var stored in signals.OfType<RunSignal.CheckpointStored>())
        {
            await _contents.VerifyAsync(stored.Checkpoint.Content, TestContext.Current.CancellationToken);
        }
        Assert.Empty(Directory.GetFiles(_options.Scratch, "*", SearchOption.AllDirectories));
    }

    [Fact]
    public async Task A_milestone_comes_in_its_order_with_its_payload_and_its_content_stored()
    {
        var script = new ScriptedTraining
        {
            Milestones = (_, step, weights) => step switch
            {
                15 => new Milestone("warm-up", step, new JsonObject { ["accuracy"] = 0.5 }),
                16 => new Milestone(
                    "rung",
                    step,
                    new JsonObject { ["index"] = 1 },
                    new MilestoneContent([("weights", weights)], new Dictionary<string, string>())),
                17 => new RecordedNode(3, step, 0.25, [("weights", weights)], new Dictionary<string, string>()).ToMilestone(),
                18 => new TargetSwitch(step, 2, 1, double.NaN).ToMilestone(),
                _ => null,
            },
        };
        var job = Start(script);

        var signals = await AnswerAsync(job, CommitResult.Accepted);
        var reached = signals.OfType<RunSignal.MilestoneReached>().Select(signal => signal.Milestone).ToList();

        Assert.Equal(["checkpoint", "warm-up", "rung", "node", "switch", "checkpoint"], signals.Take(6).Select(signal => signal.Product));
        Assert.Equal(new MilestoneRecord("warm-up", 15, """{"accuracy":0.5}"""), reached[0]);
        Assert.Equal(("rung", 16L, """{"index":1}"""), (reached[1].Kind, reached[1].Step, reached[1].Payload));
        await _contents.VerifyAsync(reached[1].Content!, TestContext.Current.CancellationToken);
        Assert.Equal(new NodeRef(3, 17, reached[2].Content!, 0.25), reached[2].ToNode());
        Assert.Equal(new SwitchRecord(18, 2, 1, null), reached[3].ToSwitch());
        Assert.Equal(1, job.Snapshot.TargetIndex);
    }

    [Fact]
    public async Task The_exact_teacher_is_no_node_to_be_stored()
    {
        var script = new ScriptedTraining
        {
            Milestones = (_, step, weights) => step == 15
                ? new RecordedNode(0, step, double.NaN, [("weights", weights)], new Dictionary<string, string>()).ToMilestone()
                : null,
        };

        Assert.Empty((await AnswerAsync(Start(script), CommitResult.Accepted)).OfType<RunSignal.MilestoneReached>());
    }

    [Fact]
    public async Task A_run_that_nobody_hears_stops_itself_after_the_dead_man_time()
    {
        var script = new ScriptedTraining();
        var hold = script.HoldAt(RunKind.Teacher, 15);
        var time = new FakeTimeProvider();
        _options.DeadMan = TimeSpan.FromSeconds(120);
        var job = Start(script, time);
        var answers = AnswerAsync(job, CommitResult.Accepted);

        await hold.Reached;
        time.Advance(TimeSpan.FromSeconds(119));
        Assert.False(job.Abandoned.IsCancellationRequested);
        time.Advance(TimeSpan.FromSeconds(1));
        Assert.True(job.Abandoned.IsCancellationRequested);
        hold.Open();
        var outcome = await job.Completion;
        await answers;

        Assert.Equal((FailureCause.Lost, 15L), (outcome.Cause!.Value, outcome.Step));
        Assert.Contains("No heartbeat was accepted", outcome.Message, StringComparison.Ordinal);
    }

    [Fact]
    public async Task An_accepted_heartbeat_extends_the_dead_man_time()
    {
        var script = new ScriptedTraining();
        var hold = script.HoldAt(RunKind.Teacher, 15);
        var time = new FakeTimeProvider();
        _options.DeadMan = TimeSpan.FromSeconds(120);
        var job = Start(script, time);
        var answers = AnswerAsync(job, CommitResult.Accepted);
        await hold.Reached;

        time.Advance(TimeSpan.FromSeconds(100));
        job.ExtendDeadline();
        time.Advance(TimeSpan.FromSeconds(100));
        var heard = job.Abandoned.IsCancellationRequested;
        time.Advance(TimeSpan.FromSeconds(21));
        var unheard = job.Abandoned.IsCancellationRequested;
        hold.Open();
        await answers;

        Assert.Equal((false, true), (heard, unheard));
    }

    [Fact]
    public async Task A_fenced_commit_stops_the_run_at_its_next_step()
    {
        var job = Start(new ScriptedTraining { Steps = 1_000_000 });

        await AnswerAsync(job, CommitResult.Fenced);
        var outcome = await job.Completion;

        Assert.Equal(FailureCause.Lost, outcome.Cause);
        Assert.Contains("Another attempt owns the run", outcome.Message, StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_slot_is_taken_until_the_thread_has_gone_and_a_new_attempt_fences_the_old_one()
    {
        var script = new ScriptedTraining();
        var hold = script.HoldAt(RunKind.Teacher, 5);
        var runtime = Runtime(script);
        var first = runtime.TryStart(Assignment(1))!;
        var answers = AnswerAsync(first, CommitResult.Accepted);
        await hold.Reached;

        var refused = runtime.TryStart(Assignment(2));
        hold.Open();
        await first.Completion;
        var second = runtime.TryStart(Assignment(2))!;
        await AnswerAsync(second, CommitResult.Accepted);
        await answers;

        Assert.Null(refused);
        Assert.Equal(FailureCause.Lost, (await first.Completion).Cause);
        Assert.Null((await second.Completion).Cause);
        Assert.Empty(runtime.Occupied);
    }

    [Fact]
    public async Task A_store_that_fails_for_good_fails_the_attempt_with_its_own_words()
    {
        var script = new ScriptedTraining();
        // A file where the store needs a folder.
        script.At(RunKind.Teacher, 5, _ => File.WriteAllText(Path.Combine(_folder, "data"), ""));
        var job = Start(script);

        await AnswerAsync(job, CommitResult.Accepted);
        var outcome = await job.Completion;

        Assert.Equal(FailureCause.Storage, outcome.Cause);
        Assert.Contains(_folder, outcome.Message, StringComparison.Ordinal);
    }

    [Fact]
    public async Task More_threads_than_the_cores_can_serve_are_refused_for_good_before_anything_is_computed()
    {
        var most = 4 * Environment.ProcessorCount;
        var spec = $$"""{"hardware":{"threads":{{most + 1}},"device":"cpu"} }""";
        var job = Runtime(new ScriptedTraining()).TryStart(Assignment(1) with { Spec = spec })!;

        Assert.Empty(await AnswerAsync(job, CommitResult.Accepted));
        var outcome = await job.Completion;

        // This cause is never tried again.
        Assert.Equal((0L, FailureCause.Invalid), (outcome.Step, outcome.Cause));
        Assert.Contains($"this machine has {Environment.ProcessorCount} cores and takes at most {most} threads", outcome.Message);
    }

    [Fact]
    public async Task The_newest_checkpoint_stays_near_for_an_attempt_on_the_same_machine()
    {
        var script = new ScriptedTraining();
        script.At(RunKind.Teacher, 25, _ => throw new InvalidOperationException("It crashes."));
        var blobs = InTheCloud.Of(_blobs);
        var contents = new ContentStore(blobs);
        using var weights = new WeightCache(
            contents, Options.Create(new WeightCacheOptions { Folder = Path.Combine(_folder, "near") }), NullLogger<WeightCache>.Instance);
        var runtime = new TrainingRuntime(
            script, blobs, contents, weights, Options.Create(_options), TimeProvider.System, new RunHistory(NullLoggerFactory.Instance), s_silo,
            new DeviceSlots(Options.Create(_options)), s_groups, NullLogger<TrainingRuntime>.Instance);

        var first = runtime.TryStart(Assignment(1))!;
        var signals = await AnswerAsync(first, CommitResult.Accepted);
        // Its slot is free only then.
        await first.Completion;
        var newest = signals.OfType<RunSignal.CheckpointStored>().Last().Checkpoint;
        Assert.Equal([newest.Content.Digest], weights.Digests);
        // Whoever goes on from it now has it from here.
        Assert.True(await _blobs.DeleteAsync(newest.Content.BlobName, BlobCondition.None, TestContext.Current.CancellationToken));
        var second = runtime.TryStart(Assignment(2) with { Checkpoints = [newest] })!;
        signals = await AnswerAsync(second, CommitResult.Accepted);

        Assert.Equal(new RunOutcome(40), await second.Completion);
        Assert.Empty(signals.OfType<RunSignal.Noted>());
        Assert.Equal((20L, 30L), (newest.Step, signals.OfType<RunSignal.CheckpointStored>().First().Checkpoint.Step));
        Assert.Empty(weights.Digests);
    }

    [Fact]
    public async Task The_log_tells_of_an_attempt_from_its_beginning_to_its_end_without_a_chunk_of_its_own()
    {
        var job = Start(new ScriptedTraining());
        await AnswerAsync(job, CommitResult.Accepted);
        await job.Completion;

        var lines = await LogAsync();

        Assert.Matches(
            @"^Attempt 1 of the teacher begins on worker-7 \(process \d+, DisBack [^)]+\): cpu, 2 threads, \d+ cores and \d+\.\d GiB of memory\.$",
            lines[0].Text);
        Assert.Matches(@"^Prepared in \d+\.\d+ s\.$", lines[1].Text);
        Assert.Matches("^It starts afresh, with 40 steps to make", lines[2].Text);
        Assert.Contains(
            lines,
            line => Regex.IsMatch(
                line.Text,
                @"^The checkpoint of step 10 \(\d+ bytes\) is durable after .* s, and has held training up for .* s(; .* steps a second)?\.$"));
        Assert.Contains(lines, line => line is { Step: 40, Text: "All 40 steps are made." });
        Assert.All(lines, line => Assert.Equal((1, "worker-7", LogSeverity.Info), (line.Attempt, line.Silo, line.Level)));
        Assert.All(
            Directory.GetFiles(Path.Combine(_folder, "data"), "*.ndjson", SearchOption.AllDirectories),
            chunk => Assert.Contains("{\"point\":", File.ReadAllText(chunk), StringComparison.Ordinal));
    }

    [Fact]
    public async Task A_long_attempt_leaves_the_last_lines_of_its_log_too_and_its_first_ones_before_the_first_checkpoint()
    {
        var time = new FakeTimeProvider(DateTimeOffset.UnixEpoch);
        var script = new ScriptedTraining();
        var (early, late) = (script.HoldAt(RunKind.Teacher, 5), script.HoldAt(RunKind.Teacher, 35));
        var job = Start(script, time);
        var answers = AnswerAsync(job, CommitResult.Accepted);
        await early.Reached;
        Assert.Empty(await LogAsync());
        var chunk = ChunkAsync();
        time.Advance(TimeSpan.FromSeconds(10));
        await chunk;
        Assert.StartsWith("Attempt 1 of the teacher begins", (await LogAsync())[0].Text, StringComparison.Ordinal);
        early.Open();
        await late.Reached;
        late.Open();
        await answers;
        await job.Completion;

        var last = (await LogAsync())[^1];

        Assert.Equal((40L, "Complete; the attempt took 10.0 s, 10.0 s of them in steps."), (last.Step, last.Text));
    }

    [Fact]
    public async Task A_crash_leaves_its_stack_trace_in_the_log_with_what_came_before()
    {
        var script = new ScriptedTraining();
        script.At(RunKind.Teacher, 25, _ => throw new InvalidOperationException("It crashes.", new IOException("Because of this.")));
        var job = Start(script);
        await AnswerAsync(job, CommitResult.Accepted);
        await job.Completion;

        var lines = await LogAsync();
        var failure = Assert.Single(lines, line => line.Level == LogSeverity.Error);

        Assert.Equal(24, failure.Step);
        Assert.StartsWith(
            "InvalidOperationException: It crashes.\nSystem.InvalidOperationException: It crashes.\n   at ", failure.Text, StringComparison.Ordinal);
        Assert.Contains("TrainingLoop.Run(", failure.Text, StringComparison.Ordinal);
        Assert.Contains("caused by System.IO.IOException: Because of this.", failure.Text, StringComparison.Ordinal);
        Assert.DoesNotContain(" in /", failure.Text, StringComparison.Ordinal);
        Assert.Contains(lines, line => line.Text.StartsWith("The checkpoint of step 20", StringComparison.Ordinal));
    }

    [Fact]
    public async Task An_attempt_that_ends_before_its_first_step_leaves_its_log_and_takes_nothing_from_the_curves()
    {
        var script = new ScriptedTraining();
        script.At(RunKind.Teacher, 25, _ => throw new InvalidOperationException("It crashes."));
        await AnswerAsync(Start(script), CommitResult.Accepted);
        var before = await new MetricReader(_blobs).ReadAsync(GrainKeys.Metrics(RunKind.Teacher, "mine"), TestContext.Current.CancellationToken);
        var job = Runtime(script).TryStart(Assignment(2) with { Spec = """{"hardware":{"threads":100000,"device":"cpu"} }""" })!;
        await AnswerAsync(job, CommitResult.Accepted);
        await job.Completion;

        var lines = (await LogAsync()).Where(line => line.Attempt == 2).ToList();

        Assert.Equal(2, lines.Count);
        Assert.StartsWith("Attempt 2 of the teacher begins", lines[0].Text, StringComparison.Ordinal);
        Assert.StartsWith("hardware.threads is 100000, but this machine has", lines[1].Text, StringComparison.Ordinal);
        Assert.Equal(((long?)null, LogSeverity.Error), (lines[1].Step, lines[1].Level));
        var after = await new MetricReader(_blobs).ReadAsync(GrainKeys.Metrics(RunKind.Teacher, "mine"), TestContext.Current.CancellationToken);
        Assert.NotEmpty(before.Points);
        Assert.Equal(before.Points, after.Points);
    }

    [Fact]
    public async Task A_stop_is_in_the_log_and_a_fenced_attempt_writes_nothing_more()
    {
        var script = new ScriptedTraining();
        var hold = script.HoldAt(RunKind.Teacher, 15);
        var job = Start(script);
        var answers = AnswerAsync(job, CommitResult.Accepted);
        await hold.Reached;
        job.RequestStop(StopMode.Now, "Stopped on request.");
        hold.Open();
        await answers;
        await job.Completion;
        Assert.Matches(@"^Stopped at step 15 after .* in steps: Stopped on request\.$", (await LogAsync())[^1].Text);

        hold = script.HoldAt(RunKind.Teacher, 5);
        job = Runtime(script).TryStart(Assignment(2))!;
        answers = AnswerAsync(job, CommitResult.Accepted);
        await hold.Reached;
        job.Fence();
        hold.Open();
        await answers;
        await job.Completion;
        Assert.DoesNotContain(await LogAsync(), line => line.Attempt == 2);
    }

    public void Dispose()
    {
        _weights.Dispose();
        Directory.Delete(_folder, recursive: true);
    }

    private async Task<IReadOnlyList<LogLine>> LogAsync() =>
        (await new MetricReader(_blobs).ReadLogAsync(
            GrainKeys.Metrics(RunKind.Teacher, "mine"), new LogQuery(), TestContext.Current.CancellationToken)).Lines;

    /// <summary>Completes when there is another chunk.</summary>
    private async Task ChunkAsync()
    {
        var metrics = Directory.CreateDirectory(Path.Combine(_folder, "data", "metrics")).FullName;
        var written = new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously);
        using var watcher = new FileSystemWatcher(metrics, "*.ndjson") { IncludeSubdirectories = true, EnableRaisingEvents = true };
        watcher.Created += (_, _) => written.TrySetResult();
        watcher.Renamed += (_, _) => written.TrySetResult();
        await written.Task.WaitAsync(TimeSpan.FromSeconds(30), TestContext.Current.CancellationToken);
    }

    private static TrainingAssignment Assignment(int attempt) =>
        new() { Run = new RunAttempt(RunKind.Teacher, "mine", attempt), Spec = """{"checkpoints":{"every":10,"keep":3}}""" };

    private static async Task<List<RunSignal>> AnswerAsync(ITrainingJob job, CommitResult answer)
    {
        var signals = new List<RunSignal>();
        await foreach (var signal in job.Signals.ReadAllAsync(TestContext.Current.CancellationToken))
        {
            signals.Add(signal);
            signal.Acknowledge(answer);
        }
        return signals;
    }

    private static Task Cancelled(CancellationToken token)
    {
        var cancelled = new TaskCompletionSource();
        token.Register(cancelled.SetResult);
        return cancelled.Task.WaitAsync(TimeSpan.FromSeconds(30), TestContext.Current.CancellationToken);
    }

    private TrainingRuntime Runtime(ScriptedTraining script, TimeProvider? time = null) =>
        new(
            script,
            _blobs,
            _contents,
            _weights,
            Options.Create(_options),
            time ?? TimeProvider.System,
            new RunHistory(NullLoggerFactory.Instance),
            s_silo,
            new DeviceSlots(Options.Create(_options)),
            s_groups,
            NullLogger<TrainingRuntime>.Instance);

    private ITrainingJob Start(ScriptedTraining script, TimeProvider? time = null) => Runtime(script, time).TryStart(Assignment(1))!;

    /// <summary>A store that has no files of its own to lend.</summary>
#pragma warning disable CA1852 // The runtime derives the proxy from it.
    private class InTheCloud : DispatchProxy
#pragma warning restore CA1852
    {
        private IBlobStore _store = null!;

        public static IBlobStore Of(IBlobStore store)
        {
            var proxy = Create<IBlobStore, InTheCloud>();
            ((InTheCloud)proxy)._store = store;
            return proxy;
        }

        protected override object? Invoke(MethodInfo? targetMethod, object?[]? args) =>
            targetMethod!.Name == nameof(IBlobStore.LocalPathOf) ? null : targetMethod.Invoke(_store, args);
    }
}
