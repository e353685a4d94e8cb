using DisBack.Cli.Installations;
using DisBack.Diffusion.Networks;
using DisBack.Diffusion.Randomness;
using DisBack.Diffusion.Sampling;
using DisBack.Distillation;
using DisBack.Distillation.Evaluations;
using DisBack.Specs.Experiments;
using DisBack.Specs.Networks;
using DisBack.Specs.Reading;
using static TorchSharp.torch;

namespace DisBack.Cli.Commands;

/// <summary>A one-step student, from a file or from a run, or the teacher of a run, that makes images by number.</summary>
internal sealed class StudentSource : IDisposable
{
    private readonly Denoiser _network;
    private readonly Func<Tensor, Tensor?, Tensor> _generate;

    private StudentSource(Denoiser network, Func<Tensor, Tensor?, Tensor> generate, ExperimentSpec? spec)
    {
        (_network, _generate, Spec) = (network, generate, spec);
        _network.eval();
    }

    /// <summary>The experiment it comes from; null for a file.</summary>
    public ExperimentSpec? Spec { get; }

    public NetworkSettings Settings => _network.Settings;

    /// <summary>Opens the student of a run, or a student's file, or the teacher of a run.</summary>
    public static async Task<StudentSource> OpenAsync(Installation installation, string text, bool teacher, CancellationToken cancellation)
    {
        if (!teacher && File.Exists(text))
        {
            return OfStudent(text, null);
        }
        var trial = await installation.Archive.FindTrialAsync(text, cancellation);
        var spec = SpecJson.FromJson<ExperimentSpec>(trial.Spec);
        var contents = installation.Archive.Content;
        var folder = Directory.CreateDirectory(installation.Files.Of(trial.Id)).FullName;
        if (teacher)
        {
            var weights = contents.LocalPathOf(trial.Teacher!);
            if (weights is null)
            {
                await contents.FetchAsync(trial.Teacher!, weights = Path.Combine(folder, "teacher.safetensors"), cancellation);
            }
            else
            {
                await contents.VerifyAsync(trial.Teacher!, cancellation);
            }
            var network = NetworkFile.Open(weights);
            return new StudentSource(network, (latents, labels) => new HeunSampler(network).Sample(latents, labels).to(float32), spec);
        }
        if (!trial.Run.Artifacts.TryGetValue(StudentFile.Name, out var student))
        {
            throw new DisBackException(
                $"{trial.Id} has no student yet: it is {trial.Run.Status.ToString().ToLowerInvariant()}; repeat its command until it is complete.");
        }
        var path = Path.Combine(folder, student.Name);
        await contents.FetchAsync(student.Content, path, cancellation);
        return OfStudent(path, spec);
    }

    /// <summary>Images [count,C,H,W] in [-1,1], numbered from <paramref name="first"/>; the classes follow one another.</summary>
    public Tensor Draw(long seed, long first, long count)
    {
        using var scope = NewDisposeScope();
        using var untracked = no_grad();
        var (latents, labels) = new SampleInputs(Settings, new RandomStreams(seed), "sample", CPU).Take(first, count);
        return _generate(latents, labels).MoveToOuterDisposeScope();
    }

    public void Dispose() => _network.Dispose();

    private static StudentSource OfStudent(string path, ExperimentSpec? spec)
    {
        var (network, sigmaInit) = StudentFile.Open(path);
        return new(network, (latents, labels) => OneStepGenerator.Generate(network, latents, sigmaInit, labels), spec);
    }
}
