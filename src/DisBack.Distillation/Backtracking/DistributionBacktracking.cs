using System.Text.Json;
using DisBack.Diffusion.Networks;
using DisBack.Diffusion.Parameters;
using DisBack.Diffusion.Randomness;
using DisBack.Distillation.Evaluations;
using DisBack.Distillation.Runs;
using DisBack.Specs.Backtracking;
using static TorchSharp.torch;

namespace DisBack.Distillation.Backtracking;

/// <summary>
/// Stage 2: the host method walks the student back along the recorded trajectory (paper, Eqs. (5) and (8)). The fake score starts at the last node,
/// the first target is the node before it, every switch goes one node towards the teacher, and the teacher stays the target to the end.
/// </summary>
/// <remarks>A trajectory of one node, the teacher, is the host alone, bit for bit.</remarks>
public sealed class DistributionBacktracking : ITrainingRun
{
    private readonly Func<Denoiser> _open;
    private readonly BacktrackingSettings _settings;
    private readonly ITrajectoryNodes _nodes;
    private readonly Func<long, Draw> _draw;
    private readonly StudentEvaluation? _evaluation;
    private readonly ScoreDistillation _host;
    private readonly LossLedger _losses = new(new Dictionary<string, string>
    {
        ["loss/generator"] = "generator",
        ["loss/fake"] = "fake score",
        ["student/std"] = "generator",
        ["score_gap"] = "target score",
    });

    private GapTracker _gap;
    private int _target;

    /// <summary>Prepares stage 2.</summary>
    /// <param name="open">Makes a network with the teacher's weights, which are also the generator's first ones; called once for each network that is trained, and for the student's file.</param>
    /// <param name="nodes">The sealed trajectory.</param>
    /// <param name="settings">The method, its rates and its switching policy.</param>
    /// <param name="sigmaInit">The generator's noise level.</param>
    /// <param name="streams">The randomness of the run.</param>
    /// <param name="device">Where to compute.</param>
    /// <param name="evaluation">Judges the averaged student on the way; null leaves it unjudged.</param>
    public DistributionBacktracking(
        Func<Denoiser> open, ITrajectoryNodes nodes, BacktrackingSettings settings, double sigmaInit, RandomStreams streams, Device device, StudentEvaluation? evaluation)
        : this(open, nodes, settings, sigmaInit, draw: null, evaluation)
    {
        var network = _host.Generator.Settings;
        _draw = step => Draw.At(streams, "backtracking", step, network, settings.Noise, settings.Batch, device);
    }

    /// <summary>Prepares stage 2 with draws given from outside.</summary>
    internal DistributionBacktracking(
        Func<Denoiser> open, ITrajectoryNodes nodes, BacktrackingSettings settings, double sigmaInit, Func<long, Draw>? draw, StudentEvaluation? evaluation)
    {
        (_open, _nodes, _settings, _draw, _evaluation) = (open, nodes, settings, draw!, evaluation);
        var fake = open();
        nodes.Load(nodes.Count - 1, fake);
        _host = new ScoreDistillation(open(), fake, settings, sigmaInit);
        SetTarget(Math.Max(nodes.Count - 2, 0));
    }

    /// <inheritdoc/>
    public string Stage => "backtracking";

    /// <inheritdoc/>
    public long Step { get; private set; }

    /// <inheritdoc/>
    public long Steps => _settings.Steps;

    /// <summary>Trajectory index of the current target; 0 is the teacher.</summary>
    public int TargetIndex => _target;

    /// <summary>The host that does the work.</summary>
    internal ScoreDistillation Host => _host;

    /// <inheritdoc/>
    public void Begin(ITrainingListener listener) => _evaluation?.Judge(listener, 0, "untrained", _host.AveragedWeights, final: true);

    /// <inheritdoc/>
    public void Advance(ITrainingListener listener)
    {
        using var scope = NewDisposeScope();
        var losses = _host.Iterate(Step, _draw(Step));
        var iteration = Step++;
        _losses.Add(Step, "loss/fake", losses.Fake);
        if (losses.Generator is not null)
        {
            _losses.Add(Step, "loss/generator", losses.Generator);
            _losses.Add(Step, "score_gap", losses.Gap!);
            _losses.Add(Step, "student/std", losses.Images.std(0, unbiased: false).mean());
        }

        // Reading the gap waits for the device. Against the teacher, which is the last target, nothing is decided from it any more.
        if (_target > 0 && IsSwitchDue(losses.Gap?.item<float>()))
        {
            listener.TargetSwitched(new TargetSwitch(Step, _target, _target - 1, _gap.State.Gap));
            _evaluation?.Depict(listener, Step, $"target {_target} reached", _host.AveragedWeights);
            SetTarget(_target - 1);
            _gap = _gap.Restarted();
        }

        if (_evaluation is not null && _evaluation.IsDue(Step) && Step < Steps)
        {
            _evaluation.Judge(listener, Step, caption: null, _host.AveragedWeights, final: false);
        }

        bool IsSwitchDue(double? gap)
        {
            _gap = _gap.After(iteration, gap);
            return _settings.Switching.Switches(_gap.State);
        }
    }

    /// <inheritdoc/>
    public IReadOnlyList<Measurement> ReadMeasurements()
    {
        var measurements = _losses.Drain();
        foreach (var spread in measurements)
        {
            if (spread.Name == "student/std" && spread.Value < _settings.CollapseThreshold)
            {
                throw new TrainingFailedException(
                    TrainingFailure.Collapse,
                    $"The generator collapsed at step {spread.Step}: the standard deviation of its images fell to {spread.Value:g3}, under collapse_threshold "
                    + $"{_settings.CollapseThreshold:g3}; lower generator.learning_rate, or raise fake_updates_per_generator_update.");
            }
        }

        return [.. measurements, new Measurement(Step, "target_index", _target)];
    }

    /// <inheritdoc/>
    public RunState Capture() => new(
        [.. _host.State, .. _evaluation?.Strips ?? []],
        JsonSerializer.Serialize(new Progress
        {
            Step = Step,
            Target = _target,
            Gap = _gap.State,
            GeneratorUpdates = _host.Counters.Generator,
            GeneratorImages = _host.Counters.GeneratorImages,
            FakeUpdates = _host.Counters.Fake,
        }));

    /// <inheritdoc/>
    public void Restore(RunState state)
    {
        var rest = state.CopyTo(_host.State);
        var progress = state.ProgressAs<Progress>();
        _evaluation?.Restore(rest);
        _host.Counters = (progress.GeneratorUpdates, progress.GeneratorImages, progress.FakeUpdates);
        _gap = new GapTracker(progress.Gap);
        Step = progress.Step;
        SetTarget(progress.Target);
    }

    /// <inheritdoc/>
    public void Complete(ITrainingListener listener)
    {
        _evaluation?.Judge(listener, Step, "student", _host.AveragedWeights, final: true);
        using var scope = NewDisposeScope();
        using var noGrad = no_grad();
        using var student = _open();
        using var parameters = ParameterBuffer.Attach(student, trained: false);
        parameters.Weights.copy_(_host.AveragedWeights);
        listener.ArtifactMade(StudentFile.Name, stream => StudentFile.Write(stream, student, _host.SigmaInit));
        _evaluation?.Finish(listener);
    }

    /// <inheritdoc/>
    public void Dispose()
    {
        _losses.Dispose();
        _host.Dispose();
        _evaluation?.Dispose();
    }

    private void SetTarget(int index)
    {
        _host.Target = _nodes.Borrow(index);
        _target = index;
        if (index > 0)
        {
            _nodes.Prefetch(index - 1);
        }
    }

    private sealed record Progress
    {
        public required long Step { get; init; }

        public required int Target { get; init; }

        public required SwitchingState Gap { get; init; }

        public required long GeneratorUpdates { get; init; }

        public required long GeneratorImages { get; init; }

        public required long FakeUpdates { get; init; }
    }
}
