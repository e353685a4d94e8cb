using DisBack.Diffusion.Files;
using DisBack.Distillation.Generators;
using DisBack.Distillation.Runs;
using DisBack.Specs.Backtracking;
using DisBack.Specs.Recording;
using DisBack.Specs.Training;
using static TorchSharp.torch;

namespace DisBack.Distillation.Tests.Generators;

public sealed class CheckpointedStudentTests : IDisposable
{
    private readonly string _file = Path.GetTempFileName();

    public void Dispose() => File.Delete(_file);

    [Fact]
    public void The_student_of_the_last_checkpoint_is_the_one_that_the_run_exports()
    {
        var settings = new DmdSettings { Steps = 4, Batch = 4, Generator = new OptimizerSettings { LearningRate = 1e-3 } };
        using var nodes = TinyNetwork.Trajectory(new RecordingSettings { Steps = 2, Batch = 4, Nodes = new EveryInterval { Interval = 1 } });
        using var run = TinyNetwork.Backtracking(settings, nodes);
        var listener = new RecordingListener();
        TrainingLoop.Run(run, new CheckpointSettings { Every = 1 }, listener, CancellationToken.None);
        using var scope = NewDisposeScope();
        SafetensorsFile.Write(_file, run.Capture().Tensors);

        using var student = CheckpointedStudent.Open(_file, TinyNetwork.Inputs().OpenStudent);
        using var exported = new MemoryStream();
        StudentFile.Write(exported, student);
        Assert.Equal(listener.Artifacts[StudentFile.Name], exported.ToArray());
    }

    [Fact]
    public void A_checkpoint_of_stage_1_holds_no_student()
    {
        using var run = TinyNetwork.Recording(new RecordingSettings { Steps = 1, Batch = 4 });
        SafetensorsFile.Write(_file, run.Capture().Tensors);
        Assert.Contains("generator.ema", Assert.Throws<DisBackException>(() => CheckpointedStudent.Open(_file, TinyNetwork.Inputs().OpenStudent)).Message);
    }
}
