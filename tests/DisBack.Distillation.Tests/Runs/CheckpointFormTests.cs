using System.Text.Json;
using System.Text.Json.Nodes;
using DisBack.Diffusion.Data;
using DisBack.Diffusion.Randomness;
using DisBack.Distillation.Runs;
using DisBack.Distillation.Teachers;
using DisBack.Specs.Backtracking;
using DisBack.Specs.Data;
using DisBack.Specs.Recording;
using DisBack.Specs.Training;
using static TorchSharp.torch;

namespace DisBack.Distillation.Tests.Runs;

/// <summary>
/// A run that an older version began is resumed by a newer one, so the form of checkpoints is only ever added to. A golden file is never edited or
/// deleted: whoever adds something adds the next file of that run (<c>recording.2.json</c>). Checkpoints of every age are resumed, and the newest file
/// is the form of today.
/// </summary>
public sealed class CheckpointFormTests : IDisposable
{
    private const int Step = 5;
    private static readonly string s_folder = Path.Combine(AppContext.BaseDirectory, "Runs", "Golden");
    private static readonly JsonSerializerOptions s_indented = new() { WriteIndented = true };

    private readonly ImageDataset _data = ImageDataset.Load(new DatasetSettings { Source = DatasetSource.Digits, Resolution = 8 });
    private readonly MemoryNodes _nodes = TinyNetwork.Trajectory(new RecordingSettings { Steps = 4, Batch = 4, Nodes = new EveryInterval { Interval = 1 } });

    public static TheoryData<string> Files => [.. Directory.EnumerateFiles(s_folder, "*.json").Select(path => Path.GetFileName(path))];

    public void Dispose()
    {
        _nodes.Dispose();
        _data.Dispose();
    }

    [Theory, MemberData(nameof(Files))]
    public void A_checkpoint_of_any_age_is_resumed_without_loss(string file)
    {
        var golden = JsonNode.Parse(File.ReadAllText(Path.Combine(s_folder, file)))!;
        using var run = Open(file[..file.IndexOf('.', StringComparison.Ordinal)]);
        var today = run.Capture();

        run.Restore(today with { Tensors = [.. today.Tensors.Where(tensor => golden["tensors"]!.AsArray()
            .Any(name => Named(name, tensor)))], Progress = golden["progress"]!.ToJsonString() });
        var again = JsonNode.Parse(run.Capture().Progress)!;

        Assert.Equal(Step, run.Step);
        Assert.All(golden["progress"]!.AsObject(), property => Assert.True(JsonNode.DeepEquals(property.Value, again[property.Key]), property.Key));

        static bool Named(JsonNode? name, (string Name, Tensor) tensor) => name!.GetValue<string>().StartsWith($"{tensor.Name}: ", StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("teacher")]
    [InlineData("recording")]
    [InlineData("backtracking")]
    public void The_newest_golden_file_is_the_form_of_today(string kind)
    {
        var newest = Enumerable.Range(1, 1000).Select(version => Path.Combine(s_folder, $"{kind}.{version}.json")).TakeWhile(File.Exists).Last();
        using var run = Open(kind);
        var listener = new RecordingListener();
        run.Begin(listener);
        while (run.Step < Step)
        {
            run.Advance(listener);
        }
        var state = run.Capture();
        var today = new JsonObject
        {
            ["tensors"] = new JsonArray(
                [.. state.Tensors.Select(tensor => (JsonNode)$"{tensor.Name}: {tensor.Value.dtype} [{string.Join(", ", tensor.Value.shape)}]")]),
            ["progress"] = JsonNode.Parse(state.Progress),
        };

        // Numbers may differ in their last digits on another processor; names may not.
        Assert.True(
            Form(JsonNode.Parse(File.ReadAllText(newest))!).SequenceEqual(Form(today)),
            $"If the change is meant, the next golden file of '{kind}' is:\n{today.ToJsonString(s_indented)}");

        static IEnumerable<string> Form(JsonNode form) =>
            form["tensors"]!.AsArray().Select(tensor => tensor!.GetValue<string>()).Concat(Names(form["progress"], "progress"));

        static IEnumerable<string> Names(JsonNode? node, string path) =>
            node is JsonObject parts ? parts.SelectMany(part => Names(part.Value, $"{path}.{part.Key}")) : [$"{path}: {node?.GetValueKind()}"];
    }

    private ITrainingRun Open(string kind) => kind switch
    {
        "teacher" => new TeacherTraining(
            TinyNetwork.Settings with { LabelDim = 0 },
            _data,
            new TeacherTrainingSettings { Steps = 9, Batch = 4 },
            new RandomStreams(1),
            CPU),
        "recording" => TinyNetwork.Recording(new RecordingSettings { Steps = 9, Batch = 4 }),
        _ => TinyNetwork.Backtracking(
            new DmdSettings { Steps = 12, Batch = 4, FakeUpdatesPerGeneratorUpdate = 2, Switching = new ScoreGap { Ratio = 0.9, AtMost = 4 } }, _nodes),
    };
}
