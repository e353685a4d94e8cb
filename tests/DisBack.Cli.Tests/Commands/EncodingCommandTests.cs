using System.Security.Cryptography;
using System.Text.Json;
using DisBack.Cli.Terminal;
using DisBack.Diffusion.Files;
using Parquet;
using Parquet.Schema;
using SkiaSharp;

namespace DisBack.Cli.Tests.Commands;

/// <summary>Prompts become the data of runs, with a model of SDXL's structure and random weights.</summary>
public sealed class EncodingCommandTests : IDisposable
{
    private static readonly string s_model = Path.Combine(AppContext.BaseDirectory, "sdxl");

    private readonly string _folder = Directory.CreateTempSubdirectory("disback-encoding-").FullName;

    private static CancellationToken Cancellation => TestContext.Current.CancellationToken;

    public void Dispose() => Directory.Delete(_folder, recursive: true);

    [Fact]
    public async Task Prompts_of_a_text_file_and_of_a_column_are_the_same_content()
    {
        await File.WriteAllTextAsync(In("prompts.txt"), "a dog\n\n two cats \n", Cancellation);
        await WriteParquetAsync(In("prompts.parquet"), "caption", ["a dog", "two cats"]);

        var text = await EncodeAsync("--prompts", In("prompts.txt"), "--out", In("text.safetensors"));
        var column = await EncodeAsync("--prompts", In("prompts.parquet"), "--column", "caption", "--out", In("column.safetensors"));
        var again = await EncodeAsync("--prompts", In("prompts.parquet"), "--column", "caption", "--out", In("text.safetensors"));

        Assert.Equal((ExitCode.Ok, "", ExitCode.Ok, ""), (text.Code, text.Error, column.Code, column.Error));
        Assert.Matches("text.safetensors: 2 prompts, [0-9,]+ bytes, sha256:[0-9a-f]{64}[.]\n", text.Output);
        Assert.Equal(await File.ReadAllBytesAsync(In("text.safetensors"), Cancellation), await File.ReadAllBytesAsync(In("column.safetensors"), Cancellation));
        Assert.Contains("made of the same before, and nothing was done", again.Output, StringComparison.Ordinal);
        using var file = SafetensorsFile.Open(In("text.safetensors"));
        using var origin = JsonDocument.Parse(file.Metadata["embeddings"]);
        Assert.Equal(2, origin.RootElement.GetProperty("prompts").GetInt32());
    }

    [Fact]
    public async Task What_cannot_be_encoded_is_refused()
    {
        await File.WriteAllTextAsync(In("prompts.txt"), "a dog", Cancellation);

        var column = await EncodeAsync("--prompts", In("prompts.txt"), "--column", "caption", "--out", In("x.safetensors"));
        var model = await Shell.RunAsync("prompts", "encode", "--model", _folder, "--prompts", In("prompts.txt"), "--out", In("x.safetensors"));
        var nothing = await EncodeAsync("--out", In("x.safetensors"));

        Assert.Equal((ExitCode.Invalid, ExitCode.Invalid, ExitCode.Usage), (column.Code, model.Code, nothing.Code));
        Assert.Contains("is no Parquet file", column.Error, StringComparison.Ordinal);
        Assert.Contains("has no file model_index.json", model.Error, StringComparison.Ordinal);
        Assert.False(File.Exists(In("x.safetensors")));
    }

    [Fact]
    public async Task Pictures_and_their_captions_are_encoded()
    {
        var pictures = Directory.CreateDirectory(In("pictures")).FullName;
        using (var bitmap = new SKBitmap(80, 64))
        {
            bitmap.Erase(SKColors.Teal);
            await File.WriteAllBytesAsync(Path.Combine(pictures, "a.png"), bitmap.Encode(SKEncodedImageFormat.Png, 100).ToArray(), Cancellation);
        }
        await File.WriteAllTextAsync(Path.Combine(pictures, "a.txt"), "a dog", Cancellation);

        var (code, output, error) = await LatentsAsync("--pictures", pictures, "--size", "64", "--out", In("latents.safetensors"));
        var again = await LatentsAsync("--pictures", pictures, "--size", "64", "--out", In("latents.safetensors"));
        var odd = await LatentsAsync("--pictures", pictures, "--size", "60", "--out", In("latents.safetensors"));

        Assert.Equal((ExitCode.Ok, ""), (code, error));
        Assert.Matches("latents.safetensors: 1 latents, [0-9,]+ bytes, sha256:[0-9a-f]{64}[.]\n", output);
        Assert.Contains("made of the same before, and nothing was done", again.Output, StringComparison.Ordinal);
        Assert.Equal(ExitCode.Invalid, odd.Code);
        Assert.Contains("the size must be a multiple of 8", odd.Error, StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_spec_that_names_prompts_stores_them_and_a_mistake_in_it_has_its_place()
    {
        await File.WriteAllTextAsync(In("prompts.txt"), "a dog", Cancellation);
        await EncodeAsync("--prompts", In("prompts.txt"), "--out", In("prompts.safetensors"));
        var digest = Convert.ToHexStringLower(SHA256.HashData(await File.ReadAllBytesAsync(In("prompts.safetensors"), Cancellation)));
        await File.WriteAllTextAsync(In("spec.yaml"), $"name: a\nteacher: digits\nconditions: {In("prompts.safetensors")}\n", Cancellation);
        await File.WriteAllTextAsync(In("other.yaml"), $"name: a\nteacher: digits\nconditions: {In("prompts.txt")}\n", Cancellation);

        // The shipped teacher draws digits, so the spec is refused after its file was stored.
        var spec = await Shell.RunAsync("run", In("spec.yaml"), "--data", In("data"));
        var other = await Shell.RunAsync("run", In("other.yaml"), "--data", In("data"));

        Assert.Equal((ExitCode.Invalid, ExitCode.Invalid), (spec.Code, other.Code));
        Assert.Contains("spec.yaml:3:13: the teacher draws no pictures of prompts", spec.Error, StringComparison.Ordinal);
        Assert.Contains("other.yaml:3:13: ", other.Error, StringComparison.Ordinal);
        Assert.Single(Directory.GetFiles(In("data"), digest, SearchOption.AllDirectories));
    }

    private static async Task WriteParquetAsync(string path, string column, string[] texts)
    {
        var field = new DataField<string>(column);
        await using var file = File.Create(path);
        await using var writer = await ParquetWriter.CreateAsync(new ParquetSchema(field), file, cancellationToken: Cancellation);
        using var group = writer.CreateRowGroup();
        await group.WriteAsync(field, texts.ToList()!);
    }

    private static Task<Shell.Result> LatentsAsync(params string[] options) => Shell.RunAsync(["latents", "encode", "--model", s_model, .. options]);

    private string In(string name) => Path.Combine(_folder, name);

    private static Task<Shell.Result> EncodeAsync(params string[] options) => Shell.RunAsync(["prompts", "encode", "--model", s_model, .. options]);
}
