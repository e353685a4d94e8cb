using DisBack.Distillation.Runs;
using DisBack.Specs.Training;

namespace DisBack.Distillation.Tests.Runs;

/// <summary>In which order the loop asks a run for steps, losses and states, whatever the run trains.</summary>
public sealed class TrainingLoopTests
{
    private static readonly CheckpointSettings s_every8 = new() { Every = 8 };

    [Fact]
    public void Losses_are_read_at_every_tenth_step_and_before_a_state_is_made_durable()
    {
        var run = new Script { Steps = 22 };

        Assert.True(TrainingLoop.Run(run, s_every8, run, CancellationToken.None));

        Assert.Equal(
            "begin, read 8, capture 8, read 10, read 16, capture 16, read 20, read 22, capture 22, complete 22",
            string.Join(", ", run.Calls));
    }

    [Fact]
    public void A_step_that_is_both_and_the_last_one_are_read_once_each()
    {
        var run = new Script { Steps = 20 };

        Assert.True(TrainingLoop.Run(run, new CheckpointSettings { Every = 10 }, run, CancellationToken.None));

        // The twentieth is read as a tenth one, and again before its state, where nothing is left to read.
        Assert.Equal("begin, read 10, capture 10, read 20, read 20, capture 20, complete 20", string.Join(", ", run.Calls));
    }

    [Fact]
    public void A_run_that_resumes_does_not_begin_again()
    {
        var run = new Script { Step = 17, Steps = 19 };

        Assert.True(TrainingLoop.Run(run, s_every8, run, CancellationToken.None));

        Assert.Equal("read 19, capture 19, complete 19", string.Join(", ", run.Calls));
    }

    [Fact]
    public void A_stop_between_two_steps_leaves_a_state_and_no_results()
    {
        using var stop = new CancellationTokenSource();
        var run = new Script { Steps = 22, AfterStep = step => Stop(step == 3) };

        Assert.False(TrainingLoop.Run(run, s_every8, run, stop.Token));

        Assert.Equal("begin, read 3, capture 3", string.Join(", ", run.Calls));

        void Stop(bool now)
        {
            if (now)
            {
                stop.Cancel();
            }
        }
    }

    [Fact]
    public void The_listener_may_want_more_states_except_after_the_last_step()
    {
        var run = new Script { Steps = 3, WantsCheckpoint = true };

        Assert.True(TrainingLoop.Run(run, s_every8, run, CancellationToken.None));

        Assert.Equal("begin, read 1, capture 1, read 2, capture 2, read 3, capture 3, complete 3", string.Join(", ", run.Calls));
    }

    [Fact]
    public void A_state_is_copied_by_the_time_the_run_waits_or_another_is_captured()
    {
        var copied = new List<long>();
        Script run = null!;
        run = new Script { Steps = 3, WantsCheckpoint = true, AfterStep = _ => copied.Add(run.Copied) };

        TrainingLoop.Run(run, s_every8, run, CancellationToken.None);

        // During a step the state of the one before may still be on its way, unless the run waits.
        Assert.Equal([0, 0, 1], copied);
        Assert.Equal(3, run.Copied);
        run = new Script
        {
            Steps = 3,
            WantsCheckpoint = true,
            AfterStep = step =>
            {
                run.Held();
                Assert.Equal(step - 1, run.Copied);
            },
        };
        TrainingLoop.Run(run, s_every8, run, CancellationToken.None);
    }

    [Fact]
    public void A_step_that_fails_leaves_no_copy_on_its_way()
    {
        var run = new Script { Steps = 22, AfterStep = step => Assert.NotEqual(11, step) };

        Assert.ThrowsAny<Exception>(() => TrainingLoop.Run(run, s_every8, run, CancellationToken.None));

        Assert.Equal(8, run.Copied);
    }

    /// <summary>Notes what it is asked for; every state that is captured goes to its listener, which is itself.</summary>
    private sealed class Script : ITrainingRun, ITrainingListener
    {
        public List<string> Calls { get; } = [];

        public Action<long> AfterStep { get; init; } = _ => { };

        public string Stage => "script";

        public long Step { get; set; }

        public long Steps { get; init; }

        public bool WantsCheckpoint { get; init; }

        /// <summary>What it was told to wait for last.</summary>
        public Action Held { get; private set; } = () => { };

        /// <summary>The step of the newest state that has been copied.</summary>
        public long Copied { get; private set; }

        public void Begin(ITrainingListener listener) => Calls.Add("begin");

        public void Advance(ITrainingListener listener) => AfterStep(++Step);

        public IReadOnlyList<Measurement> ReadMeasurements() => [new(Step, "loss", 1)];

        public RunState Capture() => new([], "{}");

        public void Restore(RunState state) => throw new NotSupportedException();

        public void Complete(ITrainingListener listener) => Calls.Add($"complete {Step}");

        public void Measured(IReadOnlyList<Measurement> measurements) => Calls.Add($"read {Assert.Single(measurements).Step}");

        public void Reached(Milestone milestone) => throw new NotSupportedException();

        public void ArtifactMade(string name, Action<Stream> write) => throw new NotSupportedException();

        public void Hold(Action untilCopied) => Held = untilCopied;

        public Action CheckpointDue(long step, RunState state)
        {
            Assert.Equal(Step, step);
            Calls.Add($"capture {step}");
            return () => Copied = step;
        }

        public void Dispose()
        {
        }
    }
}
