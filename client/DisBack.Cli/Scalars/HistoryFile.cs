using System.Buffers;
using System.Globalization;
using System.Text;
using System.Text.Encodings.Web;
using System.Text.Json;
using System.Text.Json.Nodes;
using DisBack.Cli.Installations;
using DisBack.Specs.Files;
using DisBack.Specs.Reading;

namespace DisBack.Cli.Scalars;

/// <summary>The files that Weights &amp; Biases keeps of a run: its history as JSON lines, its spec and its last values.</summary>
internal sealed class HistoryFile : ScalarFile
{
    private const string History = "history.jsonl";
    private const string Config = "config.yaml";
    private const string Summary = "summary.json";

    private static readonly JsonWriterOptions s_line = new() { Encoder = JavaScriptEncoder.UnsafeRelaxedJsonEscaping };
    private static readonly JsonSerializerOptions s_indented = new() { Encoder = s_line.Encoder, WriteIndented = true };

    private readonly RecordFile _file;
    private readonly DateTimeOffset _submitted;
    private readonly ArrayBufferWriter<byte> _line = new();
    private readonly Dictionary<string, JsonNode> _last = [];

    /// <param name="folder">The folder of the run's files.</param>
    /// <param name="run">The run.</param>
    public HistoryFile(string folder, RunTarget run)
    {
        _file = new RecordFile(Path.Combine(folder, History));
        _submitted = run.Run.Submitted;
        var sections = run.Spec.Length == 0 ? [] : SpecJson.Sections(run.Spec);
        // The form that wandb.init reads a configuration from.
        var config = new JsonObject(sections.Select(section => KeyValuePair.Create(
            section.Key, (JsonNode?)new JsonObject { ["value"] = section.Value?.DeepClone() })));
        File.WriteAllText(Path.Combine(folder, Config), SpecYaml.Write(config));
    }

    public override void Append(ScalarRow row)
    {
        var time = row.Times.Max();
        var values = new OrderedDictionary<string, JsonNode>
        {
            ["_step"] = row.Step,
            ["_timestamp"] = (time - DateTimeOffset.UnixEpoch).TotalSeconds,
            ["_runtime"] = (time - _submitted).TotalSeconds,
        };
        foreach (var point in row.Points)
        {
            values[point.Name] = Value(point.Value);
        }
        foreach (var events in row.Events.GroupBy(happened => happened.Kind))
        {
            values[events.Key] = string.Join(' ', events.Select(happened => happened.Text));
        }
        _line.ResetWrittenCount();
        using (var json = new Utf8JsonWriter(_line, s_line))
        {
            json.WriteStartObject();
            foreach (var (name, value) in values)
            {
                json.WritePropertyName(name);
                value.WriteTo(json);
                _last[name] = value;
            }
            json.WriteEndObject();
        }
        _line.Write("\n"u8);
        _file.Append(_line.WrittenSpan);
    }

    public override void Flush(string folder, RunTarget run)
    {
        _file.Flush();
        var summary = new JsonObject { ["status"] = run.Run.Status.ToString().ToLowerInvariant() };
        foreach (var (name, value) in _last)
        {
            summary[name] = value.DeepClone();
        }
        foreach (var (name, value) in run.Run.Latest)
        {
            // Of curves that are damaged the document still has the ends.
            summary.TryAdd(name, value.Value);
        }
        foreach (var (name, value) in run.Run.Best)
        {
            summary[$"best.{name}"] = value.Value;
        }
        ReplacedFile.Write(Path.Combine(folder, Summary), file => file.Write(Encoding.UTF8.GetBytes(summary.ToJsonString(s_indented) + "\n")));
    }

    public override void Dispose() => _file.Dispose();

    /// <summary>Weights &amp; Biases writes what JSON has no number for as these texts; null would say that nothing was measured.</summary>
    private static JsonNode Value(double value) => double.IsFinite(value) ? value : value.ToString(CultureInfo.InvariantCulture);
}
