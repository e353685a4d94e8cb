using DisBack.Cli.Installations;
using DisBack.Cli.Options;
using DisBack.Client;
using DisBack.Contracts.Documents;
using DisBack.Contracts.Grains;
using DisBack.Diffusion.Conditions;
using DisBack.Diffusion.Networks;
using DisBack.Diffusion.Randomness;
using DisBack.Diffusion.Sampling;
using DisBack.Distillation;
using DisBack.Distillation.Evaluations;
using DisBack.Distillation.Generators;
using DisBack.Specs.Data;
using DisBack.Specs.Evaluations;
using DisBack.Specs.Experiments;
using DisBack.Specs.Networks;
using DisBack.Specs.Reading;
using DisBack.Specs.Sampling;
using DisBack.Storage;
using DisBack.Storage.Content;
using static TorchSharp.torch;

namespace DisBack.Cli.Students;

/// <summary>A student, from a file or from a run, or a teacher, that makes images by number.</summary>
internal sealed class StudentSource : IDisposable
{
    private static readonly string s_teacherPrefix = RunKinds.Of(RunKind.Teacher).Prefix;

    private readonly IDisposable _network;
    private readonly IReadOnlyList<long> _latentShape;
    private readonly Func<Tensor, Condition?, Tensor> _generate;

    private StudentSource(IDisposable network, IReadOnlyList<long> latentShape, int classes, Func<Tensor, Condition?, Tensor> generate) =>
        (_network, _latentShape, Classes, _generate) = (network, latentShape, classes, generate);

    /// <summary>What its samples are compared with: as its experiment says, the images that a teacher was trained on, or the digits.</summary>
    public required EvaluationSettings Evaluation { get; init; }

    /// <summary>What draws, where that needs to be said: a student that is not complete, or a teacher; null for a student.</summary>
    public string? Maker { get; private init; }

    /// <summary>The step of the checkpoint that it is from; null if it is complete.</summary>
    public long? Step { get; private init; }

    /// <summary>Number of classes that its samples show in turn; 0 is none.</summary>
    public int Classes { get; }

    /// <summary>The shape of its samples.</summary>
    public required SampleShape Shape { get; init; }

    /// <summary>
    /// Opens the student of a run, which is that of its newest checkpoint until it is complete; or a student's file; or with <c>teacher/NAME</c> a
    /// shipped or registered teacher.
    /// </summary>
    /// <param name="installation">Where runs and teachers are.</param>
    /// <param name="text">What the user wrote.</param>
    /// <param name="teacher">Opens the run's teacher instead.</param>
    /// <param name="cancellation">Stops the transfer.</param>
    public static async Task<StudentSource> OpenAsync(Installation installation, string text, bool teacher, CancellationToken cancellation)
    {
        var archive = installation.Archive;
        if (text.StartsWith(s_teacherPrefix, StringComparison.Ordinal) && !File.Exists(text))
        {
            return await OfTeacherAsync(archive, text[s_teacherPrefix.Length..], cancellation);
        }
        if (!teacher && await NameOrFile.MeansFileAsync(text, NamesAsync, "run"))
        {
            return OfStudent(StudentFile.Open(UserPath.Expand(text)), null, null);
        }
        var trial = await archive.FindTrialAsync(text, cancellation);
        var spec = SpecJson.FromJson<ExperimentSpec>(trial.Spec);
        if (teacher)
        {
            return OfTeacher(await OpenAsync(archive.Content, trial.Teacher!, NetworkFile.Open, cancellation), spec.Evaluation);
        }
        return trial.Run.Artifacts.TryGetValue(StudentFile.Name, out var student)
            ? OfStudent(await OpenAsync(archive.Content, student.Content, StudentFile.Open, cancellation), spec.Evaluation, null)
            : await OfCheckpointAsync(archive, trial, spec, cancellation);

        async Task<IEnumerable<string>> NamesAsync() => (await archive.RunsAsync(null, cancellation)).SelectMany(run => new[] { run.Id, run.Name });
    }

    /// <summary>Images [count,C,H,W] in [-1,1], numbered from <paramref name="first"/>.</summary>
    /// <param name="seed">Seed of the noise.</param>
    /// <param name="first">Number of the first one.</param>
    /// <param name="count">How many.</param>
    /// <param name="label">The class of all of them; null lets the classes follow one another.</param>
    /// <exception cref="DisBackException">There is no such class.</exception>
    public Tensor Draw(long seed, long first, long count, int? label = null)
    {
        using var scope = NewDisposeScope();
        using var untracked = no_grad();
        var conditions = label is { } one ? IConditionSource.OfClass(one, Classes) : IConditionSource.OfClasses(Classes);
        var (latents, condition) = new SampleInputs(_latentShape, conditions, new RandomStreams(seed), "sample", CPU).Take(first, count);
        return _generate(latents, condition).MoveToOuterDisposeScope();
    }

    public void Dispose() => _network.Dispose();

    /// <summary>The student of the newest checkpoint that is intact, as the run itself passes over damaged ones.</summary>
    private static async Task<StudentSource> OfCheckpointAsync(IArchive archive, TrialDocument trial, ExperimentSpec spec, CancellationToken cancellation)
    {
        StorageException? damage = null;
        foreach (var checkpoint in trial.Run.Checkpoints)
        {
            try
            {
                var student = await OpenAsync(
                    archive.Content,
                    trial.Teacher!,
                    teacher => OpenAsync(
                        archive.Content,
                        checkpoint.Content,
                        path => CheckpointedStudent.Open(
                            path,
                            () => FirstStudent.Open(spec.Student, spec.Recording.Seed ?? spec.Seed, () => NetworkFile.Open(teacher), CPU)),
                        cancellation),
                    cancellation);
                return OfStudent(student, spec.Evaluation, $"the averaged student at step {checkpoint.Step:N0} of {trial.Run.Steps:N0}", checkpoint.Step);
            }
            catch (StorageException e) when (e is CorruptContentException or MissingContentException)
            {
                damage = e;
            }
        }
        throw damage ?? (Exception)new DisBackException(
            $"{trial.Id} has no student and no checkpoint of one yet: it is {trial.Run.Status.ToString().ToLowerInvariant()}; let it train for a while.");
    }

    /// <summary>A teacher by its name, or by the beginning of its name or of the digest of its weights.</summary>
    private static async Task<StudentSource> OfTeacherAsync(IArchive archive, string name, CancellationToken cancellation)
    {
        if (TeacherLibrary.Shipped.Contains(name, StringComparer.Ordinal))
        {
            return await WithScratchAsync(async path =>
            {
                await using (var file = File.Create(path))
                await using (var weights = TeacherLibrary.OpenShipped(name))
                {
                    await weights.CopyToAsync(file, cancellation);
                }
                return OfTeacher(NetworkFile.Open(path), null);
            });
        }
        var found = await archive.FindTeacherAsync(name, cancellation);
        return found.Weights is { } stored
            ? OfTeacher(await OpenAsync(archive.Content, stored, NetworkFile.Open, cancellation), EvaluationOf(found))
            : throw new DisBackException($"The teacher '{found.Id}' has no weights yet: its training is {found.Run.Status.ToString().ToLowerInvariant()}; "
                + "repeat its 'disback teacher train'.");
    }

    private static Task<T> OpenAsync<T>(ContentStore contents, ContentRef content, Func<string, T> open, CancellationToken cancellation) =>
        OpenAsync(contents, content, path => Task.FromResult(open(path)), cancellation);

    /// <summary>What is made from the verified bytes of a content; those of an installation elsewhere are fetched for as long as it takes.</summary>
    private static async Task<T> OpenAsync<T>(ContentStore contents, ContentRef content, Func<string, Task<T>> open, CancellationToken cancellation)
    {
        if (contents.LocalPathOf(content) is { } local)
        {
            await contents.VerifyAsync(content, cancellation);
            return await open(local);
        }
        return await WithScratchAsync(async path =>
        {
            await contents.FetchAsync(content, path, cancellation);
            return await open(path);
        });
    }

    private static async Task<T> WithScratchAsync<T>(Func<string, Task<T>> use)
    {
        var folder = Directory.CreateTempSubdirectory("disback-");
        try
        {
            return await use(Path.Combine(folder.FullName, "weights.safetensors"));
        }
        finally
        {
            folder.Delete(recursive: true);
        }
    }

    private static EvaluationSettings? EvaluationOf(TeacherDocument teacher) =>
        teacher.Spec.Length == 0 || SpecJson.FromJson<TeacherSpec>(teacher.Spec) is not { } spec
            ? null
            : spec.Evaluation ?? new EvaluationSettings { Reference = spec.Data };

    private static void RequirePictures(IDisposable network, SampleShape shape)
    {
        if (shape.Channels is not (1 or 3))
        {
            network.Dispose();
            throw new DisBackException($"Its samples are latents of {shape} and no pictures: draw with 'disback sample --model DIR --prompt TEXT', with "
                + "--unet or --lora for a student's file, or with --guidance for the teacher.");
        }
    }

    private static EvaluationSettings OnDigits(SampleShape shape) => new() { Reference = new DatasetSettings { Resolution = shape.Height } };

    private static StudentSource OfStudent(IGenerator student, EvaluationSettings? evaluation, string? maker, long? step = null)
    {
        RequirePictures(student, student.SampleShape);
        student.Network.eval();
        return new(student, student.LatentShape, student.Classes, student.Generate)
        {
            Shape = student.SampleShape,
            Evaluation = evaluation ?? OnDigits(student.SampleShape),
            Maker = maker,
            Step = step,
        };
    }

    private static StudentSource OfTeacher(Denoiser teacher, EvaluationSettings? evaluation)
    {
        var shape = teacher.Settings.Shape;
        RequirePictures(teacher, shape);
        teacher.eval();
        var settings = new HeunSettings();
        return new(teacher, [shape.Channels, shape.Height, shape.Width], teacher.Settings.Classes, Sample)
        {
            Shape = shape,
            Evaluation = evaluation ?? OnDigits(shape),
            Maker = $"the teacher, in {settings.Steps} Heun steps",
        };

        Tensor Sample(Tensor latents, Condition? condition) => new HeunSampler(teacher, settings).Sample(latents, condition).to(float32);
    }
}
