using DisBack.Cli.Installations;
using DisBack.Diffusion.Conditions;
using DisBack.Diffusion.Networks;
using DisBack.Diffusion.Randomness;
using DisBack.Diffusion.Sampling;
using DisBack.Distillation;
using DisBack.Distillation.Evaluations;
using DisBack.Distillation.Generators;
using DisBack.Specs.Experiments;
using DisBack.Specs.Networks;
using DisBack.Specs.Reading;
using static TorchSharp.torch;

namespace DisBack.Cli.Commands;

/// <summary>A one-step student, from a file or from a run, or the teacher of a run, that makes images by number.</summary>
internal sealed class StudentSource : IDisposable
{
    private readonly IDisposable _network;
    private readonly Func<Tensor, Condition?, Tensor> _generate;
    private readonly Func<RandomStreams, SampleInputs> _inputs;

    private StudentSource(IDisposable network, IReadOnlyList<long> latentShape, int classes, Func<Tensor, Condition?, Tensor> generate, ExperimentSpec? spec)
    {
        (_network, _generate, Spec) = (network, generate, spec);
        _inputs = streams => new SampleInputs(latentShape, IConditionSource.OfClasses(classes), streams, "sample", CPU);
    }

    /// <summary>The experiment it comes from, whose evaluation reads files of this machine; null for a student's file.</summary>
    public ExperimentSpec? Spec { get; }

    /// <summary>The shape of its samples.</summary>
    public required SampleShape Shape { get; init; }

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
        var local = new LocalContents(contents, folder);
        spec = spec with { Evaluation = await local.LocalAsync(spec.Evaluation, cancellation) };
        if (teacher)
        {
            return OfTeacher(NetworkFile.Open(await local.FileOfAsync(trial.Teacher!, "teacher.safetensors", cancellation)), spec);
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
        var (latents, condition) = _inputs(new RandomStreams(seed)).Take(first, count);
        return _generate(latents, condition).MoveToOuterDisposeScope();
    }

    public void Dispose() => _network.Dispose();

    private static StudentSource OfStudent(string path, ExperimentSpec? spec)
    {
        var student = StudentFile.Open(path);
        student.Network.eval();
        return new(student, student.LatentShape, student.Classes, student.Generate, spec) { Shape = student.SampleShape };
    }

    private static StudentSource OfTeacher(Denoiser teacher, ExperimentSpec spec)
    {
        teacher.eval();
        var shape = teacher.Settings.Shape;
        return new(teacher, [shape.Channels, shape.Height, shape.Width], teacher.Settings.Classes, Sample, spec) { Shape = shape };

        Tensor Sample(Tensor latents, Condition? condition) => new HeunSampler(teacher).Sample(latents, condition).to(float32);
    }
}
