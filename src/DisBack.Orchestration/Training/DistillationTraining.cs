using System.Collections.Immutable;
using DisBack.Contracts.Documents;
using DisBack.Contracts.Grains;
using DisBack.Contracts.Specs;
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
using TorchSharp;

namespace DisBack.Orchestration.Training;

/// <summary>The method as it is: stage 1, stage 2 and a teacher's training, made from the specs.</summary>
public sealed class DistillationTraining : ITrainingFactory
{
    /// <inheritdoc/>
    public ITrainingRun Create(TrainingAssignment assignment, ITrainingInputs inputs) =>
        assignment.Run.Kind == RunKind.Teacher
            ? Teacher(SpecJson.FromJson<TeacherSpec>(assignment.Spec), inputs)
            : Experiment(SpecJson.FromJson<ExperimentSpec>(assignment.Spec), assignment, inputs);

    private static TeacherTraining Teacher(TeacherSpec spec, ITrainingInputs inputs)
    {
        torch.set_num_threads(spec.Hardware.Threads);
        return new TeacherTraining(spec.Network, ImageDataset.Load(spec.Data), spec.Training, new RandomStreams(spec.Seed), inputs.Device);
    }

    private static ITrainingRun Experiment(ExperimentSpec spec, TrainingAssignment assignment, ITrainingInputs inputs)
    {
        // The thread count belongs to the calling thread, and with it to the run.
        torch.set_num_threads(spec.Hardware.Threads);
        var streams = new RandomStreams(spec.Seed);
        var sigmaInit = spec.Student.SigmaInit;
        if (assignment.Run.Kind == RunKind.Recording) return new DegradationRecording(OpenTeacher, spec.Recording, sigmaInit, streams, inputs.Device);
        var evaluation = new StudentEvaluation(OpenTeacher, spec.Evaluation, sigmaInit, streams, inputs.Device);
        return new DistributionBacktracking(
            OpenTeacher, new TrajectoryNodes(assignment.Nodes, inputs), spec.Backtracking, sigmaInit, streams, inputs.Device, evaluation);

        Denoiser OpenTeacher()
        {
            using var weights = inputs.Fetch(assignment.Teacher!);
            var network = NetworkFile.Open(weights.Path);
            network.to(inputs.Device);
            return network;
        }
    }

    /// <summary>The sealed trajectory, each node on this host only while it is read.</summary>
    private sealed class TrajectoryNodes(ImmutableArray<NodeRef> nodes, ITrainingInputs inputs) : ITrajectoryNodes
    {
        public int Count => nodes.Length;

        public void Load(int index, Denoiser network)
        {
            using var weights = inputs.Fetch(nodes[index].Content);
            using var file = SafetensorsFile.Open(weights.Path);
            NetworkFile.Load(file, network);
        }

        public void Prefetch(int index) => inputs.Prefetch(nodes[index].Content);
    }
}
