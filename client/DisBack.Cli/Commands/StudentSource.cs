using DisBack.Client;
using DisBack.Contracts.Specs;
using DisBack.Diffusion;
using DisBack.Diffusion.Networks;
using DisBack.Diffusion.Randomness;
using DisBack.Distillation;
using static TorchSharp.torch;

namespace DisBack.Cli.Commands;

/// <summary>A one-step student, from a file or from a run, that makes images by number.</summary>
internal sealed class StudentSource : IDisposable
{
    private readonly Denoiser _network;
    private readonly double _sigmaInit;

    private StudentSource(string path, ExperimentSpec? spec)
    {
        (_network, _sigmaInit) = StudentFile.Open(path);
        _network.eval();
        Spec = spec;
    }

    /// <summary>The experiment it comes from; null for a file.</summary>
    public ExperimentSpec? Spec { get; }

    public NetworkSettings Settings => _network.Settings;

    /// <summary>Opens the student of a run, or a student's file.</summary>
    public static async Task<StudentSource> OpenAsync(DataFolder folder, string text, CancellationToken cancellation)
    {
        if (File.Exists(text))
            return new StudentSource(text, null);
        var trial = await folder.FindTrialAsync(text, cancellation);
        if (!trial.Run.Artifacts.TryGetValue(StudentFile.Name, out var student))
            throw new DisBackException($"{trial.Id} has no student yet: it is {trial.Run.Status.ToString().ToLowerInvariant()}; repeat its command until it is complete.");
        var path = Path.Combine(Directory.CreateDirectory(folder.RunFolder(trial.Id)).FullName, student.Name);
        await folder.Content.FetchAsync(student.Content, path, cancellation);
        return new StudentSource(path, SpecJson.FromJson<ExperimentSpec>(trial.Spec));
    }

    /// <summary>Images [count,C,H,W] in [-1,1], numbered from <paramref name="first"/>; the classes follow one another.</summary>
    public Tensor Draw(long seed, long first, long count)
    {
        using var scope = NewDisposeScope();
        using var untracked = no_grad();
        using var generator = new RandomStreams(seed).For("sample", first);
        var latents = randn([count, Settings.ImgChannels, Settings.ImgResolution, Settings.ImgResolution], float32, CPU, generator: generator);
        var labels = Settings.LabelDim == 0 ? null : nn.functional.one_hot(arange(first, first + count, int64).remainder(Settings.LabelDim), Settings.LabelDim).to(float32);
        return OneStepGenerator.Generate(_network, latents, _sigmaInit, labels).MoveToOuterDisposeScope();
    }

    public void Dispose() => _network.Dispose();
}
