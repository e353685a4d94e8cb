using System.Text;
using DisBack.Fuzz.Inputs;
using DisBack.Specs.Backtracking;
using DisBack.Specs.Data;
using DisBack.Specs.Experiments;
using DisBack.Specs.Networks;
using DisBack.Specs.Reading;

namespace DisBack.Fuzz.Readers;

/// <summary>Readers of specs and of network settings.</summary>
internal static class SpecReaders
{
    private const int Quick = 40;

    /// <summary>Anchors, merged sections, tags and the forms of numbers that no writer makes.</summary>
    private const string ByHand = """
        # by hand
        name: hand
        seed: 0x10
        teacher: !!str digits
        recording: &stage
          steps: 1e2
          optimizer: &adam { learning_rate: 5.0e-4, betas: [0.0, 0.999] }
          nodes: { policy: log-spaced, first: 4, ratio: 2 }
        backtracking:
          <<: [{ batch: 16 }, { steps: 40 }]
          host: diff-instruct
          generator: *adam
        hardware: { threads: 2 }

        """;

    public static IEnumerable<Reader> All =>
    [
        Reader.OfBytes("spec-experiment", Quick, Experiments, TextMutation.Of, Parse<ExperimentSpec>),
        Reader.OfBytes("spec-teacher", Quick, () => Texts(Teacher), TextMutation.Of, Parse<TeacherSpec>),
        Reader.OfBytes("spec-network", Quick, () => [.. s_networks.SelectMany(network => Texts(network))], TextMutation.Of, Parse<NetworkSettings>),
        Reader.OfFile("spec-file", Quick, Experiments, TextMutation.Of, path => SpecReader.Read<ExperimentSpec>(path)),
        Reader.OfBytes("spec-override", Quick, Overrides, TextMutation.Of, bytes =>
            SpecReader.ParseLocated<ExperimentSpec>(SpecYaml.Write(Experiment), "spec", [Encoding.UTF8.GetString(bytes)])),
        Reader.OfBytes("spec-stored", Quick, () => [Encoding.UTF8.GetBytes(SpecJson.Canonical(Experiment))], TextMutation.Of, bytes =>
            SpecJson.FromJson<ExperimentSpec>(Encoding.UTF8.GetString(bytes))),
        Reader.OfBytes("spec-stored-teacher", Quick, () => [Encoding.UTF8.GetBytes(SpecJson.Canonical(Teacher))], TextMutation.Of, bytes =>
            SpecJson.FromJson<TeacherSpec>(Encoding.UTF8.GetString(bytes))),
        Reader.OfBytes("network-json", Quick, () => [.. s_networks.Select(network => Encoding.UTF8.GetBytes(network.ToJson()))], TextMutation.Of, bytes =>
        {
            var network = NetworkJson.FromJson(Encoding.UTF8.GetString(bytes), "network");
            network.Validate();
            _ = network.Size;
        }),
    ];

    public static ExperimentSpec Experiment { get; } = new()
    {
        Name = "fuzz",
        Teacher = "digits",
        Evaluation = new() { Reference = new() { Resolution = 14 } },
        Data = new() { Source = DatasetSource.Packed, Path = $"sha256:{new string('a', 64)}", Resolution = 14 },
        Student = new() { Network = Network },
        Backtracking = new DmdSettings { Steps = 40, Switching = new FixedInterval { Interval = 1 } },
    };

    private static readonly NetworkSettings[] s_networks = [Network, new DhariwalUnetSettings { ImgResolution = 8, ModelChannels = 8, ChannelMult = [1, 2] }];

    public static TeacherSpec Teacher { get; } = new() { Name = "fuzz", Data = new() { Resolution = 14 }, Network = Network };

    private static SongUnetSettings Network => new()
    {
        ImgResolution = 14, ImgChannels = 1, ModelChannels = 8, ChannelMult = [1, 2], AttnResolutions = [7], NumBlocks = 1, SigmaMin = 0.1,
    };

    private static void Parse<T>(byte[] bytes)
        where T : class => SpecReader.ParseLocated<T>(SpecReader.Decode(bytes, "spec"), "spec");

    private static IReadOnlyList<byte[]> Experiments() =>
    [
        .. Texts(Experiment),
        .. Texts(Experiment with { Backtracking = new ScoreSettings(), Data = null }),
        Encoding.UTF8.GetBytes(ByHand),
    ];

    private static IReadOnlyList<byte[]> Overrides() =>
    [
        "recording.steps=100"u8.ToArray(),
        "backtracking={host: dmd, steps: 3}"u8.ToArray(),
        "student.network.channel_mult=[1, 2]"u8.ToArray(),
        "name=!!str other"u8.ToArray(),
    ];

    private static byte[][] Texts<T>(T spec)
        where T : notnull => [Encoding.UTF8.GetBytes(SpecYaml.Write(spec)), Encoding.UTF8.GetBytes(SpecJson.Canonical(spec))];
}
