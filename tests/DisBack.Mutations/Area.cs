namespace DisBack.Mutations;

/// <summary>Code where a mistake costs most, and the tests that must notice one.</summary>
/// <param name="Name">What the command calls it.</param>
/// <param name="Project">The project below src whose code is edited, without "DisBack."; its tests are those of the same name.</param>
/// <param name="Files">Files and folders of the project.</param>
/// <param name="Classes">Which test classes are run, as their runner's -class takes it.</param>
/// <param name="Slow">Those of them that are run only where the others pass.</param>
internal sealed record Area(string Name, string Project, string[] Files, string[] Classes, string[] Slow)
{
    public static Area[] All { get; } =
    [
        new("machine", "Orchestration", ["Runs/RunMachine.cs"], ["DisBack.Orchestration.Tests.Runs.*"], []),
        new("metrics", "Storage", ["Metrics"], ["DisBack.Storage.Tests.Metrics.*"], []),
        new(
            "loops",
            "Distillation",
            // Without Optimization/StepGraphs.cs: a CPU computes what its recordings do on a CUDA device.
            ["Recording", "Backtracking", "Runs/TrainingLoop.cs", "Optimization/StateHold.cs", "Optimization/TrainedNetwork.cs"],
            ["*.Recording.*", "*.Backtracking.*", "*.Optimization.*", "*.Runs.*", "*.TraceOracleTests"],
            ["*.ResumeTests", "*.DegradationRecordingTests", "*.HostEquivalenceTests", "*.DeviceTests"]),
        new(
            "losses",
            "Distillation",
            ["Hosts"],
            ["*.Hosts.*", "*.FlowGeneratorTests", "*.HostEquivalenceTests", "*.Runs.*", "*.Oracles.*"],
            ["*.ResumeTests", "*.HostEquivalenceTests", "*.DiffInstructHostTests", "*.DeviceTests", "*.GaussianTests"]),
    ];
}
