using System.Formats.Tar;
using System.Runtime.InteropServices;
using System.Text;
using DisBack.Diffusion.Files;
using DisBack.Diffusion.Pictures;
using DisBack.Diffusion.TextToImage.Layers;
using DisBack.Diffusion.TextToImage.UNet;
using DisBack.Fuzz.Inputs;
using DisBack.Sdxl.Adapters;
using DisBack.Sdxl.Configuration;
using DisBack.Sdxl.Encodings;
using DisBack.Sdxl.Models;
using DisBack.Sdxl.Networks.Autoencoder;
using DisBack.Sdxl.Networks.Text;
using DisBack.Sdxl.Pictures;
using DisBack.Sdxl.Prompts;
using DisBack.Sdxl.Sampling;
using DisBack.Sdxl.Tokens;
using DisBack.Specs.Data;
using DuckDB.NET.Data;
using SkiaSharp;
using static TorchSharp.torch;

namespace DisBack.Fuzz.Readers;

/// <summary>
/// Readers of models of others and of what goes with them: settings, with the networks that they ask for, tokenizers and prompts, files in several pieces,
/// LoRAs, and the texts in pictures.
/// </summary>
internal static class ModelReaders
{
    private const int Quick = 20, Slow = 4;

    private const string Index = "model.safetensors.index.json", Shard = "model-2.safetensors";

    public static IEnumerable<Reader> All =>
    [
        Settings("model-unet", Slow, ["unet/config.json"], settings =>
        {
            using var network = new ConditionalUNet(UNetConfig.Read(settings), Placement.Shapes);
            AdapterPart.UNet(network);
        }),
        Settings("model-autoencoder", Slow, ["vae/config.json"], settings =>
        {
            var config = AutoencoderConfig.Read(settings);
            new PictureDecoder(config, Placement.Shapes).Dispose();
            new PictureEncoder(config, Placement.Shapes).Dispose();
        }),
        Settings("model-text", Slow, ["text_encoder/config.json", "text_encoder_2/config.json"], settings =>
            new ClipTextEncoder(TextEncoderConfig.Read(settings), Placement.Shapes).Dispose()),
        Settings("model-scheduler", Quick, ["scheduler/scheduler_config.json"], settings => _ = new NoiseTable(SchedulerConfig.Read(settings))),
        InFolder("model-index", Quick, "model_index.json", () => [Mini("model_index.json")], TextMutation.Of, _ => { }, folder => ModelFolder.Open(folder)),
        Tokenizer("vocabulary", "vocab.json"),
        Tokenizer("merges", "merges.txt"),
        Tokenizer("special", "special_tokens_map.json"),
        Tokenizer("settings", "tokenizer_config.json"),
        new Reader("prompt", Quick, Prompts, ByteMutation.Of, folder =>
        {
            PutTokenizer(folder);
            var tokenizer = ClipTokenizer.Open(folder);
            return bytes => tokenizer.Encode(new string(MemoryMarshal.Cast<byte, char>(bytes)));
        }),
        Reader.OfFile("prompt-column", Slow, PromptColumns, ByteMutation.Of, path => PromptList.Read(path, "prompt")),
        new Reader("picture-tar", Quick, () => [Tar()], ByteMutation.Of, folder =>
        {
            var path = Path.Combine(folder, "input.tar");
            return bytes =>
            {
                File.WriteAllBytes(path, bytes);
                foreach (var _ in new TarShards([path]).Read())
                {
                }
            };
        }),
        Reader.OfFile("latent-shard", Quick, () => [Latents(captioned: true), Latents(captioned: false)], SafetensorsMutation.Of, path =>
            new LatentShards([path]).Dispose()),
        InFolder("shard-index", Quick, Index, () => [ShardIndex()], TextMutation.Of, PutShards, OpenShards),
        InFolder("shard", Quick, Shard, () => [SecondShard()], SafetensorsMutation.Of, PutShards, OpenShards),
        Adapter("lora-file", "input.safetensors", () => [Lora("diffusers"), Lora("kohya")], SafetensorsMutation.Of),
        Adapter("lora-settings", LoraSettings.PeftFile, () => ["""
            {"peft_type": "LORA", "r": 2, "lora_alpha": 4, "use_dora": false, "use_rslora": true, "alpha_pattern": {"^conv_in": 8.0, "proj_in": 1.5}}
            """u8.ToArray()], TextMutation.Of),
        Reader.OfBytes("picture-text", Quick, () => [Picture()], PictureMutation.Of, bytes => PngText.Read(bytes, "input")),
    ];

    private static Reader Settings(string name, int share, IReadOnlyList<string> seeds, Action<ConfigReader> read) =>
        Reader.OfFile(name, share, () => [.. seeds.Select(Mini)], TextMutation.Of, path => read(ConfigReader.Open(path)));

    /// <summary>A reader of a folder, of which one file is changed.</summary>
    private static Reader InFolder(
        string name, int share, string file, Func<IReadOnlyList<byte[]>> seeds, Mutation mutate, Action<string> put, Action<string> read) =>
        new(name, share, seeds, mutate, folder =>
        {
            put(folder);
            return bytes =>
            {
                File.WriteAllBytes(Path.Combine(folder, file), bytes);
                read(folder);
            };
        });

    private static Reader Tokenizer(string name, string file) => InFolder(
        $"tokenizer-{name}",
        Quick,
        file,
        () => [Mini($"tokenizer/{file}"), Mini($"tokenizer_2/{file}")],
        TextMutation.Of,
        PutTokenizer,
        folder => ClipTokenizer.Open(folder).Encode("A lighthouse, 2 dogs & the sea at night!"));

    private static void PutTokenizer(string folder)
    {
        foreach (var name in new[] { "vocab.json", "merges.txt", "special_tokens_map.json", "tokenizer_config.json" })
        {
            File.WriteAllBytes(Path.Combine(folder, name), Mini($"tokenizer/{name}"));
        }
    }

    /// <summary>In UTF-16, so that half a character is a change like any other.</summary>
    private static IReadOnlyList<byte[]> Prompts() =>
    [
        .. new[]
        {
            "A lighthouse on a rocky coast at dusk, oil on canvas, they're 12 ships <|endoftext|>",
            "İstanbul'da ÇAY, ﬁne cafe\u0301, \u1e9b\u0323, 한국어 \u1112\u1161\u11ab, 漢字 𝒳 👩‍👩‍👧 \u200d \ufeff",
            // As much as is read, in one word, in marks that must be put in order, and in pieces of one character.
            new string('a', 1 << 14),
            string.Concat(Enumerable.Repeat("\u0301\u0323\u0345\u05b0", 1 << 12)),
            string.Concat(Enumerable.Repeat("1'", 1 << 13)),
        }.Select(Encoding.Unicode.GetBytes),
    ];

    /// <summary>Parquet files of texts, with a dictionary and without, compressed in two ways.</summary>
    private static IReadOnlyList<byte[]> PromptColumns()
    {
        using var database = new DuckDBConnection("DataSource=:memory:");
        database.Open();
        return
        [
            .. new[]
            {
                ("SELECT 'a fox' AS prompt, 1 AS n FROM range(40)", "snappy"), ("SELECT 'fox ' || i AS prompt FROM range(40) t(i)", "zstd"),
            }.Select(made =>
            {
                var path = Path.GetTempFileName();
                try
                {
                    using var command = database.CreateCommand();
                    command.CommandText = $"COPY ({made.Item1}) TO '{path}' (FORMAT parquet, COMPRESSION {made.Item2})";
                    command.ExecuteNonQuery();
                    return File.ReadAllBytes(path);
                }
                finally
                {
                    File.Delete(path);
                }
            }),
        ];
    }

    /// <summary>An archive of two pictures, with a long name and with attributes, captioned in both ways.</summary>
    private static byte[] Tar()
    {
        using var file = new MemoryStream();
        using (var tar = new TarWriter(file, TarEntryFormat.Pax, leaveOpen: true))
        {
            Add(new PaxTarEntry(TarEntryType.RegularFile, new string('a', 120) + ".jpg"), [1, 2, 3]);
            Add(new PaxTarEntry(TarEntryType.RegularFile, new string('a', 120) + ".json"), """{"caption": "a fox"}"""u8.ToArray());
            Add(new GnuTarEntry(TarEntryType.RegularFile, new string('b', 90) + ".png"), [1, 2, 3]);
            Add(new UstarTarEntry(TarEntryType.RegularFile, new string('b', 90) + ".txt"), "a dog"u8.ToArray());

            void Add(TarEntry entry, byte[] bytes)
            {
                entry.DataStream = new MemoryStream(bytes);
                tar.WriteEntry(entry);
            }
        }
        return file.ToArray();
    }

    private static byte[] Latents(bool captioned) => Written(
        [
            (DatasetFacts.Latents, ones(2, 4, 1, 1)),
            .. captioned ? Array.Empty<(string, Tensor)>() : [(EmbeddingFacts.Sequence, ones(2, 3, 2)), (EmbeddingFacts.Pooled, ones(2, 1))],
        ],
        captioned ? new() { ["captions"] = """["a fox", "a dog"]""" } : []);

    private static void OpenShards(string folder) => WeightsFile.Open(Path.Combine(folder, Index), prefix: "").Dispose();

    private static void PutShards(string folder)
    {
        File.WriteAllBytes(Path.Combine(folder, Index), ShardIndex());
        File.WriteAllBytes(Path.Combine(folder, "model-1.safetensors"), Written([("a.weight", ones(2, 3))], []));
        File.WriteAllBytes(Path.Combine(folder, Shard), SecondShard());
    }

    private static byte[] ShardIndex() => """
        {"metadata": {"total_size": 36}, "weight_map": {
        "a.weight": "model-1.safetensors", "a.bias": "model-2.safetensors", "b": "model-2.safetensors"}}
        """u8.ToArray();

    private static byte[] SecondShard() => Written([("a.bias", ones(2)), ("b", ones(1))], new() { ["format"] = "pt" });

    private static Reader Adapter(string name, string file, Func<IReadOnlyList<byte[]>> seeds, Mutation mutate) => new(name, Quick, seeds, mutate, folder =>
    {
        var (path, parts) = (Path.Combine(folder, "input.safetensors"), Parts());
        File.WriteAllBytes(path, Lora("peft"));
        return bytes =>
        {
            File.WriteAllBytes(Path.Combine(folder, file), bytes);
            using var lora = LoraFile.Open(path, parts);
            lora.Attach().Dispose();
        };
    });

    private static AdapterPart[] Parts() =>
    [
        AdapterPart.TextEncoder(new ClipTextEncoder(TextEncoderConfig.Read(MiniSettings("text_encoder")), Placement.Shapes)),
        AdapterPart.TextEncoder2(new ClipTextEncoder(TextEncoderConfig.Read(MiniSettings("text_encoder_2")), Placement.Shapes)),
        AdapterPart.UNet(new ConditionalUNet(UNetConfig.Read(MiniSettings("unet")), Placement.Shapes)),
    ];

    /// <summary>A LoRA of rank 2 for a convolution, a layer of a transformer and, where the form has them, one of a text encoder.</summary>
    private static byte[] Lora(string form)
    {
        using var scope = NewDisposeScope();
        var tensors = new List<(string, Tensor)>();
        foreach (var part in Parts())
        {
            foreach (var (path, layer) in part.Layers.Where(layer => layer.Key is "conv_in" || layer.Key.EndsWith("0.proj_in", StringComparison.Ordinal)
                || layer.Key.EndsWith("layers.0.self_attn.q_proj", StringComparison.Ordinal)).Take(2))
            {
                var weights = layer.Weights.shape;
                var (down, up) = (ones([2, .. weights[1..]]), ones([weights[0], 2, .. Enumerable.Repeat(1L, weights.Length - 2)]));
                switch (form)
                {
                    case "kohya":
                        var prefix = part.Name switch { "unet" => "lora_unet_", "text_encoder" => "lora_te1_", _ => "lora_te2_" };
                        var name = prefix + path.Replace('.', '_');
                        tensors.AddRange([($"{name}.lora_down.weight", down), ($"{name}.lora_up.weight", up), ($"{name}.alpha", tensor(1f))]);
                        break;
                    case "diffusers":
                        tensors.AddRange([($"{part.Name}.{path}.lora_A.weight", down), ($"{part.Name}.{path}.lora_B.weight", up)]);
                        break;
                    case "peft" when part.Name == "unet":
                        tensors.AddRange([($"{AdapterPart.PeftPrefix}{path}.lora_A.weight", down), ($"{AdapterPart.PeftPrefix}{path}.lora_B.weight", up)]);
                        break;
                }
            }
        }
        return Written(tensors, form != "diffusers" ? [] : new()
        {
            [LoraSettings.HeaderKey] = """
                {"unet.r": 2, "unet.lora_alpha": 4, "unet.alpha_pattern": {"conv_in": 8.0}, "unet.use_rslora": true, "text_encoder.lora_alpha": 1}
                """,
        });
    }

    private static byte[] Picture()
    {
        using var bitmap = new SKBitmap(3, 2, SKColorType.Rgba8888, SKAlphaType.Unpremul);
        bitmap.Erase(SKColors.Teal);
        using var file = new MemoryStream();
        PngText.Write(
            bitmap.Encode(SKEncodedImageFormat.Png, 90).ToArray(),
            new Dictionary<string, string> { ["parameters"] = "a fox\nSteps: 4, Größe: 3x2", ["disback"] = """{"prompt":"a fox","seed":1}""" },
            file);
        return file.ToArray();
    }

    private static byte[] Written(IReadOnlyList<(string Name, Tensor Value)> tensors, Dictionary<string, string> metadata)
    {
        using var file = new MemoryStream();
        SafetensorsFile.Write(file, tensors, metadata);
        return file.ToArray();
    }

    private static ConfigReader MiniSettings(string part) => ConfigReader.Open(MiniPath($"{part}/config.json"));

    private static byte[] Mini(string name) => File.ReadAllBytes(MiniPath(name));

    /// <summary>A file of the miniature of SDXL.</summary>
    private static string MiniPath(string name) => Path.Combine(AppContext.BaseDirectory, "sdxl", name);
}
