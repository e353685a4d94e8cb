using DisBack.Diffusion.Files;
using DisBack.Distillation.Runs;
using DisBack.Specs.Recording;
using static TorchSharp.torch;

namespace DisBack.Distillation.Tests.Runs;

/// <summary>A file that is no checkpoint is refused in a sentence.</summary>
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
}
