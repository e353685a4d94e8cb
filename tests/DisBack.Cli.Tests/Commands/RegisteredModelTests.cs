using System.Text.Json.Nodes;
using DisBack.Cli.Terminal;
using DisBack.Contracts.Documents;
using DisBack.Diffusion.Pictures;
using DisBack.Storage.Blobs;
using DisBack.Storage.Documents;

namespace DisBack.Cli.Tests.Commands;

/// <summary>Registered models, and pictures of prompts that are drawn with them elsewhere: what is left behind is what a drawing here leaves.</summary>
public sealed class RegisteredModelTests : IDisposable
{
    private static readonly string s_model = Path.Combine(AppContext.BaseDirectory, "sdxl");
    private static readonly string s_unet = Path.Combine(s_model, "SDXL_DisBack.bin");
    private static readonly string s_lora = $"{Path.Combine(AppContext.BaseDirectory, "lora-kohya.safetensors")}=0.5";

    private readonly string _folder = Directory.CreateTempSubdirectory("disback-models-").FullName;

    private static CancellationToken Cancellation => TestContext.Current.CancellationToken;

    public void Dispose() => Directory.Delete(_folder, recursive: true);

    [Fact]
    public async Task A_cluster_draws_the_bytes_that_are_drawn_here()
    {
        await using var cluster = await GatewayProcess.StartAsync();
        string[] there = await ThereAsync(cluster);
        // The texts of a picture name the model, so it gets the name of its folder.
        var added = await OutputOf(["model", "add", "sdxl", s_model, "--unet", s_unet, "--lora", s_lora, .. there]);
        Assert.Contains("A LoRA adapts 368 of 368 modules.", added, StringComparison.Ordinal);
        Assert.Contains("Model 'sdxl' is registered: 19 files", added, StringComparison.Ordinal);
        string[] what = ["--prompt", "a dog", "--prompt", "two cats", "-n", "2", "--seed", "5", "--steps", "2"];
        var (remote, local) = (Folder("remote"), Folder("local"));

        var drawn = await OutputOf(["sample", "--model", "sdxl", .. what, "--out", remote, .. there]);
        var here = await OutputOf(["sample", "--model", s_model, "--unet", s_unet, "--lora", s_lora, .. what, "--out", local]);

        Assert.Equal(here.Replace(local, remote, StringComparison.Ordinal).Split('\n')[1..], drawn.Split('\n'));
        Assert.Equal(Files(local), Files(remote));
        foreach (var file in Files(local))
        {
            await AssertSameAsync(Path.Combine(local, file), Path.Combine(remote, file));
        }
        Assert.Equal(5, Files(local).Count);

        // One picture is the file itself, and a JPEG is made of the same pixels.
        await OutputOf(["sample", "--model", "sdxl", "--prompt", "a dog", "--out", In("one.png"), .. there]);
        await OutputOf(["sample", "--model", "sdxl", "--prompt", "a dog", "--out", In("one.jpg"), .. there]);
        await OutputOf(["sample", "--model", s_model, "--unet", s_unet, "--lora", s_lora, "--prompt", "a dog", "--out", In("here.png")]);
        await OutputOf(["sample", "--model", s_model, "--unet", s_unet, "--lora", s_lora, "--prompt", "a dog", "--out", In("here.jpg")]);
        await AssertSameAsync(In("here.png"), In("one.png"));
        await AssertSameAsync(In("here.jpg"), In("one.jpg"));

        // What the worker knows and the user should know comes along.
        var (_, _, notes) = await Shell.RunAsync(
            ["sample", "--model", "sdxl", "--prompt", string.Join(' ', Enumerable.Repeat("!", 80)), "--out", In("long.png"), .. there]);
        Assert.Contains("The last 5 tokens of '! ! !", notes, StringComparison.Ordinal);
        var (code, _, error) = await Shell.RunAsync(["sample", "--model", "sdxl", "--prompt", "a", "--size", "100x64", "--out", In("odd.png"), .. there]);
        Assert.Equal(ExitCode.Invalid, code);
        Assert.Contains("multiples of 8", error, StringComparison.Ordinal);
        Assert.False(File.Exists(In("odd.png")));
    }

    [Fact]
    public async Task Who_interrupts_the_command_cancels_the_drawing()
    {
        await using var cluster = await GatewayProcess.StartAsync();
        string[] there = await ThereAsync(cluster);
        await OutputOf(["model", "add", "mini", s_model, .. there]);
        using (var process = DisBackProcess.Start(_folder, [
            "sample", "--model", "mini", "--prompt", "a dog", "-n", "900", "--guidance", "5", "--steps", "900", "--out", In("x.png"), .. there]))
        {
            // The line that tells of the progress, after ten seconds.
            await process.SeesAsync(" steps");
            process.Interrupt();
            var (code, output, error) = await process.EndAsync();
            Assert.True(code == ExitCode.Interrupted, output + error);
        }

        var documents = new DocumentReader(new FolderBlobStore(cluster.Folder), DocumentNames.Service);
        var drawing = Assert.Single(await documents.ListAsync<DrawingDocument>(DocumentNames.Drawing, DocumentNames.Drawing, "", Cancellation)
            .ToListAsync(Cancellation));
        Assert.Equal((DrawingState.Cancelled, "It was cancelled."), (drawing.State.State, drawing.State.Message));
        Assert.False(File.Exists(In("x.png")));
    }

    [Fact]
    public async Task A_data_folder_has_models_as_well_and_what_is_a_folder_here_is_one()
    {
        string[] data = ["--data", In("data")];
        await OutputOf(["model", "add", "mini", s_model, .. data]);

        Assert.Contains("mini", await OutputOf(["model", "list", .. data]), StringComparison.Ordinal);
        Assert.Equal("mini", JsonNode.Parse(await OutputOf(["model", "list", "--json", .. data]))![0]!["id"]!.GetValue<string>());
        var shown = await OutputOf(["model", "show", "mini", .. data]);
        Assert.Contains("unet/diffusion_pytorch_model.safetensors", shown, StringComparison.Ordinal);
        Assert.DoesNotContain("fp16", shown, StringComparison.Ordinal);
        Assert.Contains("1 picture, as a student in one step at 399", await OutputOf(
            ["sample", "--model", "mini", "--prompt", "a dog", "--out", In("dog.png"), .. data]));
        Assert.Equal("mini", PngText.Read(await File.ReadAllBytesAsync(In("dog.png"), Cancellation), "dog.png")["model"]);
        Assert.Contains("a dog", await OutputOf(["model", "drawings", .. data]), StringComparison.Ordinal);
        var drawn = JsonNode.Parse(await OutputOf(["model", "drawings", "--json", .. data]))!.AsArray();
        Assert.Equal("Completed", Assert.Single(drawn)!["state"]!.GetValue<string>(), ignoreCase: true);
        // Repeating it changes nothing, and other files under its name are refused.
        await OutputOf(["model", "add", "mini", s_model, .. data]);
        Assert.Contains("is taken by a model with other files", await ErrorOf(ExitCode.Invalid, ["model", "add", "mini", s_model, "--half", .. data]));

        var document = Path.Combine(In("data"), StateNames.Of(DocumentNames.Service, DocumentNames.Model, "mini", DocumentNames.Model));
        var whole = await File.ReadAllBytesAsync(document, Cancellation);
        await File.WriteAllTextAsync(document, "{", Cancellation);
        Assert.Contains("restore it from a copy", await ErrorOf(ExitCode.Storage, ["model", "list", .. data]));
        await File.WriteAllBytesAsync(document, whole, Cancellation);

        Assert.Contains("Deleted model 'mini'", await OutputOf(["model", "delete", "mini", .. data]), StringComparison.Ordinal);
        Assert.Contains("There is no model 'mini'", await ErrorOf(ExitCode.NotFound, ["model", "delete", "mini", .. data]));
        Assert.Contains("There is no model 'mini'", await ErrorOf(ExitCode.NotFound, ["model", "show", "mini", .. data]));
        Assert.Contains("has no file model_index.json", await ErrorOf(
            ExitCode.Invalid, ["sample", "--model", "mini", "--prompt", "a", "--out", In("x.png"), .. data]));
        await OutputOf(["model", "add", "half", s_model, "--half", .. data]);
        Assert.Contains("unet/diffusion_pytorch_model.fp16.safetensors", await OutputOf(["model", "show", "half", .. data]));
    }

    [Fact]
    public async Task What_belongs_to_a_folder_is_not_for_a_registered_model()
    {
        string[] data = ["--data", In("data")];
        await OutputOf(["model", "add", "mini", s_model, .. data]);
        string[] sample = ["sample", "--model", "mini", "--prompt", "a", "--out", In("x.png"), .. data];

        Assert.Contains("--unet is for the model of a folder", await ErrorOf(ExitCode.Invalid, [.. sample, "--unet", s_unet]));
        Assert.Contains("give --size as well", await ErrorOf(ExitCode.Invalid, [.. sample, "--crop", "8,8"]));
        Assert.Contains("must fall", await ErrorOf(ExitCode.Invalid, [.. sample, "--timesteps", "249", "499"]));
        Assert.Contains("There is no file", await ErrorOf(ExitCode.Invalid, ["model", "add", "x", s_model, "--lora", "nothing.safetensors", .. data]));
        Assert.Contains("is no name of a model", await ErrorOf(ExitCode.Invalid, ["model", "add", "A/B", s_model, .. data]));
        Assert.Contains("model_index.json", await ErrorOf(ExitCode.Invalid, ["model", "add", "x", _folder, .. data]));
    }

    private static async Task<string[]> ThereAsync(GatewayProcess cluster)
    {
        var token = Path.Combine(cluster.Root, "token");
        await File.WriteAllTextAsync(token, await cluster.TokenAsync("me", "operator"), Cancellation);
        return ["--cluster", cluster.Address, "--token-file", token, "--data", cluster.Root];
    }

    private static async Task<string> OutputOf(string[] args)
    {
        var (code, output, error) = await Shell.RunAsync(args);
        Assert.True(code == ExitCode.Ok, $"{string.Join(' ', args)}: {code}\n{output}{error}");
        return output;
    }

    private static async Task<string> ErrorOf(ExitCode expected, string[] args)
    {
        var (code, output, error) = await Shell.RunAsync(args);
        Assert.True(code == expected, $"{string.Join(' ', args)}: {code}\n{output}{error}");
        return error;
    }

    private static async Task AssertSameAsync(string expected, string actual) =>
        Assert.Equal(await File.ReadAllBytesAsync(expected, Cancellation), await File.ReadAllBytesAsync(actual, Cancellation));

    private static List<string> Files(string folder) => [.. Directory.GetFiles(folder).Select(path => Path.GetFileName(path)).Order(StringComparer.Ordinal)];

    private string Folder(string name) => Directory.CreateDirectory(In(name)).FullName;

    private string In(string name) => Path.Combine(_folder, name);
}
