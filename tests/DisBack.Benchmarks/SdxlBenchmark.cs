using System.CommandLine;
using System.Globalization;
using System.Text.Json;
using System.Text.Json.Nodes;
using DisBack.Diffusion.Files;
using DisBack.Specs.Files;
using DisBack.TestKit;

namespace DisBack.Benchmarks;

/// <summary>
/// A model with the names and shapes of SDXL base and random weights of 16 bits draws a picture: what that takes of time and, at its peak, of memory. Tokenizers are
/// those of the miniature.
/// </summary>
internal static class SdxlBenchmark
{
    private const string Oracles = "tests/oracles/sdxl/sdxl-base-tensors.json";

    public static Command Create()
    {
        var size = new Option<int>("--size") { DefaultValueFactory = _ => 512, Description = "Side of the picture in pixels." };
        var precisions = new Option<string[]>("--precision")
        {
            DefaultValueFactory = _ => ["bf16", "fp32"],
            Description = "How the model computes.",
            AllowMultipleArgumentsPerToken = true,
        };
        var command = new Command("sdxl", "A picture in one step with a model of SDXL's size and random weights: seconds and peak memory.")
        {
            size, precisions,
        };
        command.SetAction((parsed, _) => RunAsync(parsed.GetValue(size), parsed.GetRequiredValue(precisions)));
        return command;
    }

    private static async Task RunAsync(int size, string[] precisions)
    {
        using var folder = new TemporaryFolder();
        var model = Path.Combine(folder.Path, "model");
        var unetBytes = Make(Path.GetDirectoryName(Repository.Find(Oracles))!, model);
        List<(string, string)> rows = [("file of the UNet's weights", GiB(unetBytes))];
        foreach (var precision in precisions)
        {
            var (seconds, peak) = await Disback.MeasureAsync(
                "sample", "--model", model, "--prompt", "A photo of a dog.", "--size", $"{size}", "--precision", precision,
                "--out", Path.Combine(folder.Path, "picture.png"));
            rows.Add((precision, string.Create(CultureInfo.InvariantCulture, $"{seconds:f1} s, {GiB(peak)} at most")));
        }
        Figures.Print(
            string.Create(CultureInfo.InvariantCulture, $"disback sample with a model of SDXL's size, {size} x {size} pixels in one step"), [.. rows]);
    }

    /// <summary>Makes the folder; of the miniature are the tokenizers, the schedule and what of the settings is no size.</summary>
    /// <returns>Bytes of the UNet's file.</returns>
    private static long Make(string oracles, string model)
    {
        var mini = Path.Combine(oracles, "mini");
        foreach (var name in new[] { "tokenizer", "tokenizer_2", "scheduler" })
        {
            Directory.CreateDirectory(Path.Combine(model, name));
            foreach (var file in Directory.GetFiles(Path.Combine(mini, name)))
            {
                File.Copy(file, Path.Combine(model, name, Path.GetFileName(file)));
            }
        }
        File.Copy(Path.Combine(mini, "model_index.json"), Path.Combine(model, "model_index.json"));
        using var tensors = JsonDocument.Parse(File.ReadAllText(Path.Combine(oracles, "sdxl-base-tensors.json")));
        Part("vae", "diffusion_pytorch_model", """{ "block_out_channels": [128, 256, 512, 512], "norm_num_groups": 32, "sample_size": 1024 }""");
        Part("text_encoder", "model", """
            { "hidden_size": 768, "intermediate_size": 3072, "num_attention_heads": 12, "num_hidden_layers": 12, "projection_dim": 768, "vocab_size": 49408 }
            """);
        Part("text_encoder_2", "model", """
            { "hidden_size": 1280, "intermediate_size": 5120, "num_attention_heads": 20, "num_hidden_layers": 32, "projection_dim": 1280, "vocab_size": 49408 }
            """);
        return Part("unet", "diffusion_pytorch_model", """
            {
              "block_out_channels": [320, 640, 1280], "attention_head_dim": [5, 10, 20], "transformer_layers_per_block": [1, 2, 10], "norm_num_groups": 32,
              "cross_attention_dim": 2048, "addition_time_embed_dim": 256, "projection_class_embeddings_input_dim": 2816, "sample_size": 128
            }
            """);

        long Part(string name, string stem, string sizes)
        {
            var folder = Directory.CreateDirectory(Path.Combine(model, name)).FullName;
            var settings = JsonNode.Parse(File.ReadAllText(Path.Combine(mini, name, "config.json")))!.AsObject();
            foreach (var (key, value) in JsonNode.Parse(sizes)!.AsObject())
            {
                settings[key] = value!.DeepClone();
            }
            File.WriteAllText(Path.Combine(folder, "config.json"), settings.ToJsonString());
            var file = Path.Combine(folder, $"{stem}.fp16.safetensors");
            var random = new Random(1);
            SafetensorsFile.Write(
                file,
                [.. tensors.RootElement.GetProperty(name).GetProperty("shapes").EnumerateObject()
                    .Select(tensor => Random(tensor.Name, [.. tensor.Value.EnumerateArray().Select(extent => extent.GetInt64())], random))],
                null);
            return new FileInfo(file).Length;
        }
    }

    /// <summary>Weights whose layers neither fade nor grow: a normal distribution by the number of inputs, and ones for normalisations. A block of it repeats.</summary>
    private static TensorSource Random(string name, long[] shape, Random random)
    {
        var (mean, deviation) = shape.Length > 1 ? (0, 0.5 / Math.Sqrt(shape.Skip(1).Aggregate(1L, (all, extent) => all * extent)))
            : name.Contains("norm", StringComparison.Ordinal) && name.EndsWith("weight", StringComparison.Ordinal) ? (1, 0.02) : (0, 0.01);
        return new(name, ElementType.F16, shape, stream =>
        {
            var block = new Half[1 << 12];
            for (var i = 0; i < block.Length; i++)
            {
                block[i] = (Half)(mean + deviation * Math.Sqrt(-2 * Math.Log(1 - random.NextDouble())) * Math.Cos(2 * Math.PI * random.NextDouble()));
            }
            var bytes = System.Runtime.InteropServices.MemoryMarshal.AsBytes(block.AsSpan());
            for (var rest = 2 * shape.Aggregate(1L, (all, extent) => all * extent); rest > 0; rest -= bytes.Length)
            {
                stream.Write(bytes[..(int)Math.Min(rest, bytes.Length)]);
            }
        });
    }

    private static string GiB(long bytes) => string.Create(CultureInfo.InvariantCulture, $"{bytes / (double)(1 << 30):f2} GiB");
}
