using System.Formats.Tar;
using System.Text.Json;
using DisBack.Diffusion.Files;
using DisBack.Diffusion.Pictures;
using DisBack.Diffusion.Tests.Oracles;
using DisBack.Sdxl.Encodings;
using DisBack.Sdxl.Models;
using DisBack.Sdxl.Sampling;
using DisBack.Specs.Data;
using DisBack.Specs.Files;
using DisBack.Specs.Networks;
using SkiaSharp;
using TorchSharp;
using static TorchSharp.torch;

namespace DisBack.Sdxl.Tests.Encodings;

/// <summary>Pictures with captions become the same latents and embeddings, wherever they lie.</summary>
public sealed class LatentEncodingTests : IDisposable
{
    private const int Size = 64;

    private static readonly string s_model = OracleFiles.PathOf("sdxl", "mini");

    private static readonly (string Key, string Caption, byte[] Picture)[] s_data =
    [
        ("a fox", "A fox in the snow", Picture(96, 64, 1)), ("b", "", Picture(64, 64, 2)), ("c", "zwei Füchse", Picture(48, 80, 3)),
    ];

    private readonly string _folder = Directory.CreateTempSubdirectory("disback-latents-").FullName;
    private readonly DisposeScope _scope = NewDisposeScope();

    private static CancellationToken Cancellation => TestContext.Current.CancellationToken;

    private string Output => In("latents.safetensors");

    public void Dispose()
    {
        _scope.Dispose();
        Directory.Delete(_folder, recursive: true);
    }

    [Fact]
    public void Rows_are_what_the_autoencoder_and_the_text_encoders_make_of_each()
    {
        var written = Encode(MakeFolder(), new(ElementType.F32));

        using var file = SafetensorsFile.Open(Output);
        var facts = DatasetFacts.ReadLatents(file.Header, Output);
        Assert.Equal(new(3, 4, 8, 0) { Embeddings = new(3, 77, new(64, 32)) }, facts);
        Assert.Equal((3, false), (written.Count, written.WasThere));
        using var encoder = new PartLoading(new(ModelFolder.Open(s_model)), new(CPU, ScalarType.Float32)).LoadEncoder();
        using var prompts = new PartLoading(new(ModelFolder.Open(s_model)), new(CPU, ScalarType.Float32)).LoadPromptEncoder();
        for (var i = 0; i < 3; i++)
        {
            // The second picture has the size already.
            using var mean = i == 1 ? encoder.Encode(Pixels(s_data[1].Picture)).Mean * 0.13025 : null;
            if (mean is not null)
            {
                OracleFiles.AssertAgrees(mean, file.ReadRows(DatasetFacts.Latents, [1]), "latents");
            }
            using var text = prompts.Encode(s_data[i].Caption);
            OracleFiles.AssertAgrees(text.Sequence, file.ReadRows(EmbeddingFacts.Sequence, [i]), "sequence");
            OracleFiles.AssertAgrees(text.Pooled, file.ReadRows(EmbeddingFacts.Pooled, [i]), "pooled");
        }
    }

    [Fact]
    public void A_larger_picture_is_cropped_to_its_middle_and_averaged()
    {
        Write("wide", "x", Picture(256, 128, 7));
        Encode(In("pictures"), new(ElementType.F32));
        using var wide = SafetensorsFile.Open(Output);
        var latents = wide.Read(DatasetFacts.Latents);

        using var encoder = new PartLoading(new(ModelFolder.Open(s_model)), new(CPU, ScalarType.Float32)).LoadEncoder();
        using var whole = PictureReader.Read(Picture(256, 128, 7), "wide");
        var averaged = nn.functional.avg_pool2d(whole.narrow(2, 64, 128).to(ScalarType.Float32).unsqueeze(0), 2).add_(0.5f).floor_();
        OracleFiles.AssertAgrees(encoder.Encode(averaged / 127.5 - 1).Mean * 0.13025, latents, "latents");
    }

    [Fact]
    public void A_seed_draws_latents_around_the_means()
    {
        Encode(MakeFolder(), new(ElementType.F32));
        using var means = SafetensorsFile.Open(Output);
        var mean = means.Read(DatasetFacts.Latents);

        Encode(In("pictures"), new(ElementType.F32, Seed: 5));
        using var samples = SafetensorsFile.Open(Output);

        using var encoder = new PartLoading(new(ModelFolder.Open(s_model)), new(CPU, ScalarType.Float32)).LoadEncoder();
        using var noise = new SeededNoise(5, 1, 1, new SampleShape(4, 8, 8));
        OracleFiles.AssertAgrees(
            encoder.Sample(Pixels(s_data[1].Picture), noise.Next()), samples.ReadRows(DatasetFacts.Latents, [1]), "a sample");
        Assert.True((samples.Read(DatasetFacts.Latents) - mean).abs().max().item<float>() > 1e-4);
    }

    [Fact]
    public void A_folder_and_archives_of_the_same_pictures_are_the_same_file()
    {
        var first = Encode(MakeFolder(), new());
        Directory.CreateDirectory(In("shards"));
        Tar("shards/0.tar", TarEntryFormat.Pax, s_data[..2], json: false);
        Tar("shards/1.tar", TarEntryFormat.Gnu, s_data[2..], json: true);
        Tar("all.tar", TarEntryFormat.Ustar, s_data, json: true);

        Assert.Equal((first.Content, true), Kept(Encode(In("shards"), new())));
        Assert.Equal((first.Content, true), Kept(Encode(In("all.tar"), new())));
        Assert.False(Encode(In("all.tar"), new(Seed: 1)).WasThere);

        static (ContentRef, bool) Kept(EncodedFile file) => (file.Content, file.WasThere);
    }

    [Fact]
    public void Shards_that_hold_latents_already_are_joined()
    {
        Encode(MakeFolder(), new(ElementType.F32));
        using var whole = SafetensorsFile.Open(Output);
        string[] names = [DatasetFacts.Latents, EmbeddingFacts.Sequence, EmbeddingFacts.Pooled];
        Directory.CreateDirectory(In("embedded"));
        Directory.CreateDirectory(In("captioned"));
        foreach (var (shard, rows) in new[] { ("0", new long[] { 0, 1 }), ("1", [2]) })
        {
            SafetensorsFile.Write(In($"embedded/{shard}.safetensors"), [.. names.Select(name => (name, whole.ReadRows(name, rows)))]);
            SafetensorsFile.Write(
                In($"captioned/{shard}.safetensors"),
                [(DatasetFacts.Latents, whole.ReadRows(DatasetFacts.Latents, rows))],
                new Dictionary<string, string> { ["captions"] = JsonSerializer.Serialize(rows.Select(row => s_data[row].Caption)) });
        }
        foreach (var kind in new[] { "embedded", "captioned" })
        {
            var written = Encoding().Write(In(kind), Size, In("joined"), new(ElementType.F32), cancellation: Cancellation);
            var again = Encoding().Write(In(kind), Size, In("joined"), new(ElementType.F32), cancellation: Cancellation);

            Assert.Equal((3, false, true), (written.Count, written.WasThere, again.WasThere));
            using var joined = SafetensorsFile.Open(In("joined"));
            Assert.Equal(names.Order(StringComparer.Ordinal), joined.Entries.Keys.Order(StringComparer.Ordinal));
            Assert.All(names, name => OracleFiles.AssertAgrees(whole.Read(name), joined.Read(name), name));
        }
        File.Copy(In("captioned/0.safetensors"), In("embedded/2.safetensors"));
        Refused("have latents or captions of other forms", In("embedded"));
    }

    [Fact]
    public void What_is_no_data_is_refused_in_a_sentence()
    {
        Refused("no folder and no .tar or .safetensors file", In("absent"));
        Refused("holds no picture", _folder);
        MakeFolder();
        Refused("the size must be a multiple of 8", In("pictures"), size: 60);
        Refused("the size must be a multiple of 8", In("pictures"), size: 1 << 14);
        File.WriteAllText(In("pictures/x.tar"), "");
        Refused("more than one of pictures", In("pictures"));
        File.Delete(In("pictures/x.tar"));
        File.Delete(In("pictures/b.txt"));
        Refused("has no caption: write it into 'b.txt'", In("pictures"));
        File.WriteAllBytes(In("pictures/b.txt"), [0xff, 0xfe]);
        Refused("no text in UTF-8", In("pictures"));
        File.WriteAllText(In("pictures/b.txt"), "b");
        File.WriteAllText(In("pictures/b.png"), "no picture");
        Refused("is no readable picture", In("pictures"));
        SafetensorsFile.Write(In("latents-of-another-size.safetensors"), [(DatasetFacts.Latents, zeros(2, 4, 4, 4))], Captions(2));
        Refused("has latents of 4x4x4", In("latents-of-another-size.safetensors"));
        SafetensorsFile.Write(In("few.safetensors"), [(DatasetFacts.Latents, zeros(2, 4, 8, 8))], Captions(1));
        Refused("is no JSON array of 2 texts", In("few.safetensors"));
        SafetensorsFile.Write(In("none.safetensors"), [(DatasetFacts.Latents, zeros(2, 4, 8, 8))]);
        Refused("is no file of embedded prompts", In("none.safetensors"));
        SafetensorsFile.Write(In("endless.safetensors"), [(DatasetFacts.Latents, full([2, 4, 8, 8], 1e6f))], Captions(2));
        Refused("exceeds float16: encode as float32", In("endless.safetensors"));
        Assert.DoesNotContain(Directory.GetFiles(_folder), file => file.StartsWith(Output, StringComparison.Ordinal));

        static Dictionary<string, string> Captions(int count) =>
            new() { ["captions"] = JsonSerializer.Serialize(Enumerable.Repeat("a fox", count)) };
    }

    [Fact]
    public void Who_stops_it_finds_nothing_under_the_name()
    {
        MakeFolder();
        using var stop = new CancellationTokenSource();

        Assert.ThrowsAny<OperationCanceledException>(() => Encoding().Write(
            In("pictures"),
            Size,
            Output,
            new(),
            progress =>
            {
                if (progress is { Phase: EncodingPhase.Pictures, Done: > 0 })
                {
                    stop.Cancel();
                }
            },
            stop.Token));

        Assert.Empty(Directory.GetFiles(_folder));
    }

    [Fact]
    public void Pictures_that_change_meanwhile_are_noticed()
    {
        MakeFolder();

        Assert.Contains("were changed while they were encoded", Assert.Throws<DisBackException>(() => Encoding().Write(
            In("pictures"),
            Size,
            Output,
            new(),
            progress =>
            {
                if (progress is { Phase: EncodingPhase.Pictures, Done: 0 })
                {
                    File.WriteAllText(In("pictures/c.txt"), "another");
                }
            },
            Cancellation)).Message, StringComparison.Ordinal);

        Assert.Empty(Directory.GetFiles(_folder));
    }

    private static LatentEncoding Encoding() => new(ModelFolder.Open(s_model), CPU);

    private EncodedFile Encode(string path, LatentSettings settings) => Encoding().Write(path, Size, Output, settings, cancellation: Cancellation);

    private void Refused(string sentence, string path, int size = Size) => Assert.Contains(
        sentence,
        Assert.Throws<DisBackException>(() => Encoding().Write(path, size, Output, new(), cancellation: Cancellation)).Message,
        StringComparison.Ordinal);

    private string MakeFolder()
    {
        foreach (var (key, caption, picture) in s_data)
        {
            Write(key, caption, picture);
        }
        File.WriteAllText(In("pictures/.hidden.png"), "");
        return In("pictures");
    }

    private void Write(string key, string caption, byte[] picture)
    {
        Directory.CreateDirectory(In("pictures"));
        File.WriteAllBytes(In($"pictures/{key}.png"), picture);
        File.WriteAllText(In($"pictures/{key}.txt"), caption);
    }

    private void Tar(string name, TarEntryFormat format, (string Key, string Caption, byte[] Picture)[] data, bool json)
    {
        using var file = File.Create(In(name));
        using var tar = new TarWriter(file, format);
        foreach (var (key, caption, picture) in data)
        {
            if (json)
            {
                Add($"train/{key}.json", JsonSerializer.SerializeToUtf8Bytes(new { width = 3, caption }));
                Add($"train/{key}.seg.png", [1, 2, 3]);
            }
            Add($"train/{key}.PNG", picture);
            if (!json)
            {
                Add($"train/{key}.txt", System.Text.Encoding.UTF8.GetBytes($"{caption}\n"));
            }
        }
        // A download that failed leaves what is known of a picture, and no picture.
        Add("train/gone.json", "{}"u8.ToArray());

        void Add(string entry, byte[] bytes)
        {
            TarEntry added = format switch
            {
                TarEntryFormat.Pax => new PaxTarEntry(TarEntryType.RegularFile, entry),
                TarEntryFormat.Gnu => new GnuTarEntry(TarEntryType.RegularFile, entry),
                _ => new UstarTarEntry(TarEntryType.RegularFile, entry),
            };
            added.DataStream = new MemoryStream(bytes);
            tar.WriteEntry(added);
        }
    }

    private static Tensor Pixels(byte[] picture) => PictureReader.Read(picture, "picture").to(ScalarType.Float32).div_(127.5).sub_(1).unsqueeze(0);

    private static byte[] Picture(int width, int height, int seed)
    {
        using var bitmap = new SKBitmap(width, height, SKColorType.Rgba8888, SKAlphaType.Opaque);
        var random = new Random(seed);
        for (var y = 0; y < height; y++)
        {
            for (var x = 0; x < width; x++)
            {
                bitmap.SetPixel(x, y, new SKColor((uint)random.Next() | 0xff000000));
            }
        }
        return bitmap.Encode(SKEncodedImageFormat.Png, 100).ToArray();
    }

    private string In(string name) => Path.Combine(_folder, name);
}
