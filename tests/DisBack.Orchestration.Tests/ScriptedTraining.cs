using System.Collections.Concurrent;
using System.Globalization;
using System.Text;
using DisBack.Contracts.Grains;
using DisBack.Distillation.Optimization;
using DisBack.Distillation.Recording;
using DisBack.Distillation.Runs;
using DisBack.Orchestration.Training;
using TorchSharp;

namespace DisBack.Orchestration.Tests;

/// <summary>
/// Training without a method: the state is a vector that every step changes in a way that depends on the step, so its final bytes tell whether each
/// step was made exactly once. Stage 1 records a node every ten steps, stage 2 switches at each half and leaves a student.
/// </summary>
internal sealed class ScriptedTraining : ITrainingFactory
{
    /// <summary>Many times what anything takes here, also beside a build: who waits for longer waits for ever.</summary>
    private static readonly TimeSpan s_longestWait = TimeSpan.FromMinutes(2);

    private readonly TaskCompletionSource _ended = new(TaskCreationOptions.RunContinuationsAsynchronously);
    private readonly ConcurrentQueue<(RunKind Kind, long Step, Action<RunAttempt> Act)> _script = new();

    /// <summary>Steps of every run.</summary>
    public long Steps { get; init; } = 40;

    /// <summary>What else a run reaches at a step.</summary>
    public Func<RunAttempt, long, torch.Tensor, Milestone?> Milestones { get; init; } = (_, _, _) => null;

    /// <summary>The distance that a run measures at its end.</summary>
    public Func<TrainingAssignment, double> Fid { get; init; } = _ => 10;

    /// <summary>What a trial measures at a step; null is nothing.</summary>
    public Func<TrainingAssignment, long, double?> Evaluate { get; init; } = (_, _) => null;

    /// <summary>Called at the end of each step of a worker that another one leads.</summary>
    public Action<TrainingAssignment, long> AtFollower { get; init; } = (_, _) => { };

    /// <summary>Every run that was made, in order.</summary>
    public ConcurrentQueue<TrainingAssignment> Made { get; } = new();

    /// <summary>Completes when a run has left its training thread.</summary>
    public Task Ended => _ended.Task.WaitAsync(s_longestWait);

    /// <summary>Does something, once, at the end of a step of the first run that gets there.</summary>
    public void At(RunKind kind, long step, Action<RunAttempt> act) => _script.Enqueue((kind, step, act));

    /// <summary>Stops the training thread at a step until the returned gate is opened.</summary>
    public Gate HoldAt(RunKind kind, long step)
    {
        var gate = new Gate();
        At(kind, step, _ => gate.Pass());
        return gate;
    }

    public ITrainingRun Create(TrainingAssignment assignment, ITrainingInputs inputs)
    {
        foreach (var node in assignment.Nodes)
        {
            using var file = inputs.Fetch(node.Content);
            File.ReadAllBytes(file.Path);
        }
        Made.Enqueue(assignment);
        return new Run(this, assignment, inputs.Workers);
    }

    private void Act(RunAttempt run, long step)
    {
        foreach (var entry in _script)
        {
            if (entry.Kind != run.Kind || entry.Step != step)
            {
                continue;
            }
            // Once: whatever it does, a resumed attempt comes by again.
            var rest = _script.Where(other => other != entry).ToList();
            _script.Clear();
            rest.ForEach(_script.Enqueue);
            entry.Act(run);
        }
    }

    /// <summary>A place where the training thread waits for the test, and the test for the training thread.</summary>
    internal sealed class Gate
    {
        private readonly TaskCompletionSource _reached = new(TaskCreationOptions.RunContinuationsAsynchronously);
        private readonly TaskCompletionSource _open = new(TaskCreationOptions.RunContinuationsAsynchronously);

        public Task Reached => _reached.Task.WaitAsync(s_longestWait);

        public void Open() => _open.TrySetResult();

        public void Pass()
        {
            _reached.TrySetResult();
            _open.Task.Wait(s_longestWait);
        }
    }

    private sealed class Run(ScriptedTraining script, TrainingAssignment assignment, IWorkerGroup workers) : ITrainingRun
    {
        private readonly torch.Tensor _weights = torch.zeros(64, torch.float64).DetachFromDisposeScope();
        private Action _untilCopied = () => { };

        public string Stage => assignment.Run.Kind.ToString().ToLowerInvariant();

        public long Step { get; private set; }

        public long Steps => script.Steps;

        public void Begin(ITrainingListener listener) => listener.Measured([new Measurement(0, "fid", 100)]);

        public void Advance(ITrainingListener listener)
        {
            Step++;
            _untilCopied();
            using (torch.no_grad())
            {
                // Each worker has its part of what is added.
                using var added = torch.tensor((float)Step / workers.Count);
                workers.Sum([added]);
                _weights.mul_(1.25).add_(added.item<float>()).remainder_(1009);
            }
            if (workers.Rank > 0)
            {
                script.AtFollower(assignment, Step);
                return;
            }

            if (assignment.Run.Kind == RunKind.Recording && Step % 10 == 0)
            {
                listener.Reached(new RecordedNode((int)(Step / 10), Step, 1.0 / Step, [("weights", _weights)], new Dictionary<string, string>()).ToMilestone());
                listener.ArtifactMade(DegradationRecording.PictureOf((int)(Step / 10)), stream => stream.Write(_weights.bytes));
            }
            if (assignment.Run.Kind == RunKind.Backtracking && Step == Steps / 2)
            {
                listener.Reached(new TargetSwitch(Step, assignment.Nodes.Length - 2, assignment.Nodes.Length - 3, 0.25).ToMilestone());
            }
            if (assignment.Run.Kind == RunKind.Backtracking && script.Evaluate(assignment, Step) is { } quick)
            {
                listener.Measured([new Measurement(Step, "fid/quick", quick)]);
            }
            if (script.Milestones(assignment.Run, Step, _weights) is { } milestone)
            {
                listener.Reached(milestone);
            }
            script.Act(assignment.Run, Step);
        }

        public IReadOnlyList<Measurement> ReadMeasurements() => [new Measurement(Step, "loss/fake", 1.0 / Step)];

        public RunState Capture() => new([("weights", _weights)], Step.ToString(CultureInfo.InvariantCulture));

        public void Hold(Action untilCopied) => _untilCopied = untilCopied;

        public void Restore(RunState state)
        {
            state.CopyTo([("weights", _weights)]);
            Step = long.Parse(state.Progress, CultureInfo.InvariantCulture);
        }

        public void Complete(ITrainingListener listener)
        {
            var bytes = _weights.bytes.ToArray();
            listener.Measured([new Measurement(Step, "fid", script.Fid(assignment))]);
            var name = assignment.Run.Kind == RunKind.Teacher ? "teacher.safetensors" : "student.safetensors";
            listener.ArtifactMade(name, stream => stream.Write(bytes));
            listener.ArtifactMade("note.txt", stream => stream.Write(Encoding.UTF8.GetBytes("done")));
        }

        public void Dispose()
        {
            _weights.Dispose();
            script._ended.TrySetResult();
        }
    }
}
