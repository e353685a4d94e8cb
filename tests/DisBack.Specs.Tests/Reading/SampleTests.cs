using DisBack.Specs.Experiments;
using DisBack.Specs.Reading;

namespace DisBack.Specs.Tests.Reading;

public sealed class SampleTests
{
    internal static readonly string Folder = Path.Combine(Root(AppContext.BaseDirectory), "client", "samples");

    public static TheoryData<string> Experiments => [.. Directory.EnumerateFiles(Folder, "*.yaml").Select(f => Path.GetFileName(f))];

    public static TheoryData<string> Teachers => [.. Directory.EnumerateFiles(Path.Combine(Folder, "teachers"), "*.yaml").Select(f => Path.GetFileName(f))];

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

    [Fact]
    public void The_published_experiment_schema_is_that_of_the_code()
        => AssertPublished("disback.schema.json", SpecSchema.Of<ExperimentSpec>(), "disback schema > client/samples/disback.schema.json");

    [Fact]
    public void The_published_teacher_schema_is_that_of_the_code()
        => AssertPublished("teacher.schema.json", SpecSchema.Of<TeacherSpec>(), "disback schema teacher > client/samples/teacher.schema.json");

    private static void AssertPublished(string file, string schema, string command)
        => Assert.True(File.ReadAllText(Path.Combine(Folder, file)) == schema, $"The settings have changed: run '{command}' and commit the file.");

    private static string Root(string folder) => File.Exists(Path.Combine(folder, "DisBack.sln")) ? folder : Root(Path.GetDirectoryName(folder)!);
}
