using System.Text.Json;
using System.Text.Json.Nodes;
using DisBack.Contracts.Documents;
using DisBack.Storage;
using DisBack.Storage.Documents;

namespace DisBack.Contracts.Tests.Documents;

/// <summary>
/// Documents are read years after they were written, so their form is only ever added to. A golden file is never edited or deleted: whoever adds a
/// field adds the next file of that document (<c>trial.2.json</c>) with the field filled in. Every file of any age must be read without loss, and the
/// newest one is byte for byte what is written today. A field or a value that was renamed or removed fails here.
/// </summary>
public sealed class GoldenDocumentTests
{
    private static readonly string s_folder = Path.Combine(AppContext.BaseDirectory, "Documents", "Golden");

    private static readonly Dictionary<string, Type> s_documents = new()
    {
        [DocumentNames.Sweep] = typeof(SweepDocument),
        [DocumentNames.SweepPage] = typeof(SweepPage),
        [DocumentNames.Trial] = typeof(TrialDocument),
        [DocumentNames.Teacher] = typeof(TeacherDocument),
        [DocumentNames.Trajectory] = typeof(TrajectoryDocument),
        [DocumentNames.Model] = typeof(ModelDocument),
        [DocumentNames.Drawing] = typeof(DrawingDocument),
    };

    public static TheoryData<string> Files => [.. Directory.EnumerateFiles(s_folder, "*.json").Select(path => Path.GetFileName(path))];

    public static TheoryData<string> Documents => [.. s_documents.Keys];

    [Theory, MemberData(nameof(Files))]
    public void A_document_of_any_age_is_read_without_loss(string file) =>
        Assert.Empty(Lost(JsonNode.Parse(Golden(file)), JsonNode.Parse(WrittenToday(file)), "$"));

    [Theory, MemberData(nameof(Documents))]
    public void The_newest_golden_file_is_what_is_written_today(string document)
    {
        var newest = Newest(document);

        Assert.Equal(Golden(newest), WrittenToday(newest));
        Assert.Empty(Unfilled(JsonNode.Parse(Golden(newest)), "$"));
    }

    [Theory, MemberData(nameof(Documents))]
    public void A_document_is_read_up_to_the_version_that_is_written_and_refused_beyond(string document)
    {
        var written = JsonNode.Parse(Golden(Newest(document)))!.AsObject();
        Assert.Equal(StateDocument.SchemaVersion, (int)written["schema_version"]!);
        // Not first: where it stands does not matter.
        written.Remove("schema_version");
        written["schema_version"] = StateDocument.SchemaVersion + 1;
        var newer = BinaryData.FromString(written.ToJsonString());
        var error = Assert.Throws<CorruptDocumentException>(() => StateDocument.Parse<JsonObject>("here", document, newer));
        Assert.Contains("a newer version of DisBack wrote it", error.Message, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("""{"run": null}""")]
    [InlineData("""{"id": null}""")]
    [InlineData("""{"run": {"latest": null}}""")]
    public void Null_where_something_must_be_is_damage(string json) =>
        Assert.Throws<CorruptDocumentException>(() => StateDocument.Parse<TrialDocument>("here", "trial", BinaryData.FromString(json)));

    [Theory]
    [InlineData(typeof(RunStatus))]
    [InlineData(typeof(RunIntent))]
    [InlineData(typeof(RunEventKind))]
    [InlineData(typeof(FailureCause))]
    public void Every_value_of_an_enum_is_in_a_golden_file(Type values)
    {
        var golden = string.Concat(s_documents.Keys.Select(document => Golden(Newest(document))));

        foreach (var value in Enum.GetValues(values))
        {
            Assert.Contains($": {JsonSerializer.Serialize(value, values, StorageJson.Options)}", golden, StringComparison.Ordinal);
        }
    }

    private static string Golden(string file) => File.ReadAllText(Path.Combine(s_folder, file));

    private static string WrittenToday(string file)
    {
        var type = s_documents[file[..file.IndexOf('.', StringComparison.Ordinal)]];
        return JsonSerializer.Serialize(JsonSerializer.Deserialize(Golden(file), type, StorageJson.Options), type, StorageJson.Options) + "\n";
    }

    private static string Newest(string document) =>
        Enumerable.Range(1, 1000).Select(version => $"{document}.{version}.json").TakeWhile(file => File.Exists(Path.Combine(s_folder, file))).Last();

    /// <summary>Paths of what an old document says and its rewritten form does not.</summary>
    private static IEnumerable<string> Lost(JsonNode? old, JsonNode? now, string path) => (old, now) switch
    {
        (JsonObject before, JsonObject after) => before.SelectMany(property => Lost(property.Value, after[property.Key], $"{path}.{property.Key}")),
        (JsonArray before, JsonArray after) when before.Count == after.Count => before.SelectMany((item, i) => Lost(item, after[i], $"{path}[{i}]")),
        _ => JsonNode.DeepEquals(old, now) ? [] : [path],
    };

    /// <summary>Paths that prove nothing, because nothing is there.</summary>
    private static IEnumerable<string> Unfilled(JsonNode? node, string path) => node switch
    {
        JsonObject { Count: > 0 } filled => filled.SelectMany(property => Unfilled(property.Value, $"{path}.{property.Key}")),
        JsonArray { Count: > 0 } filled => filled.SelectMany((item, i) => Unfilled(item, $"{path}[{i}]")),
        JsonValue => [],
        _ => [path],
    };
}
