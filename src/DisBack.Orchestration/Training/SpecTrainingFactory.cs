using System.Collections.Immutable;
using DisBack.Contracts.Documents;
using DisBack.Contracts.Grains;
using DisBack.Diffusion.Data;
using DisBack.Diffusion.Files;
using DisBack.Diffusion.Networks;
using DisBack.Diffusion.Randomness;
using DisBack.Distillation;
using DisBack.Distillation.Backtracking;
using DisBack.Distillation.Evaluations;
using DisBack.Distillation.Recording;
using DisBack.Distillation.Runs;
using DisBack.Distillation.Teachers;
using DisBack.Specs.Experiments;
using DisBack.Specs.Reading;
using TorchSharp;
using static TorchSharp.torch;

namespace DisBack.Orchestration.Training;

/// <summary>Makes the runs that specs describe.</summary>
public sealed class SpecTrainingFactory : ITrainingFactory
{
    private readonly FrozenNetworks _frozen = new();

    /// <inheritdoc/>
    public ITrainingRun Create(TrainingAssignment assignment, ITrainingInputs inputs)
    {
        if (assignment.Run.Kind == RunKind.Teacher)
        {
            var teacher = SpecJson.FromJson<TeacherSpec>(assignment.Spec);
            set_num_threads(teacher.Hardware.Threads);
            return new TeacherTraining(teacher.Network, ImageDataset.Load(teacher.Data), teacher.Training, new RandomStreams(teacher.Seed), inputs.Device);
        }

        var spec = SpecJson.FromJson<ExperimentSpec>(assignment.Spec);
        set_num_threads(spec.Hardware.Threads);
        var streams = new RandomStreams(spec.Seed);
        return assignment.Run.Kind == RunKind.Recording
            ? new DegradationRecording(Open, spec.Recording, spec.Student.SigmaInit, streams, inputs.Device)
            : new DistributionBacktracking(
                Open, new AssignedNodes(assignment.Nodes, inputs, _frozen), spec.Backtracking, spec.Student.SigmaInit, streams, inputs.Device,
                new StudentEvaluation(Open, spec.Evaluation, spec.Student.SigmaInit, streams, inputs.Device));

        Denoiser Open()
        {
            using var weights = inputs.Fetch(assignment.Teacher!);
            return NetworkFile.Open(weights.Path).to(inputs.Device);
        }
    }

    /// <summary>The sealed trajectory of an assignment, each node held on this host only while it is read.</summary>
    private sealed class AssignedNodes(ImmutableArray<NodeRef> nodes, ITrainingInputs inputs, FrozenNetworks frozen) : ITrajectoryNodes
    {
        public int Count => nodes.Length;

        public void Load(int index, Denoiser network) => Read(index, file => NetworkFile.Load(file, network));

        public BorrowedNetwork Borrow(int index) => frozen.Borrow(nodes[index].Content, inputs.Device, () =>
        {
            Denoiser? network = null;
            Read(index, file => network = NetworkFile.Read(file).to(inputs.Device));
            return network!;
        });

        public void Prefetch(int index) => inputs.Prefetch(nodes[index].Content);

        private void Read(int index, Action<SafetensorsFile> use)
        {
            using var weights = inputs.Fetch(nodes[index].Content);
            using var file = SafetensorsFile.Open(weights.Path);
            try
            {
                use(file);
            }
            catch (DisBackException misfit)
            {
                throw new DisBackException($"Node {index} of the trajectory does not fit the teacher's network: {misfit.Message}", misfit);
            }
        }
    }
}
