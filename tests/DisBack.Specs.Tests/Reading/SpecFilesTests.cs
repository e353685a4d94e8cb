using DisBack.Specs.Data;
using DisBack.Specs.Evaluations;
using DisBack.Specs.Experiments;
using DisBack.Specs.Reading;

namespace DisBack.Specs.Tests.Reading;

/// <summary>Every place of a spec that can name a file is known, so that none is opened where others submit.</summary>
public sealed class SpecFilesTests
{
    private static readonly string s_stored = new ContentRef(new string('a', 64), 1).Name;

    private static readonly ExperimentSpec s_spec = new()
    {
        Name = "a",
        Teacher = "t",
        Data = new DatasetSettings { Source = DatasetSource.Idx, Path = "a.idx", LabelsPath = "b.idx" },
        Evaluation = new EvaluationSettings
        {
            Features = "net.safetensors",
            Reference = new DatasetSettings { Source = DatasetSource.Folder, Path = "/photos" },
            Statistics = "fid.npz",
        },
    };

    [Fact]
    public void Every_named_file_is_found_with_its_key() => Assert.Equal(
        [
            ("student.weights", "first.bin"),
            ("conditions", "prompts.safetensors"),
            ("data.path", "a.idx"),
            ("data.labels_path", "b.idx"),
            ("evaluation.features", "net.safetensors"),
            ("evaluation.reference.path", "/photos"),
            ("evaluation.statistics", "fid.npz"),
        ],
        SpecFiles.Of(s_spec with { Conditions = "prompts.safetensors", Student = new() { Weights = "first.bin" } }));

    [Fact]
    public void What_is_shipped_is_no_file() => Assert.Empty(SpecFiles.Of(new ExperimentSpec { Name = "a", Teacher = "t" }));

    [Theory]
    [InlineData("/etc/passwd")]
    [InlineData("sha256:../../etc/passwd")]
    [InlineData("sha256:AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA")]
    [InlineData("sha256:")]
    public void Whatever_is_no_digest_is_a_path_and_refused_with_its_key(string path)
    {
        var spec = s_spec with { Data = new DatasetSettings { Source = DatasetSource.Packed, Path = path } };
        var mistake = Assert.Throws<SpecMistakeException>(() => SpecFiles.StoredIn(spec));
        Assert.Equal("data.path", mistake.Key);
        Assert.Contains($"'data.path' is '{path}', and where the run trains no path is opened", mistake.Message, StringComparison.Ordinal);
    }

    [Fact]
    public void Stored_content_is_named_by_its_digest()
    {
        var spec = s_spec with
        {
            Student = new() { Weights = s_stored },
            Conditions = s_stored,
            Data = new DatasetSettings { Source = DatasetSource.Packed, Path = s_stored },
            Evaluation = new EvaluationSettings { Features = s_stored, Reference = new DatasetSettings { Source = DatasetSource.Packed, Path = s_stored } },
        };
        Assert.Equal(
            ["student.weights", "conditions", "data.path", "evaluation.features", "evaluation.reference.path"],
            SpecFiles.StoredIn(spec).Select(named => named.Key));
        Assert.All(SpecFiles.StoredIn(spec), named => Assert.Equal(new string('a', 64), named.Digest));
    }
}
