using System.Security.Cryptography;
using System.Text.Json;
using DisBack.Diffusion.Files;
using DisBack.Diffusion.Tests.Oracles;
using DisBack.Sdxl.Encodings;
using DisBack.Sdxl.Models;
using DisBack.Specs.Data;
using DisBack.Specs.Files;
using TorchSharp;
using static TorchSharp.torch;

namespace DisBack.Sdxl.Tests.Encodings;

/// <summary>A file of embeddings holds what the pipeline of diffusers gives its denoiser, and says what it was encoded from.</summary>
public sealed class PromptEncodingTests : IDisposable
{
    private static readonly string s_model = OracleFiles.PathOf("sdxl", "mini");

    private readonly string _folder = Directory.CreateTempSubdirectory("disback-embeddings-").FullName;
    private readonly DisposeScope _scope = NewDisposeScope();

    private static CancellationToken Cancellation => TestContext.Current.CancellationToken;

    public void Dispose()
    {
        _scope.Dispose();
        Directory.Delete(_folder, recursive: true);
    }

    [Theory]
    [InlineData(ElementType.F32, 1e-4)]
    [InlineData(ElementType.F16, 1e-3)]
    public void The_rows_are_those_of_diffusers(ElementType type, double tolerance)
    {
        using var oracle = SafetensorsFile.Open(OracleFiles.PathOf("sdxl", "pipeline.safetensors"));
        var prompts = JsonSerializer.Deserialize<string[]>(oracle.Metadata["prompts"])!;

        var written = Encode(prompts, type);

        using var file = SafetensorsFile.Open(Output);
        Assert.Equal(new EmbeddingFacts(2, 77, new(64, 32)), EmbeddingFacts.Read(file.Header, Output));
        Agrees(oracle.Read("text.prompt_embeds"), file.Read(EmbeddingFacts.Sequence));
        Agrees(oracle.Read("text.text_embeds"), file.Read(EmbeddingFacts.Pooled));
        Assert.Equal((2, false), (written.Count, written.WasThere));
        var bytes = File.ReadAllBytes(Output);
        Assert.Equal(new(Convert.ToHexStringLower(SHA256.HashData(bytes)), bytes.Length), written.Content);

        void Agrees(Tensor expected, Tensor actual)
        {
            Assert.Equal(type == ElementType.F16 ? ScalarType.Float16 : ScalarType.Float32, actual.dtype);
            Assert.InRange(((actual.to(ScalarType.Float32) - expected).norm() / expected.norm()).item<float>(), 0, tolerance);
        }
    }

    [Fact]
    public void More_prompts_than_are_encoded_at_a_time_keep_their_order()
    {
        string[] prompts = [.. Enumerable.Range(0, 37).Select(i => $"{i} dogs")];
        Encode(prompts, ElementType.F32);
        using var all = SafetensorsFile.Open(Output);
        var rows = all.ReadRows(EmbeddingFacts.Sequence, [36, 0, 17]);
        Encode(["36 dogs", "0 dogs", "17 dogs"], ElementType.F32);
        using var few = SafetensorsFile.Open(Output);

        OracleFiles.AssertAgrees(few.Read(EmbeddingFacts.Sequence), rows, "rows");
    }

    [Fact]
    public void A_file_of_the_same_inputs_is_kept_and_one_of_others_is_made_again()
    {
        var first = Encode(["a fox", "a dog"]);
        var time = File.GetLastWriteTimeUtc(Output);
        var again = Encode(["a fox", "a dog"]);

        Assert.Equal((first.Content, true), (again.Content, again.WasThere));
        Assert.Equal(time, File.GetLastWriteTimeUtc(Output));
        Assert.False(Encode(["a dog", "a fox"]).WasThere);
        Assert.False(Encode(["a dog", "a fox"], ElementType.F32).WasThere);

        var other = Path.Combine(_folder, "model");
        CopyModel(other);
        Assert.True(Encode(["a dog", "a fox"], ElementType.F32, other).WasThere);
        var settings = Path.Combine(other, "text_encoder", "config.json");
        File.WriteAllText(settings, File.ReadAllText(settings).Replace("quick_gelu", "gelu", StringComparison.Ordinal));
        Assert.False(Encode(["a dog", "a fox"], ElementType.F32, other).WasThere);
        File.WriteAllText(Output, "something else");
        Assert.False(Encode(["a dog", "a fox"], ElementType.F32, other).WasThere);
    }

    [Fact]
    public void Weights_in_several_files_are_the_same_weights()
    {
        Encode(["a fox"]);
        var other = Path.Combine(_folder, "model");
        CopyModel(other);
        var whole = Path.Combine(other, "text_encoder", "model.safetensors");
        using (var file = SafetensorsFile.Open(whole))
        {
            var tensors = file.Entries.Keys.Select(name => (name, file.Read(name))).ToArray();
            SafetensorsFile.Write(Path.Combine(other, "text_encoder", "model-1.safetensors"), tensors[..3]);
            SafetensorsFile.Write(Path.Combine(other, "text_encoder", "model-2.safetensors"), tensors[3..]);
            var map = tensors.Select((tensor, i) => (tensor.name, File: i < 3 ? "model-1.safetensors" : "model-2.safetensors"))
                .ToDictionary(pair => pair.name, pair => pair.File);
            File.WriteAllText($"{whole}.index.json", JsonSerializer.Serialize(new { metadata = new { }, weight_map = map }));
        }
        File.Delete(whole);

        Assert.True(Encode(["a fox"], model: other).WasThere);
    }

    [Fact]
    public void Who_stops_it_finds_nothing_under_the_name()
    {
        using var stop = new CancellationTokenSource();
        string[] prompts = [.. Enumerable.Repeat("a fox", 40)];

        Assert.ThrowsAny<OperationCanceledException>(() => Encoding().Write(
            prompts,
            Output,
            progress: progress =>
            {
                if (progress is { Phase: EncodingPhase.Texts, Done: > 0 })
                {
                    stop.Cancel();
                }
            },
            cancellation: stop.Token));

        Assert.Empty(Directory.GetFiles(_folder));
    }

    [Fact]
    public void What_is_too_long_is_told_of_or_refused_by_its_number()
    {
        var (cut, book) = (string.Join(' ', Enumerable.Repeat("!", 80)), new string('a', 1 << 15));

        Assert.Equal(["1 of 2 prompts have more than 75 tokens, of which the last have no effect."], Encode(["a fox", cut]).Notes);
        Assert.StartsWith("Number 2 of the prompts: ", Assert.Throws<DisBackException>(() => Encode(["a fox", book])).Message, StringComparison.Ordinal);
    }

    private string Output => Path.Combine(_folder, "embeddings.safetensors");

    private static PromptEncoding Encoding(string? model = null) => new(ModelFolder.Open(model ?? s_model), CPU);

    private EncodedFile Encode(IReadOnlyList<string> prompts, ElementType type = ElementType.F16, string? model = null) =>
        Encoding(model).Write(prompts, Output, type, cancellation: Cancellation);

    private static void CopyModel(string to)
    {
        foreach (var file in Directory.GetFiles(s_model, "*", SearchOption.AllDirectories))
        {
            var copy = Path.Combine(to, Path.GetRelativePath(s_model, file));
            Directory.CreateDirectory(Path.GetDirectoryName(copy)!);
            File.Copy(file, copy);
        }
    }
}
