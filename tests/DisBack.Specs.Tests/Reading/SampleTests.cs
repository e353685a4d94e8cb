using DisBack.Specs.Data;
using DisBack.Specs.Experiments;
using DisBack.Specs.Networks;
using DisBack.Specs.Noise;
using DisBack.Specs.Reading;
using DisBack.Specs.Sweeps;
using DisBack.Specs.Training;

namespace DisBack.Specs.Tests.Reading;

public sealed class SampleTests
{
    internal static readonly string Folder = Path.Combine(Root(AppContext.BaseDirectory), "client", "samples");

    public static TheoryData<string> Experiments => [.. Directory.EnumerateFiles(Folder, "*.yaml").Select(f => Path.GetFileName(f))];

    public static TheoryData<string> Teachers => [.. Directory.EnumerateFiles(Path.Combine(Folder, "teachers"), "*.yaml").Select(f => Path.GetFileName(f))];

    public static TheoryData<string> Sweeps => [.. Directory.EnumerateFiles(Path.Combine(Folder, "sweeps"), "*.yaml").Select(f => Path.GetFileName(f))];

    [Theory, MemberData(nameof(Experiments))]
    public void Every_sample_is_a_valid_experiment_named_after_its_file(string file)
    {
        var spec = SpecReader.Read<ExperimentSpec>(Path.Combine(Folder, file));
        Assert.Equal(Path.GetFileNameWithoutExtension(file), spec.Name);
        Assert.Equal(SpecJson.Canonical(spec), SpecJson.Canonical(SpecReader.Parse<ExperimentSpec>(SpecYaml.Write(spec), file)));
    }

    [Theory, MemberData(nameof(Teachers))]
    public void Every_teacher_sample_is_valid_and_named_after_its_file(string file)
        => Assert.Equal(Path.GetFileNameWithoutExtension(file), SpecReader.Read<TeacherSpec>(Path.Combine(Folder, "teachers", file)).Name);

    [Theory, MemberData(nameof(Sweeps))]
    public void Every_sweep_sample_is_valid_and_named_after_its_file(string file)
        => Assert.Equal(Path.GetFileNameWithoutExtension(file), SweepPlan.Read(Path.Combine(Folder, "sweeps", file)).Name);

    /// <summary>Numbers of parameters, images in millions, the batch and what else EDM's commands for its published teachers say.</summary>
    public static IEnumerable<TheoryDataRow<string, long, double, int, double, double, double>> Edm =>
    [
        new("cifar10-uncond-ddpmpp", 55_733_891, 200, 512, 1e-3, 0.13, 0.12),
        new("cifar10-cond-ddpmpp", 55_735_299, 200, 512, 1e-3, 0.13, 0.12),
        new("cifar10-uncond-ncsnpp", 56_397_827, 200, 512, 1e-3, 0.13, 0.12),
        // The layer of 10 classes more than the unconditional one: (10 + 1) * 256.
        new("cifar10-cond-ncsnpp", 56_400_643, 200, 512, 1e-3, 0.13, 0.12),
        new("ffhq-ddpmpp", 61_805_571, 200, 256, 2e-4, 0.05, 0.15),
        new("ffhq-ncsnpp", 62_761_091, 200, 256, 2e-4, 0.05, 0.15),
        new("afhqv2-ddpmpp", 61_805_571, 200, 256, 2e-4, 0.25, 0.15),
        new("afhqv2-ncsnpp", 62_761_091, 200, 256, 2e-4, 0.25, 0.15),
        new("imagenet-adm", 295_899_267, 2500, 4096, 1e-4, 0.1, 0),
    ];

    [Theory, MemberData(nameof(Edm))]
    public void A_teacher_of_EDM_has_its_size_and_its_training(
        string name, long parameters, double millions, int batch, double rate, double dropout, double augmentation)
    {
        var spec = SpecReader.Read<TeacherSpec>(Path.Combine(Folder, "teachers", $"{name}.yaml"));
        var (network, training) = (Assert.IsAssignableFrom<UNetSettings>(spec.Network), spec.Training);
        Assert.Equal(parameters, network.Size.Parameters);
        Assert.Equal((batch, rate, dropout, augmentation),
            (training.Batch, training.Optimizer.LearningRate, network.Dropout, training.Augmentation?.Probability ?? 0));
        Assert.Equal(millions, (double)training.Steps * batch / 1e6, 0.005);
        Assert.Equal(10, (double)training.Optimizer.RampSteps * batch / 1e6, 0.005);
        Assert.Equal((name == "imagenet-adm" ? 50e6 : 0.5e6, 0.05), (training.Ema.HalfLifeImages, training.Ema.RampUp));
        Assert.Equal(new LogNormalNoise { Mean = -1.2, Std = 1.2 }, training.Noise);
        Assert.Equal([0.9, 0.999], training.Optimizer.Betas);
        // As its comment says: one part of a batch fits a GPU. What blocks keep in bfloat16 is half of the estimate.
        var need = MemoryNeed.Of(spec, new DatasetFacts(0, 3, 64, 0));
        Assert.InRange(need.Networks + need.Sample * training.BatchPart / (spec.Hardware.Precision is Precision.Bf16 ? 2 : 1), 0, 72L << 30);
    }

    [Fact]
    public void The_published_experiment_schema_is_that_of_the_code()
        => AssertPublished("disback.schema.json", SpecSchema.Of<ExperimentSpec>(), "disback schema > client/samples/disback.schema.json");

    [Fact]
    public void The_published_teacher_schema_is_that_of_the_code()
        => AssertPublished("teacher.schema.json", SpecSchema.Of<TeacherSpec>(), "disback schema teacher > client/samples/teacher.schema.json");

    [Fact]
    public void The_published_sweep_schema_is_that_of_the_code()
        => AssertPublished("sweep.schema.json", SweepPlan.Schema(), "disback schema sweep > client/samples/sweep.schema.json");

    private static void AssertPublished(string file, string schema, string command)
        => Assert.True(File.ReadAllText(Path.Combine(Folder, file)) == schema, $"The settings have changed: run '{command}' and commit the file.");

    private static string Root(string folder) => File.Exists(Path.Combine(folder, "DisBack.sln")) ? folder : Root(Path.GetDirectoryName(folder)!);
}
