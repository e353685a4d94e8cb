using System.Text.Json;
using System.Text.Json.Serialization;
using DisBack.Diffusion;
using DisBack.Diffusion.Networks;
using DisBack.Distillation.Evaluations;
using DisBack.Distillation.Generators;
using DisBack.Distillation.Hosts;
using DisBack.Distillation.Optimization;
using DisBack.Distillation.Runs;
using DisBack.Specs.Backtracking;
using DisBack.Specs.Training;
using static TorchSharp.torch;

namespace DisBack.Distillation.Backtracking;

/// <summary>
/// Stage 2: the host method walks the student back along the recorded trajectory (paper, Eqs. (5) and (8)). The fake score starts at the last node and
/// the first target is the node before it, unless the settings name others; every switch goes one node towards the teacher, which stays the target to the
/// end, unless the policy takes a step back.
/// </summary>
/// <remarks>A trajectory of one node, the teacher, is the host alone, bit for bit.</remarks>
public sealed class DistributionBacktracking : ITrainingRun
{
    private const string StageName = "backtracking";

    private readonly StageInputs _inputs;
    private readonly BacktrackingSettings _settings;
    private readonly IRealSamples? _data;
    private readonly int _lastNode;
    private readonly int _firstTarget;
    private readonly StudentEvaluation? _evaluation;
    private readonly TrainedGenerator _generator;
    private readonly FlooredDraws _draws;
    private readonly IDistillationHost _host;
    private readonly LossLedger _losses;
    private readonly StateHold _hold = new();

    private readonly Target _target;
    private GapTracker _gap;

    /// <summary>Prepares stage 2.</summary>
    /// <param name="inputs">The teacher, the untrained student, and everything random.</param>
    /// <param name="nodes">The sealed trajectory.</param>
    /// <param name="settings">The host, its rates and the switching policy.</param>
    /// <param name="evaluation">Evaluates the averaged student on the way, owned from now on; null for none.</param>
    /// <param name="data">Real images for a host that needs them, owned from now on; null for none.</param>
    public DistributionBacktracking(
        StageInputs inputs, ITrajectoryNodes nodes, BacktrackingSettings settings, StudentEvaluation? evaluation = null, IRealSamples? data = null)
        : this(inputs, nodes, settings, evaluation, data, HostRegistry.Create)
    {
    }

    /// <summary>Prepares stage 2 with a host that need not be registered.</summary>
    internal DistributionBacktracking(
        StageInputs inputs,
        ITrajectoryNodes nodes,
        BacktrackingSettings settings,
        StudentEvaluation? evaluation,
        IRealSamples? data,
        Func<HostContext, IDistillationHost> host)
    {
        (_inputs, _settings, _evaluation, _data, _lastNode) = (inputs, settings, evaluation, data, nodes.Count - 1);
        var generator = inputs.OpenStudent();
        _generator = new TrainedGenerator(generator, settings.Generator, settings.Ema, settings.GeneratorUpdates, _hold, inputs.Workers);
        _firstTarget = settings.FirstTargetOf(nodes.Count);
        _target = new Target(
            nodes,
            _firstTarget,
            settings.Switching is Interpolated ? inputs.OpenTeacher : null,
            comparesNodes: settings.Switching.ComparisonInterval is not null);
        _draws = new FlooredDraws(
            inputs.DrawsFor(StageName, _target.At(0), generator), settings.FloorInForce, settings.Signal, generator, settings.BatchPart / inputs.Workers.Count);
        _host = host(new HostContext(_generator, OpenFakeScore, inputs.OpenTeacher, settings, _draws, inputs.Streams, _hold, data)
        {
            Workers = inputs.Workers,
        });
        _losses = new LossLedger(new Dictionary<string, string>(_host.Losses) { ["student/std"] = "generator", ["score_gap"] = "target score" });

        Denoiser OpenFakeScore()
        {
            var fake = inputs.OpenTeacher();
            nodes.Load(settings.FakeStartOf(nodes.Count), fake);
            return fake;
        }
    }

    /// <inheritdoc/>
    public string Stage => StageName;

    /// <inheritdoc/>
    public long Step { get; private set; }

    /// <inheritdoc/>
    public long Steps => _settings.Steps;

    /// <summary>Trajectory index of the current target; 0 is the teacher.</summary>
    public int TargetIndex => _target.Index;

    /// <summary>The host that trains it.</summary>
    internal IDistillationHost Host => _host;

    /// <inheritdoc/>
    public void Begin(ITrainingListener listener) => _evaluation?.Evaluate(listener, 0, "untrained", _generator.Average, final: true);

    /// <inheritdoc/>
    public void Advance(ITrainingListener listener)
    {
        using var scope = NewDisposeScope();
        HostStep made;
        using (CudaTurns.Take(_inputs.Device, _inputs.Precision == Precision.Tf32))
        {
            if (IsComparisonDue)
            {
                var compared = CompareNodes();
                _gap = _gap.Comparing(compared);
                listener.Measured(
                [
                    new(Step, "node_gap", compared.NextGap), new(Step, "calibration", compared.Calibration),
                    new(Step, "next_calibration", compared.NextCalibration),
                ]);
            }
            var blend = _settings.Switching.Blend(_gap.State);
            var guidance = _settings.Guidance?.At(TargetIndex - blend, _lastNode) ?? 1;
            var target = _target.At(blend);
            if (_draws.Ask(Step, target, TargetIndex) is { Count: > 0 } seen)
            {
                listener.Measured(seen);
            }
            made = _host.Iterate(Step, new TargetScore(target, guidance));
        }

        // A host may have changed nothing yet, and the pictures of an evaluation are part of the state.
        _hold.Wait();
        var iteration = Step++;
        foreach (var (name, loss) in made.Losses)
        {
            _losses.Add(Step, name, loss);
        }

        if (made.Generated is { } generated)
        {
            _losses.Add(Step, "score_gap", generated.Gap);
            _losses.Add(Step, "student/std", generated.Images.std(0, unbiased: false).mean());
        }

        // Reading the gap waits for the device. Against the teacher, which most policies never leave, nothing is decided from it any more.
        if (TargetIndex > 0 || _settings.Switching.MayReturn)
        {
            _gap = _gap.After(iteration, made.Generated?.Gap.item<float>());
            if (TargetIndex < _firstTarget && _settings.Switching.Returns(_gap.State))
            {
                MoveTo(TargetIndex + 1, $"target {TargetIndex} lost");
            }
            else if (TargetIndex > 0 && _settings.Switching.Switches(_gap.State))
            {
                MoveTo(TargetIndex - 1, $"target {TargetIndex} reached");
            }
        }

        if (_evaluation is not null && _evaluation.IsDue(Step) && Step < Steps)
        {
            _evaluation.Evaluate(listener, Step, caption: null, _generator.Average, final: false);
        }

        void MoveTo(int index, string caption)
        {
            listener.Reached(new TargetSwitch(Step, TargetIndex, index, _gap.State.Gap).ToMilestone());
            _evaluation?.Draw(listener, Step, caption, _generator.Average);
            _target.MoveTo(index);
            _gap = _gap.Restarted();
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
                    + $"{_settings.CollapseThreshold:g3}; lower backtracking.generator.learning_rate, or let the fake score be updated more often.");
            }
        }

        return [.. measurements, new Measurement(Step, "target_index", TargetIndex)];
    }

    /// <inheritdoc/>
    public RunState Capture() => new(
        [.. State, .. _evaluation?.Strips ?? []],
        JsonSerializer.Serialize(new Progress
        {
            Step = Step,
            Target = TargetIndex,
            Gap = _gap.State,
            GeneratorUpdates = _generator.Updates,
            GeneratorImages = _generator.Images,
            NoiseFloor = _draws.Floor,
            FloorTarget = _draws.Asked,
            HostCounters = _host.Counters.ToDictionary(counter => counter.Key, counter => JsonSerializer.SerializeToElement(counter.Value)),
        }));

    /// <inheritdoc/>
    public void Hold(Action untilCopied) => _hold.Begin(untilCopied);

    /// <inheritdoc/>
    public void Restore(RunState state)
    {
        var rest = state.CopyTo(State);
        var progress = state.ProgressAs<Progress>();
        _evaluation?.Restore(rest);
        (_generator.Updates, _generator.Images) = (progress.GeneratorUpdates, progress.GeneratorImages);
        _host.Counters = progress.HostCounters.ToDictionary(counter => counter.Key, counter => counter.Value.GetInt64());
        _gap = new GapTracker(progress.Gap);
        (_draws.Floor, _draws.Asked) = (progress.NoiseFloor, progress.FloorTarget ?? (progress.Step > 0 ? progress.Target : null));
        Step = progress.Step;
        _target.MoveTo(progress.Target);
    }

    /// <inheritdoc/>
    public void Complete(ITrainingListener listener)
    {
        _evaluation?.Evaluate(listener, Step, "student", _generator.Average, final: true);
        using var scope = NewDisposeScope();
        using var student = _inputs.OpenStudent();
        _generator.Average.CopyTo(student.Network);
        listener.ArtifactMade(StudentFile.Name, stream => StudentFile.Write(stream, student));
        _evaluation?.Finish(listener);
    }

    /// <inheritdoc/>
    public void Dispose()
    {
        _losses.Dispose();
        _target.Dispose();
        _generator.Dispose();
        _host.Dispose();
        _data?.Dispose();
        _evaluation?.Dispose();
        (_inputs.Conditions as IDisposable)?.Dispose();
    }

    private IEnumerable<(string Name, Tensor Value)> State => [.. _generator.State, .. _host.State];

    private bool IsComparisonDue => _settings.Switching is { ComparisonInterval: { } interval } policy
        && (TargetIndex > 0 || policy.MayReturn) && _gap.State.SinceSwitch % interval == 0;

    private NodeComparison CompareNodes()
    {
        var (node, next) = _target.Nodes;
        using var scope = NewDisposeScope();
        using var untracked = no_grad();
        var draw = _draws.At(Step, _settings.Signal.Noise, _settings.Batch, "nodes");
        var images = _generator.Generate(draw.Latents, draw.Condition);
        var noisy = images + draw.Sigma * draw.Noise;
        var denoised = node.forward(noisy, draw.Sigma, draw.Condition);
        if (next is null)
        {
            return new(0, Known(denoised), 0);
        }
        var ofNext = next.forward(noisy, draw.Sigma, draw.Condition);
        var gap = (ofNext - denoised).abs().mean() / (images - denoised).abs().mean();
        return new(gap.item<float>(), Known(denoised), Known(ofNext));

        double Known(Tensor denoised) => Calibration.Of(images, noisy, denoised, draw, _settings.Signal);
    }

    private sealed record Progress
    {
        public required long Step { get; init; }

        public required int Target { get; init; }

        public required SwitchingState Gap { get; init; }

        public required long GeneratorUpdates { get; init; }

        public required long GeneratorImages { get; init; }

        /// <summary>The noise floor, and the last target that was asked whether it needs one; absent in checkpoints from before there were floors.</summary>
        [JsonIgnore(Condition = JsonIgnoreCondition.WhenWritingDefault)]
        public double NoiseFloor { get; init; }

        /// <inheritdoc cref="NoiseFloor"/>
        [JsonIgnore(Condition = JsonIgnoreCondition.WhenWritingNull)]
        public int? FloorTarget { get; init; }

        /// <summary>The host's counters, beside the others: so they lie in checkpoints since the first version.</summary>
        [JsonExtensionData]
        public Dictionary<string, JsonElement> HostCounters { get; init; } = [];
    }
}
