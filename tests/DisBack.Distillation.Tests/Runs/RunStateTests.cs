using DisBack.Diffusion.Files;
using DisBack.Distillation.Runs;
using DisBack.Specs.Recording;
using static TorchSharp.torch;

namespace DisBack.Distillation.Tests.Runs;

/// <summary>A checkpoint's file is read to where it belongs; one that is none is refused in a sentence.</summary>
public sealed class RunStateTests : IDisposable
{
    private readonly string _path = Path.GetTempFileName();

    public void Dispose() => File.Delete(_path);

    [Theory]
    [InlineData(null, "is no checkpoint")]
    [InlineData("", "progress document cannot be read")]
    [InlineData("null", "progress document cannot be read")]
    [InlineData("{\"Step\": \"one\"}", "progress document cannot be read")]
    public void Progress_that_is_none_is_refused(string? progress, string said)
    {
        using var scope = NewDisposeScope();
        using var run = TinyNetwork.Recording(new RecordingSettings { Steps = 4 });
        SafetensorsFile.Write(
            _path, run.Capture().Tensors, progress is null ? [] : new Dictionary<string, string> { [RunState.ProgressKey] = progress });
        using var file = SafetensorsFile.Open(_path);
        Assert.Contains(said, Assert.Throws<DisBackException>(() => run.Restore(RunState.Read(file))).Message, StringComparison.Ordinal);
    }

    /// <summary>Checkpoints are larger than all else that a run has in memory, so none of a file's tensors is there beside those of the run.</summary>
    [Fact]
    public void A_file_is_restored_without_a_tensor_of_its_own()
    {
        var settings = new RecordingSettings { Steps = 4, Batch = 4 };
        using var scope = NewDisposeScope();
        using var trained = TinyNetwork.Recording(settings);
        trained.Advance(new RecordingListener());
        var state = trained.Capture();
        SafetensorsFile.Write(_path, state.Tensors, new Dictionary<string, string> { [RunState.ProgressKey] = state.Progress });
        using var run = TinyNetwork.Recording(settings);
        using var file = SafetensorsFile.Open(_path);
        var before = Live();

        var stored = RunState.Read(file);
        var read = Live();
        run.Restore(stored);

        Assert.Equal((before, before), (read, Live()));
        Assert.Equal(1, run.Step);
        Assert.All(state.Tensors.Zip(run.Capture().Tensors), pair => Assert.True(pair.First.Value.Equals(pair.Second.Value), pair.First.Name));

        static long Live() => TorchSharp.DisposeScopeManager.Statistics.TensorStatistics.ThreadTotalLiveCount;
    }
}
