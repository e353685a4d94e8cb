using System.Collections.Immutable;
using DisBack.Contracts.Documents;
using DisBack.Contracts.Grains;
using DisBack.Diffusion;
using DisBack.Diffusion.Data;
using DisBack.Diffusion.Files;
using DisBack.Diffusion.Metrics;
using DisBack.Diffusion.Networks;
using DisBack.Diffusion.Pictures;
using DisBack.Diffusion.Randomness;
using DisBack.Distillation;
using DisBack.Distillation.Backtracking;
using DisBack.Distillation.Evaluations;
using DisBack.Distillation.Generators;
using DisBack.Distillation.Optimization;
using DisBack.Distillation.Recording;
using DisBack.Distillation.Runs;
using DisBack.Distillation.Teachers;
using DisBack.Specs.Experiments;
using DisBack.Specs.Networks;
using DisBack.Specs.Reading;
using DisBack.Specs.Training;
using TorchSharp;
using static TorchSharp.torch;

namespace DisBack.Orchestration.Training;

/// <summary>Makes the runs that specs describe.</summary>
/// <param name="trustCode">
/// Whether TorchScript files that specs name may be run: only in a process of the user who trusts them, never on a worker of a cluster.
/// </param>
/// <param name="cache">The folder of this machine for what can be made again; null keeps nothing beyond the process.</param>
public sealed class SpecTrainingFactory(bool trustCode = false, string? cache = null) : ITrainingFactory
{
    private readonly ReferenceCache _references = new(cache);
    private readonly FrozenNetworks _frozen = new();

    /// <inheritdoc/>
    public ITrainingRun Create(TrainingAssignment assignment, ITrainingInputs inputs) => assignment.Run.Kind switch
    {
        RunKind.Teacher => Teacher(SpecJson.FromJson<TeacherSpec>(assignment.Spec), inputs),
        RunKind.Recording => Recording(ExperimentFor(assignment.Spec, inputs.Workers), assignment, inputs),
        RunKind.Backtracking => Backtracking(ExperimentFor(assignment.Spec, inputs.Workers), assignment, inputs),
        var kind => throw new DisBackException($"This worker cannot train runs of the kind {kind}; give it the version of the control silos."),
    };

    /// <summary>One worker that is alone computes the parts of all, one after the other: the same sums in the same order.</summary>
    private static ExperimentSpec ExperimentFor(string json, IWorkerGroup workers)
    {
        var spec = SpecJson.FromJson<ExperimentSpec>(json);
        return workers.Count > 1 || spec.Hardware.Workers is not (> 1 and var parts) ? spec : spec with
        {
            Recording = spec.Recording with { Accumulate = parts * (spec.Recording.Accumulate ?? 1) },
            Backtracking = spec.Backtracking with { Accumulate = parts * (spec.Backtracking.Accumulate ?? 1) },
            Hardware = spec.Hardware with { Workers = null },
        };
    }

    private TeacherTraining Teacher(TeacherSpec spec, ITrainingInputs inputs)
    {
        TorchThreads.Use(spec.Hardware.Threads);
        using var stored = new StoredInputs(inputs);
        var data = stored.Local(spec.Data);
        RequireMemory(MemoryNeed.Of(spec, ImageDataset.FactsOf(data)), inputs.Device);
        var (streams, precision) = (new RandomStreams(spec.Seed), PrecisionOf(spec.Hardware));
        return new TeacherTraining(spec.Network, ImageDataset.Load(data), spec.Training, streams, inputs.Device, precision)
        {
            CheckpointActivations = spec.Hardware.CheckpointActivations,
            Evaluation = spec.Evaluation is { } evaluation
                ? new TeacherEvaluation(spec.Network, stored.Local(evaluation), streams, inputs.Device, _references, precision, trustCode)
                : null,
        };
    }

    private DegradationRecording Recording(ExperimentSpec spec, TrainingAssignment assignment, ITrainingInputs inputs)
    {
        var networks = new StageNetworks(spec, assignment.Teacher!, inputs, _frozen);
        return Owning(StageOf(spec, spec.Recording.Seed ?? spec.Seed, networks, inputs), stage =>
        {
            using var stored = new StoredInputs(inputs);
            var data = spec.Recording.GanWeight > 0 ? SamplesOf(spec, stage, stored) : null;
            return new DegradationRecording(stage, spec.Recording, spec.Backtracking.Signal, data) { ToPixels = LatentPreview.For(networks.Settings) };
        });
    }

    private DistributionBacktracking Backtracking(ExperimentSpec spec, TrainingAssignment assignment, ITrainingInputs inputs)
    {
        var networks = new StageNetworks(spec, assignment.Teacher!, inputs, _frozen);
        return Owning(StageOf(spec, spec.Seed, networks, inputs), stage =>
        {
            using var stored = new StoredInputs(inputs);
            var data = SamplesOf(spec, stage, stored);
            // One worker of a group is enough to evaluate what all of them have.
            var evaluation = inputs.Workers.Rank > 0
                ? null
                : new StudentEvaluation(stage, stored.Local(spec.Evaluation), _references, trustCode, LatentPreview.For(networks.Settings));
            var nodes = new AssignedNodes(assignment.Nodes, inputs, _frozen, networks, spec.Backtracking.TargetPrecision ?? networks.Precision);
            return new DistributionBacktracking(stage, nodes, spec.Backtracking, evaluation, data);
        });
    }

    /// <summary>A run, which owns the conditions of its stage; those of one that cannot be made are disposed of.</summary>
    private static T Owning<T>(StageInputs stage, Func<StageInputs, T> make)
    {
        try
        {
            return make(stage);
        }
        catch
        {
            (stage.Conditions as IDisposable)?.Dispose();
            throw;
        }
    }

    private static StageInputs StageOf(ExperimentSpec spec, long seed, StageNetworks networks, ITrainingInputs inputs)
    {
        TorchThreads.Use(spec.Hardware.Threads);
        RequireMemory(MemoryNeed.Of(spec, networks.Settings), inputs.Device);
        using var stored = new StoredInputs(inputs);
        return new StageInputs(networks.OpenTeacher, OpenStudent, new RandomStreams(seed), inputs.Device)
        {
            Precision = networks.Precision,
            Workers = inputs.Workers,
            Conditions = spec.Conditions is { } conditions ? stored.Conditions(conditions) : null,
        };

        IGenerator OpenStudent()
        {
            using var files = new StoredInputs(inputs);
            return FirstStudent.Open(
                spec.Student,
                spec.Recording.Seed ?? spec.Seed,
                networks.OpenTeacher,
                inputs.Device,
                networks.Precision,
                spec.Hardware.CheckpointActivations,
                spec.Student.Weights is { } weights ? files.Local(weights) : null);
        }
    }

    private static IRealSamples? SamplesOf(ExperimentSpec spec, StageInputs stage, StoredInputs stored) =>
        spec.Data is { } data ? stored.Samples(data, stage.Streams, stage.Device) : null;

    private static Precision PrecisionOf(HardwareSettings hardware) => hardware.Precision ?? Precision.Fp32;

    /// <summary>Refuses what this machine's memory cannot hold; of an accelerator's memory libtorch tells nothing beforehand.</summary>
    private static void RequireMemory(MemoryNeed need, Device device)
    {
        if (device.type == DeviceType.CPU)
        {
            need.Require(GC.GetGCMemoryInfo().TotalAvailableMemoryBytes);
        }
    }

    /// <summary>The sealed trajectory of an assignment, each node held on this machine only while it is read.</summary>
    private sealed class AssignedNodes(
        ImmutableArray<NodeRef> nodes, ITrainingInputs inputs, FrozenNetworks frozen, StageNetworks networks, Precision precision) : ITrajectoryNodes
    {
        public int Count => nodes.Length;

        public void Load(int index, Denoiser network)
        {
            // The teacher itself, which a network of adapters is as it is made.
            if (index == 0 && network.Settings is TextUnetSettings { Adapter: not null })
            {
                return;
            }
            Read(index, file =>
            {
                NetworkFile.Load(file, network);
                return network;
            });
        }

        public BorrowedNetwork Borrow(int index) =>
            frozen.Borrow(nodes[index].Content, inputs.Device, precision, () => Read(index, file => networks.OpenNode(file, precision)));

        public void Prefetch(int index) => inputs.Prefetch(nodes[index].Content);

        private Denoiser Read(int index, Func<SafetensorsFile, Denoiser> use)
        {
            using var weights = inputs.Fetch(nodes[index].Content);
            using var file = SafetensorsFile.Open(weights.Path);
            try
            {
                return use(file);
            }
            catch (DisBackException misfit)
            {
                throw new DisBackException($"Node {index} of the trajectory does not fit the teacher's network: {misfit.Message}", misfit);
            }
        }
    }
}
