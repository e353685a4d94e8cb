using DisBack.Cli.Terminal;
using DisBack.Specs.Files;

namespace DisBack.Cli.Tests;

/// <summary>
/// A model of SDXL's kind, in miniature, is imported, distilled through interruptions and drawn with, by the real executable: with all weights trained and with
/// adapters.
/// </summary>
public sealed class SdxlProcessTests : IDisposable
{
    private static readonly string s_model = Path.Combine(AppContext.BaseDirectory, "sdxl");

    private readonly string _folder = Directory.CreateTempSubdirectory("disback-sdxl-").FullName;

    public void Dispose() => Directory.Delete(_folder, recursive: true);

    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public async Task Interrupted_and_killed_a_distillation_ends_with_the_bytes_of_an_undisturbed_one_and_its_student_draws(bool adapts)
    {
        await SucceedAsync("teacher", "import", s_model, "--name", "mini", "--size", "64");
        await File.WriteAllLinesAsync(Path.Combine(_folder, "prompts.txt"), ["A dog.", "A cat on a mat.", "Two birds!"], Cancellation);
        await SucceedAsync("prompts", "encode", "--model", s_model, "--prompts", "prompts.txt", "--out", "prompts.safetensors");
        await WriteSpecAsync(adapts ? "adapters: { rank: 4 }" : "");
        using (var process = Start("disturbed"))
        {
            await process.SeesAsync("backtracking");
            process.Interrupt();
            Assert.Equal(ExitCode.Interrupted, (await process.EndAsync()).Code);
        }
        using (var process = Start("disturbed"))
        {
            await process.SeesAsync("backtracking");
            process.Kill();
            await process.EndAsync();
        }
        await SucceedAsync("run", "spec.yaml", "--set", "name=disturbed");
        await SucceedAsync("run", "spec.yaml", "--set", "name=undisturbed");
        Assert.Equal(await File.ReadAllBytesAsync(Student("undisturbed"), Cancellation), await File.ReadAllBytesAsync(Student("disturbed"), Cancellation));

        var drawn = await SucceedAsync(
            "sample", "--model", s_model, adapts ? "--lora" : "--unet", Student("disturbed"), "--prompt", "A dog.", "--size", "64x64", "--out", "dog.png");
        Assert.Contains("dog.png", drawn, StringComparison.Ordinal);
        Assert.True(File.Exists(Path.Combine(_folder, "dog.png")));

        await SucceedAsync("export", "disturbed", "exported");
        var card = await File.ReadAllTextAsync(Path.Combine(_folder, "exported", "README.md"), Cancellation);
        Assert.Contains("Makes pictures of 64 x 64 pixels of prompts in one step.", card, StringComparison.Ordinal);
        Assert.Contains(adapts ? "pipe.load_lora_weights(" : "pipe.unet.load_state_dict(", card, StringComparison.Ordinal);

        var (code, _, error) = await DisBackProcess.RunAsync(_folder, "trajectory", "export", "disturbed", "path", "--reference");
        Assert.True(adapts ? error.Contains("leave --reference out", StringComparison.Ordinal) : code == ExitCode.Ok, error);
        if (!adapts)
        {
            await SucceedAsync("trajectory", "import", "path", "--teacher", "mini", "--name", "travelled");
        }

        await TravelsAsync();
        await BeginsElsewhereAsync(adapts);

        (code, _, error) = await DisBackProcess.RunAsync(_folder, "sample", "disturbed", "--out", "latents.png");
        Assert.NotEqual(ExitCode.Ok, code);
        Assert.Contains(adapts ? "--lora" : "latents of 4x8x8", error, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("no multiple of the side of a latent", "name a multiple of 8", "--size", "60")]
    [InlineData("a prefix, which a folder has not", "--prefix says nothing about the folder of a model", "--prefix", "unet.")]
    public async Task What_says_nothing_of_a_model_is_refused(string what, string why, params string[] options)
    {
        var (code, _, error) = await DisBackProcess.RunAsync(_folder, ["teacher", "import", s_model, .. options]);

        Assert.True(code != ExitCode.Ok, what);
        Assert.Contains(why, error, StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_run_of_adapters_stores_its_base_once_and_else_adapters_alone()
    {
        await SucceedAsync("teacher", "import", s_model, "--name", "mini", "--size", "64");
        await File.WriteAllLinesAsync(Path.Combine(_folder, "prompts.txt"), ["A dog."], Cancellation);
        await SucceedAsync("prompts", "encode", "--model", s_model, "--prompts", "prompts.txt", "--out", "prompts.safetensors");
        var basis = Assert.Single(StoredNetworks()).Length;
        await WriteSpecAsync("adapters: { rank: 1 }");

        await SucceedAsync("run", "spec.yaml");

        var student = HeaderOf(Student("spec"));
        var adapters = student.Entries.Values.Sum(entry => entry.Length);
        Assert.InRange(adapters, 1, basis / 10);
        var (copies, others, heads, contents) = (0L, 0L, 0L, StoredNetworks());
        foreach (var file in contents)
        {
            var header = HeaderOf(file.FullName);
            if (file.Length == basis || header.Metadata.ContainsKey("embeddings"))
            {
                others += file.Length;
                continue;
            }
            // Nodes and the student have the tensors of adapters, checkpoints all of them in one tensor for each network, average and moment, and pictures
            // on the way as latents.
            var vectors = header.Entries.Keys.All(student.Entries.ContainsKey)
                ? [header.Entries.Values.Sum(entry => entry.Length)]
                : header.Entries.Where(entry => !entry.Key.StartsWith("strip ", StringComparison.Ordinal)).Select(entry => entry.Value.Length).ToList();
            Assert.All(vectors, bytes => Assert.Equal(adapters, bytes));
            copies += vectors.Count;
            heads += file.Length - vectors.Sum();
        }
        Assert.Single(contents, file => file.Length == basis);
        Assert.InRange(copies, 10, 100);
        Assert.Equal(others + copies * adapters + heads, contents.Sum(file => file.Length));
        // The names of 736 tensors are the larger part of what nodes and students are of here.
        Assert.InRange(heads, 0, contents.Count * 100_000);
    }

    private static SafetensorsHeader HeaderOf(string path)
    {
        using var file = File.OpenRead(path);
        return SafetensorsHeader.Read(file, file.Length, path);
    }

    /// <summary>The files of tensors in the content store.</summary>
    private List<FileInfo> StoredNetworks() =>
        [.. new DirectoryInfo(Path.Combine(_folder, "disback-data", "cas")).EnumerateFiles("*", SearchOption.AllDirectories).Where(IsSafetensors)];

    private static bool IsSafetensors(FileInfo file)
    {
        try
        {
            return HeaderOf(file.FullName).Entries.Count > 0;
        }
        catch (DisBackException)
        {
            return false;
        }
    }

    /// <summary>Nodes leave an installation and come back with the bytes that they had, and are walked.</summary>
    private async Task TravelsAsync()
    {
        await SucceedAsync("trajectory", "export", "disturbed", "nodes");
        await SucceedAsync("trajectory", "import", "nodes", "--teacher", "mini", "--name", "travelled");
        await SucceedAsync("trajectory", "export", "travelled", "nodes-again");
        var nodes = Directory.GetFiles(Path.Combine(_folder, "nodes"), "*.safetensors");
        Assert.Equal(3, nodes.Length);
        foreach (var node in nodes)
        {
            var again = Path.Combine(_folder, "nodes-again", Path.GetFileName(node));
            Assert.Equal(await File.ReadAllBytesAsync(node, Cancellation), await File.ReadAllBytesAsync(again, Cancellation));
        }
        await SucceedAsync("run", "spec.yaml", "--set", "name=walks", "--set", "recording={from: travelled}");
        Assert.Equal(await File.ReadAllBytesAsync(Student("disturbed"), Cancellation), await File.ReadAllBytesAsync(Student("walks"), Cancellation));
    }

    /// <summary>A student that begins with another's weights is that one until something is learnt, and both stages see it.</summary>
    private async Task BeginsElsewhereAsync(bool adapts)
    {
        string[] unmoved =
        [
            "--set", "backtracking.steps=1", "--set", "backtracking.switching={policy: never}", "--set", "backtracking.generator.warmup_iterations=5",
            "--set", "backtracking.fake_updates_per_generator_update=1",
        ];
        // Without a trajectory the fake score begins as the teacher, which adapters are before they are trained.
        var direct = await SucceedAsync(["run", "spec.yaml", "--set", "name=direct", "--set", "recording.steps=0", .. unmoved]);
        Assert.Contains("Nothing was recorded: the teacher is its only target.", direct, StringComparison.Ordinal);
        var first = Student("disturbed");
        await SucceedAsync(["run", "spec.yaml", "--set", "name=second", "--set", $"student.weights={first}", .. unmoved]);
        Assert.Equal(await File.ReadAllBytesAsync(first, Cancellation), await File.ReadAllBytesAsync(Student("second"), Cancellation));
        Assert.Contains("student from", await SucceedAsync("show", "second"), StringComparison.Ordinal);
        await SucceedAsync("export", "second", "second");
        var card = await File.ReadAllTextAsync(Path.Combine(_folder, "second", "README.md"), Cancellation);
        Assert.Contains("| student began at | the weights `sha256:", card, StringComparison.Ordinal);
        var trajectories = await SucceedAsync("trajectory", "list");
        Assert.Contains("second", trajectories, StringComparison.Ordinal);

        var released = Path.Combine(s_model, "SDXL_DisBack.bin");
        var (code, _, error) = await DisBackProcess.RunAsync(
            _folder, ["run", "spec.yaml", "--set", "name=third", "--set", $"student.weights={released}", .. unmoved]);
        Assert.True(adapts ? error.Contains("holds no adapters of the teacher's network", StringComparison.Ordinal) : code == ExitCode.Ok, error);

        var decoder = Path.Combine(s_model, "vae", "diffusion_pytorch_model.safetensors");
        var wrong = await File.ReadAllTextAsync(Path.Combine(_folder, "spec.yaml"), Cancellation);
        wrong = wrong.Replace("timesteps: [399]", $"timesteps: [399], weights: {decoder}", StringComparison.Ordinal);
        await File.WriteAllTextAsync(Path.Combine(_folder, "wrong.yaml"), wrong, Cancellation);
        (code, _, error) = await DisBackProcess.RunAsync(_folder, "run", "wrong.yaml");
        Assert.NotEqual(ExitCode.Ok, code);
        Assert.Contains("wrong.yaml:5:39: ", error, StringComparison.Ordinal);
    }

    private static CancellationToken Cancellation => TestContext.Current.CancellationToken;

    private Task WriteSpecAsync(string adapters) => File.WriteAllTextAsync(Path.Combine(_folder, "spec.yaml"), $$"""
        name: spec
        teacher: mini
        {{adapters}}
        conditions: prompts.safetensors
        student: { timesteps: [399] }
        recording: { steps: 4, batch: 2, loss: mean, noise: { law: scaled-linear }, nodes: { policy: every, interval: 2 } }
        backtracking:
          host: dmd2
          steps: 30
          batch: 2
          fake_updates_per_generator_update: 2
          noise: { law: scaled-linear, first: 20, last: 980 }
          fake_noise: { law: scaled-linear }
          guidance: { scale: 8, along: constant }
          generator_gan_weight: 0
          fake_gan_weight: 0
          switching: { policy: fixed, interval: 10 }
        checkpoints: { every: 5 }
        evaluation: { features: none }
        hardware: { threads: 1 }
        """, Cancellation);

    private DisBackProcess Start(string name) => DisBackProcess.Start(_folder, "run", "spec.yaml", "--set", $"name={name}");

    private async Task<string> SucceedAsync(params string[] arguments)
    {
        var (code, output, error) = await DisBackProcess.RunAsync(_folder, arguments);
        Assert.True(code == ExitCode.Ok, output + error);
        return output;
    }

    private string Student(string name)
    {
        var runs = Directory.GetDirectories(Path.Combine(_folder, "disback-data", "runs"), $"{name}-*");
        return Path.Combine(Assert.Single(runs), "0000", "student.safetensors");
    }
}
