using DisBack.Client;
using DisBack.Diffusion.Data;
using DisBack.Diffusion.Features;
using DisBack.Diffusion.Files;
using DisBack.Diffusion.Metrics;
using DisBack.Diffusion.Networks;
using DisBack.Diffusion.Randomness;
using DisBack.Distillation;
using DisBack.Distillation.Generators;
using DisBack.Distillation.Recording;
using DisBack.Distillation.Runs;
using DisBack.Fuzz.Inputs;
using DisBack.Specs.Data;
using DisBack.Specs.Files;
using DisBack.Specs.Networks;
using DisBack.Specs.Recording;
using static TorchSharp.torch;

namespace DisBack.Fuzz.Readers;

/// <summary>Readers of tensors in files: safetensors, and those of PyTorch and NumPy.</summary>
internal static class WeightsReaders
{
    private const int Quick = 20, Slow = 4;

    public static IEnumerable<Reader> All =>
    [
        Reader.OfBytes("safetensors-header", 2 * Quick, AnyWeights, SafetensorsMutation.Of, bytes =>
            SafetensorsHeader.Read(new MemoryStream(bytes), bytes.Length, "input")),
        Reader.OfFile("safetensors-file", Quick, AnyWeights, SafetensorsMutation.Of, ReadTensors),
        Reader.OfFile("teacher-header", Quick, Networks, SafetensorsMutation.Of, TeacherLibrary.CheckHeader),
        Reader.OfFile("network-file", Slow, Networks, SafetensorsMutation.Of, path => NetworkFile.Open(path).Dispose()),
        Reader.OfFile("network-import", Slow, Networks, SafetensorsMutation.Of, Import),
        Reader.OfFile("student-file", Slow, Students, SafetensorsMutation.Of, path => StudentFile.Open(path).Dispose()),
        Reader.OfFile("features-file", Quick, Features, SafetensorsMutation.Of, path => FeatureNetworks.Open(path, trustCode: false).Dispose()),
        Reader.OfFile("packed-images", Quick, Packed, SafetensorsMutation.Of, ReadPacked),
        Reader.OfFile("torch-file", 2 * Quick, () => FilesOf("pytorch"), ByteMutation.Of, ReadTensorsOfOthers),
        Reader.OfFile("statistics-file", Quick, () => FilesOf("numpy"), ByteMutation.Of, path => ReferenceStatistics.Read(path).Dispose()),
        new Reader("checkpoint", Slow, () => [Checkpoint()], SafetensorsMutation.Of, folder =>
        {
            var (run, path) = (Recording(), Path.Combine(folder, "input"));
            return bytes =>
            {
                File.WriteAllBytes(path, bytes);
                using var scope = NewDisposeScope();
                using var file = SafetensorsFile.Open(path);
                run.Restore(RunState.Read(file));
            };
        }),
    ];

    private static readonly NetworkSettings[] s_networks =
    [
        new SongUnetSettings { ImgResolution = 4, ImgChannels = 1, ModelChannels = 4, ChannelMult = [1], NumBlocks = 0, AttnResolutions = [], Dropout = 0 },
        new SongUnetSettings
        {
            ImgResolution = 4, ImgChannels = 1, ModelChannels = 4, ChannelMult = [1, 1], NumBlocks = 1, AttnResolutions = [2], LabelDim = 3, AugmentDim = 2,
            EmbeddingType = EmbeddingType.Fourier, EncoderType = EncoderType.Residual, ResampleFilter = [1, 3, 3, 1], Precond = Preconditioning.Ve,
        },
        new DhariwalUnetSettings
        {
            ImgResolution = 4, ModelChannels = 4, ChannelMult = [1], NumBlocks = 1, AttnResolutions = [4], Precond = Preconditioning.Iddpm,
        },
    ];

    private static void ReadTensors(string path)
    {
        using var scope = NewDisposeScope();
        using var file = SafetensorsFile.Open(path);
        foreach (var name in file.Entries.Keys)
        {
            file.Read(name);
        }
    }

    private static void ReadTensorsOfOthers(string path)
    {
        using var scope = NewDisposeScope();
        using var file = WeightsFile.Open(path);
        foreach (var name in file.Entries.Keys)
        {
            file.Read(name).Dispose();
        }
    }

    private static void Import(string path)
    {
        using var file = SafetensorsFile.Open(path);
        NetworkFile.Import(file, settings: null).Network.Dispose();
    }

    private static void ReadPacked(string path)
    {
        var settings = new DatasetSettings { Source = DatasetSource.Packed, Path = path };
        ImageDataset.FactsOf(settings);
        ImageDataset.Load(settings).Dispose();
    }

    private static IReadOnlyList<byte[]> AnyWeights() => [AllTypes(), .. Networks(), .. Packed()];

    private static IReadOnlyList<byte[]> FilesOf(string folder) =>
        [.. Directory.EnumerateFiles(Path.Combine(AppContext.BaseDirectory, folder)).Order(StringComparer.Ordinal).Select(File.ReadAllBytes)];

    private static byte[] AllTypes()
    {
        using var scope = NewDisposeScope();
        return Bytes([.. Enum.GetValues<ElementType>().Select((type, i) => (type.ToString(), zeros([i % 3, 2], type.Scalar()))), ("scalar", tensor(1f))], new()
        {
            ["note"] = "every type",
        });
    }

    private static IReadOnlyList<byte[]> Networks() =>
    [
        .. s_networks.Select(settings =>
        {
            using var network = Create(settings);
            return Bytes(NetworkFile.TensorsOf(network), NetworkMetadata.Of(settings));
        }),
    ];

    private static IReadOnlyList<byte[]> Students()
    {
        using var init = new Generator(1);
        return
        [
            Written(new DenoiserGenerator(Create(s_networks[0]), 2.5)),
            Written(new DenoiserGenerator(Create(s_networks[0]), 2.5, [0.8, 0.2])),
            Written(new DecoderGenerator(new LatentDecoder(new DecoderSettings { LatentDim = 4, Width = 8 }, new SampleShape(1, 8, 8), 3, init))),
        ];

        static byte[] Written(IGenerator student)
        {
            using (student)
            {
                using var file = new MemoryStream();
                StudentFile.Write(file, student);
                return file.ToArray();
            }
        }
    }

    private static IReadOnlyList<byte[]> Features()
    {
        using var scope = NewDisposeScope();
        var settings = new ClassifierSettings(Channels: 1, Resolution: 8, Width: 2, Features: 3, Classes: 2);
        var layers = settings.Layers.SelectMany(layer => new[]
        {
            ($"{layer.Layer}_weight", zeros(layer.Shape)), ($"{layer.Layer}_bias", zeros(layer.Shape[0])),
        });
        return
        [
            Bytes([.. layers], new(settings.ToMetadata())),
            // Only begun: their whole files have 100 MB.
            Bytes([(InceptionV3.FirstTensor, zeros(32, 3, 3, 3)), ("Conv2d_1a_3x3.bn.weight", ones(32))], []),
            Bytes([(Vgg16.FirstTensor, zeros(64, 3, 3, 3)), ("features.0.bias", ones(64))], []),
        ];
    }

    private static IReadOnlyList<byte[]> Packed()
    {
        using var scope = NewDisposeScope();
        var images = zeros([3, 1, 4, 4], uint8);
        return
        [
            Bytes([(DatasetFacts.Images, images), (DatasetFacts.Labels, tensor([0L, 1, 1]))], new(new DatasetFacts(3, 1, 4, 2).ToMetadata())),
            Bytes([(DatasetFacts.Images, images)], []),
        ];
    }

    private static byte[] Checkpoint()
    {
        using var run = Recording();
        var state = run.Capture();
        return Bytes(state.Tensors, new() { [RunState.ProgressKey] = state.Progress });
    }

    private static DegradationRecording Recording() => new(
        new StageInputs(() => Create(s_networks[0]), () => new DenoiserGenerator(Create(s_networks[0]), 2.5), new RandomStreams(0), CPU),
        new RecordingSettings { Steps = 4 });

    private static Denoiser Create(NetworkSettings settings)
    {
        using var init = new Generator(0);
        return Denoiser.Create(settings, init);
    }

    private static byte[] Bytes(IReadOnlyList<(string Name, Tensor Value)> tensors, Dictionary<string, string> metadata)
    {
        using var file = new MemoryStream();
        SafetensorsFile.Write(file, tensors, metadata);
        return file.ToArray();
    }
}
