using System.Security.Cryptography;
using System.Text.Json.Nodes;
using DisBack.Cli.Terminal;
using DisBack.Cli.Tests.Scalars;
using DisBack.Diffusion.Files;

namespace DisBack.Cli.Tests;

/// <summary>
/// A data folder with a teacher of a few steps, made once by the executable itself, and a spec that trains on one thread because tests train side by side.
/// </summary>
public sealed class TaughtFolder : IAsyncLifetime
{
    public string Path { get; } = Directory.CreateTempSubdirectory("disback-cli-").FullName;

    public async ValueTask InitializeAsync()
    {
        await File.WriteAllTextAsync(System.IO.Path.Combine(Path, "teacher.yaml"), """
            name: tiny
            network: { img_resolution: 14, img_channels: 1, label_dim: 10, model_channels: 8, channel_mult: [1], num_blocks: 1,
              attn_resolutions: [], dropout: 0 }
            data: { source: digits, resolution: 14 }
            training: { steps: 10, batch: 16 }
            checkpoints: { every: 5 }
            """);
        await File.WriteAllTextAsync(System.IO.Path.Combine(Path, "spec.yaml"), """
            name: spec
            teacher: tiny
            recording: { steps: 8, batch: 4, nodes: { policy: every, interval: 4 } }
            backtracking: { steps: 60, batch: 4, switching: { policy: fixed, interval: 20 } }
            checkpoints: { every: 10 }
            evaluation: { every: 0, final_samples: 100, reference: { source: digits, resolution: 14 } }
            hardware: { threads: 1 }
            """);
        var (code, output, error) = await DisBackProcess.RunAsync(Path, "teacher", "train", "teacher.yaml");
        Assert.True(code == ExitCode.Ok, output + error);
    }

    /// <summary>An IDX file of 60 images of 14 x 14.</summary>
    public static byte[] Images(int seed)
    {
        var pixels = new byte[60 * 14 * 14];
        new Random(seed).NextBytes(pixels);
        return [0, 0, 8, 3, 0, 0, 0, 60, 0, 0, 0, 14, 0, 0, 0, 14, .. pixels];
    }

    public ValueTask DisposeAsync()
    {
        Directory.Delete(Path, recursive: true);
        return ValueTask.CompletedTask;
    }
}

/// <summary>What only the real executable shows: exit codes, signals, and two processes at one data folder.</summary>
public sealed class ProcessTests(TaughtFolder folder) : IClassFixture<TaughtFolder>
{
    /// <summary>Long enough to be caught in the middle, on any machine.</summary>
    private static readonly string[] s_long = ["--set", "backtracking.steps=300"];

    [Fact]
    public void A_trained_teacher_leaves_its_weights_pictures_curves_and_a_report()
    {
        var files = Directory.EnumerateFiles(Path.Combine(folder.Path, "disback-data", "runs", "teachers", "tiny")).Select(Path.GetFileName).Order();
        Assert.Equal(["curves.png", "report.html", "samples.png", "teacher.json", "teacher.safetensors"], files);
    }

    [Fact]
    public async Task A_run_leaves_its_files_and_every_read_verb_knows_it()
    {
        var (code, output, error) = await Run("spec.yaml", "whole");
        Assert.True(code == ExitCode.Ok, output + error);
        foreach (var file in new[] { "student.safetensors", "samples.png", "report.html" })
        {
            Assert.Contains(output.Split('\n'), line => line.EndsWith(file, StringComparison.Ordinal) && File.Exists(line.Trim()));
        }

        Assert.DoesNotContain("not the teacher", output);
        (_, output, _) = await Run("spec.yaml", "short", "--set", "backtracking.switching={policy: never}");
        Assert.Contains("Its last target was node 1 and not the teacher", output);

        Assert.Contains("completed", await OutputOf("list"));
        var shown = await OutputOf("show", "whole");
        Assert.Contains("60 of 60", shown);
        Assert.Matches(@"switch +step \d+: node \d to \d at a score gap of 0\.\d{4}", shown);
        Assert.Contains("policy: fixed", await OutputOf("show", "whole", "--spec"));
        Assert.Equal("completed", JsonNode.Parse(await OutputOf("show", "whole", "--json"))!["run"]!["status"]!.GetValue<string>());
        Assert.Contains("(teacher)", await OutputOf("trajectory", "show", "whole"));
        Assert.DoesNotContain("damaged", await OutputOf("trajectory", "verify", "whole"));
        Assert.DoesNotContain("damaged", await OutputOf("checkpoint", "verify", "whole"));
        Assert.Contains("FID ", await OutputOf("evaluate", "whole", "--count", "100"));
        Assert.Contains("FID ", await OutputOf("evaluate", "whole", "--teacher", "--count", "20"));
        (_, output, error) = await DisBackProcess.RunAsync(
            folder.Path, "evaluate", "whole", "--count", "50", "--precision-recall", "--kid", "--inception-score", "--neighbours", "near.png", "--json");
        Assert.True(JsonNode.Parse(output)!["kid"]!.GetValue<double>() > 0);
        Assert.InRange(JsonNode.Parse(output)!["inception_score"]!.GetValue<double>(), 1, 10);
        Assert.InRange(JsonNode.Parse(output)!["precision"]!.GetValue<double>(), 0, 1);
        Assert.InRange(JsonNode.Parse(output)!["recall"]!.GetValue<double>(), 0, 1);
        Assert.InRange(JsonNode.Parse(output)!["accuracy"]!.GetValue<double>(), 0, 1);
        Assert.InRange(JsonNode.Parse(output)!["copies"]!.GetValue<double>(), 0, 1);
        var picture = Path.Combine(folder.Path, "near.png");
        Assert.Equal(
            "FID over 50 samples with 64 feature dimensions is not meaningful; use at least 65, better 640.\n"
                + $"10 samples, each with the 8 real images that are nearest, are in {picture}.\n",
            error);
        Assert.True(new FileInfo(picture).Length > 1000);
        await OutputOf("features", "train", "other.safetensors", "--steps", "2");
        var other = JsonNode.Parse(await OutputOf("evaluate", "whole", "--count", "100", "--features", "other.safetensors", "--json"))!;
        Assert.Null(other["precision"]);
        var weights = File.ReadAllBytes(Path.Combine(folder.Path, "other.safetensors"));
        Assert.Equal(Convert.ToHexStringLower(SHA256.HashData(weights)), other["features"]!.GetValue<string>());
        await OutputOf("sample", "whole", "--count", "4", "--output", "four.png");
        Assert.True(new FileInfo(Path.Combine(folder.Path, "four.png")).Length > 100);

        Assert.Contains("of 3 runs are in", await OutputOf("scalars", "whole", "trajectory/whole", "teacher/tiny", "--output", "logs"));
        var scalars = Directory.EnumerateFiles(Path.Combine(folder.Path, "logs"), "events.out.tfevents.*.disback", SearchOption.AllDirectories)
            .ToDictionary(file => file, file => EventReader.Scalars(file).ToList());
        Assert.Equal(3, scalars.Count);
        var fid = JsonNode.Parse(await OutputOf("show", "whole", "--json"))!["run"]!["latest"]!["fid"]!["value"]!.GetValue<double>();
        Assert.Contains(scalars.Values, run => run.LastOrDefault(scalar => scalar.Tag == "fid") is { Step: 60 } last && last.Value.Equals((float)fid));
    }

    [Fact]
    public async Task Interrupted_killed_and_repeated_a_run_ends_with_the_bytes_of_an_undisturbed_one()
    {
        using (var process = Start("disturbed", s_long))
        {
            await process.SeesAsync("backtracking");
            process.Interrupt();
            var (code, _, error) = await process.EndAsync();
            Assert.Equal((ExitCode.Interrupted, "Stopping after a checkpoint; Ctrl-C again stops at once.\n"), (code, error));
        }
        using (var process = Start("disturbed", s_long))
        {
            await process.SeesAsync("backtracking");
            process.Kill();
            await process.EndAsync();
        }
        Assert.Equal(ExitCode.Ok, (await Run("spec.yaml", "disturbed", s_long)).Code);
        Assert.Equal(ExitCode.Ok, (await Run("spec.yaml", "undisturbed", s_long)).Code);
        Assert.Equal(Student("undisturbed"), Student("disturbed"));

        var log = (await OutputOf("logs", "disturbed", "--json")).TrimEnd().Split('\n').Select(line => JsonNode.Parse(line)!).ToList();
        var attempts = log.Select(line => (int)line["attempt"]!).ToList();
        Assert.Equal(attempts.Order(), attempts);
        Assert.Equal((1, 3), (attempts[0], attempts[^1]));
        Assert.Contains(log, line => (int)line["attempt"]! == 1 && ((string)line["text"]!).StartsWith("Stopped at step ", StringComparison.Ordinal));
        Assert.Contains(log, line => (int)line["attempt"]! == 3 && ((string)line["text"]!).StartsWith("It goes on from step ", StringComparison.Ordinal));
    }

    [Fact]
    public async Task A_held_folder_can_be_read_and_commanded_but_not_taken()
    {
        using var holder = Start("holder", "--set", "backtracking.steps=20000");
        await holder.SeesAsync("backtracking");

        var (code, _, error) = await Run("spec.yaml", "other");
        Assert.Equal(ExitCode.DataFolderInUse, code);
        Assert.Contains("is in use by process", error);
        Assert.Single(error.TrimEnd().Split('\n'));
        Assert.Contains("running", await OutputOf("list"));

        holder.Freeze();
        Assert.Contains("Its last known status is running", await OutputOf("why", "holder"));
        (code, _, error) = await DisBackProcess.RunAsync(folder.Path, "pause", "holder");
        Assert.Equal(ExitCode.ClusterUnavailable, code);
        Assert.Contains("may be frozen", error);
        Assert.Single(error.TrimEnd().Split('\n'));
        using (var asker = DisBackProcess.Start(folder.Path, "why", "holder"))
        {
            asker.Terminate();
            Assert.Equal((ExitCode.Terminated, "", ""), await asker.EndAsync());
        }
        holder.Thaw();

        using var watcher = DisBackProcess.Start(folder.Path, "watch", "holder");
        await watcher.SeesAsync("step ");
        holder.Freeze();
        await watcher.SeesAsync("Nothing is heard of the process that owns the run");
        holder.Thaw();
        await watcher.SeesAsync("The run is heard again.");
        using var judge = DisBackProcess.Start(folder.Path, "evaluate", "holder", "--watch", "-n", "70", "--json");
        await judge.SeesAsync("\"step\":");
        Assert.Contains("checkpoint", await OutputOf("pause", "holder"));
        Assert.Equal(ExitCode.Ok, (await holder.EndAsync()).Code);
        Assert.Contains("is paused", (await watcher.EndAsync()).Output);
        var (judged, lines, ending) = await judge.EndAsync();
        Assert.Equal(ExitCode.Ok, judged);
        Assert.EndsWith("is paused.\n", ending);
        // The last line is of the checkpoint that the pause has left, and the same as what is measured of it now.
        var last = JsonNode.Parse(lines.TrimEnd().Split('\n')[^1])!;
        var now = JsonNode.Parse(await OutputOf("evaluate", "holder", "-n", "70", "--json"))!;
        var newest = JsonNode.Parse(await OutputOf("show", "holder", "--json"))!["run"]!["checkpoints"]![0]!;
        Assert.Equal(newest["step"]!.GetValue<long>(), last["step"]!.GetValue<long>());
        Assert.Equal(now["fid"]!.GetValue<double>(), last["fid"]!.GetValue<double>());
        Assert.Contains("is not running", await OutputOf("pause", "holder"));
        Assert.Contains("of the averaged student at step", await OutputOf("sample", "holder", "-n", "1", "-o", "holder.png"));
        Assert.Contains("of the averaged student at step", await OutputOf("evaluate", "holder", "-n", "20"));
        Assert.Contains("of the teacher", await OutputOf("sample", "teacher/tiny", "-n", "1", "-o", "tiny.png"));

        await OutputOf("cancel", "holder");
        Assert.Equal(ExitCode.Cancelled, (await Run("spec.yaml", "holder", "--set", "backtracking.steps=20000")).Code);
    }

    /// <summary>Orleans tells a client nothing of the end of the only silo, so a watcher that is too slow for the last update must look for itself.</summary>
    [Fact]
    public async Task A_watcher_says_what_has_become_of_a_run_whose_process_has_ended()
    {
        using (var host = Start("left", "--set", "backtracking.steps=20000"))
        {
            using var watcher = await WatchAsync(host);
            watcher.Freeze();
            Assert.Contains("checkpoint", await OutputOf("pause", "left"));
            Assert.Equal(ExitCode.Ok, (await host.EndAsync()).Code);
            watcher.Thaw();
            var (code, output, error) = await watcher.EndAsync();
            Assert.Equal((ExitCode.Ok, ""), (code, error));
            Assert.Contains("is paused at step ", output);
            Assert.Contains("report.html", output);
        }
        using (var host = Start("left", "--set", "backtracking.steps=20000"))
        {
            using var watcher = await WatchAsync(host);
            using var program = DisBackProcess.Start(folder.Path, "watch", "left", "--json");
            await program.SeesAsync("\"step\":");
            host.Kill();
            var (code, output, _) = await watcher.EndAsync();
            Assert.Equal((ExitCode.ClusterUnavailable, ExitCode.ClusterUnavailable), (code, (await program.EndAsync()).Code));
            Assert.Contains("is running but no process hosts it; repeat its command to go on", output);
        }
        Assert.Equal(ExitCode.ClusterUnavailable, (await DisBackProcess.RunAsync(folder.Path, "watch", "left")).Code);

        async Task<DisBackProcess> WatchAsync(DisBackProcess host)
        {
            await host.SeesAsync("backtracking");
            var watcher = DisBackProcess.Start(folder.Path, "watch", "left");
            await watcher.SeesAsync("backtracking  step ");
            return watcher;
        }
    }

    /// <summary>A training in another terminal is of another session, beside which the priority of threads alone says nothing.</summary>
    [Fact]
    public async Task An_evaluation_that_watches_has_the_lowest_priority_of_all_sessions_and_ends_with_the_process_that_was_started()
    {
        const string AreShared = "/proc/sys/kernel/sched_autogroup_enabled";
        Assert.SkipUnless(
            File.Exists(AreShared) && (await File.ReadAllTextAsync(AreShared, TestContext.Current.CancellationToken)).Trim() == "1",
            "Here the processors are not shared among sessions.");
        using var trained = Start("trained", "--set", "backtracking.steps=20000");
        await trained.SeesAsync("backtracking");

        using var killed = Watch();
        await killed.SeesAsync("step ");
        var session = $"/proc/{Assert.Single(killed.Children())}/autogroup";
        Assert.Contains("nice 19", await File.ReadAllTextAsync(session, TestContext.Current.CancellationToken));
        killed.Kill();
        // Its output ends when the last process is gone that has it.
        await killed.EndAsync();

        using var interrupted = Watch();
        await interrupted.SeesAsync("step ");
        interrupted.Interrupt();
        var (code, _, error) = await interrupted.EndAsync();
        Assert.Equal((ExitCode.Interrupted, ""), (code, error));

        await OutputOf("cancel", "trained");
        Assert.Equal(ExitCode.Cancelled, (await trained.EndAsync()).Code);

        DisBackProcess Watch() => DisBackProcess.Start(folder.Path, "evaluate", "trained", "--watch", "-n", "70");
    }

    [Fact]
    public async Task The_end_of_the_terminal_stops_a_run_after_a_checkpoint()
    {
        using var process = Start("hung-up", s_long);
        await process.SeesAsync("backtracking");
        process.HangUp();
        var (code, output, error) = await process.EndAsync();
        Assert.Equal((ExitCode.HungUp, "Stopping after a checkpoint; Ctrl-C again stops at once.\n"), (code, error));
        Assert.Contains("is paused at step", output);
        var run = JsonNode.Parse(await OutputOf("show", "hung-up", "--json"))!["run"]!;
        Assert.Equal("paused", run["status"]!.GetValue<string>());
        Assert.True(run["checkpoints"]![0]!["step"]!.GetValue<long>() > 0);
    }

    [Fact]
    public async Task A_run_whose_process_was_killed_is_cancelled_and_deleted_by_the_next_ones()
    {
        using (var process = Start("killed", s_long))
        {
            await process.SeesAsync("backtracking");
            process.Kill();
            await process.EndAsync();
        }
        Assert.Contains("Cancelled.", await OutputOf("cancel", "killed"));
        Assert.Equal("cancelled", JsonNode.Parse(await OutputOf("show", "killed", "--json"))!["run"]!["status"]!.GetValue<string>());
        Assert.Contains("Nothing to do: the run is completed.", await OutputOf("cancel", "trajectory/killed"));

        var (code, output, error) = await DisBackProcess.RunAsync(folder.Path, "delete", "killed");
        Assert.Equal((ExitCode.Usage, ""), (code, output));
        Assert.Contains("There is no terminal to ask on", error);
        Assert.Equal(ExitCode.Usage, (await DisBackProcess.RunAsync(folder.Path, "delete", "", "--yes")).Code);
        Assert.StartsWith("Deleted run killed-", await OutputOf("delete", "killed", "--yes"));
        Assert.DoesNotContain("killed", await OutputOf("list"));
        Assert.Equal(ExitCode.Ok, (await Run("spec.yaml", "killed", s_long)).Code);
        Assert.NotEmpty(Student("killed"));
        Assert.StartsWith("Deleted run killed-", await OutputOf("delete", "killed", "--yes"));
        Assert.DoesNotContain(
            Directory.EnumerateDirectories(Path.Combine(folder.Path, "disback-data", "runs")), each => each.Contains("killed", StringComparison.Ordinal));
    }

    [Fact]
    public async Task Bad_input_is_told_before_anything_is_taken_or_written()
    {
        var (code, _, error) = await Run("spec.yaml", "bad", "--set", "recording.stps=1");
        Assert.Equal((ExitCode.Invalid, "--set recording.stps=1: there is no key 'stps' in 'recording'; expected one of from, steps, until_plateau, "
            + "until_calibrated, batch, accumulate, optimizer, noise, loss, gan_weight, seed, nodes; did you mean 'steps'?\n"), (code, error));
        (code, _, error) = await DisBackProcess.RunAsync(folder.Path, "show", "nowhere");
        Assert.Equal(ExitCode.NotFound, code);
        Assert.StartsWith("disback: There is no run 'nowhere'", error);
        await File.WriteAllTextAsync(Path.Combine(folder.Path, "tiny"), "no weights", TestContext.Current.CancellationToken);
        Assert.Equal(ExitCode.Ok, (await Run("spec.yaml", "named", "--set", "teacher=tiny")).Code);
        (code, _, _) = await Run("spec.yaml", "bad", "--set", "teacher=nobody");
        Assert.Equal(ExitCode.NotFound, code);
        Assert.DoesNotContain("bad", await OutputOf("list"));
    }

    [Fact]
    public async Task A_run_keeps_the_images_that_it_was_submitted_with()
    {
        var images = Path.Combine(folder.Path, "images.idx");
        string[] own = ["--set", "evaluation.reference={source: idx, path: images.idx}", "--set", "backtracking.steps=21"];
        await RunWith(TaughtFolder.Images(seed: 1));
        File.Delete(images);
        Assert.Contains("FID", await OutputOf("evaluate", "own-images", "-n", "50"));
        Assert.Contains("sha256:", await OutputOf("show", "own-images", "--spec"));
        var (code, _, error) = await Run("spec.yaml", "own-images", own);
        Assert.Equal(ExitCode.Invalid, code);
        Assert.Equal("--set evaluation.reference={source: idx, path: images.idx}: There is no file 'images.idx': check the path\n", error);

        // Other images are another run; the same ones are the same run again.
        await RunWith(TaughtFolder.Images(seed: 2));
        await RunWith(TaughtFolder.Images(seed: 1));
        Assert.Equal(2, JsonNode.Parse(await OutputOf("list", "--json"))!.AsArray().Count(run => (string)run!["name"]! == "own-images"));

        async Task RunWith(byte[] bytes)
        {
            await File.WriteAllBytesAsync(images, bytes, TestContext.Current.CancellationToken);
            var (ended, output, trouble) = await Run("spec.yaml", "own-images", own);
            Assert.True(ended == ExitCode.Ok, output + trouble);
        }
    }

    [Fact]
    public async Task Statistics_of_images_stand_for_the_images()
    {
        var (code, output, error) = await Run("spec.yaml", "by-images", "--set", "backtracking.steps=21");
        Assert.True(code == ExitCode.Ok, output + error);
        var cache = new DirectoryInfo(Path.Combine(folder.Path, "disback-data", "cache", "statistics"));
        var byImages = await FidAsync("by-images");
        var found = false;
        foreach (var measured in cache.EnumerateFiles())
        {
            found |= await FidAsync("by-images", "--statistics", measured.FullName) == byImages;
        }
        Assert.True(found);

        var any = cache.EnumerateFiles().First().FullName;
        (code, output, error) = await Run("spec.yaml", "by-statistics", "--set", "backtracking.steps=21", "--set", "evaluation.reference={}",
            "--set", $"evaluation.statistics={any}");
        Assert.True(code == ExitCode.Ok, output + error);
        Assert.Contains("statistics: sha256:", await OutputOf("show", "by-statistics", "--spec"));
        (code, _, error) = await DisBackProcess.RunAsync(folder.Path, "evaluate", "by-statistics", "-n", "70", "--kid");
        Assert.Equal(ExitCode.Invalid, code);
        Assert.Contains("name images with --reference", error);
        var images = Path.Combine(folder.Path, "eight.idx");
        await File.WriteAllBytesAsync(images, TaughtFolder.Images(seed: 1), TestContext.Current.CancellationToken);
        Assert.Contains("KID", await OutputOf("evaluate", "by-statistics", "-n", "70", "--kid", "--reference", images));

        async Task<double> FidAsync(params string[] arguments) =>
            JsonNode.Parse(await OutputOf(["evaluate", .. arguments, "-n", "70", "--json"]))!["fid"]!.GetValue<double>();
    }

    [Fact]
    public async Task What_cannot_be_evaluated_or_loaded_is_refused_before_anything_trains()
    {
        var (code, output, error) = await Run("spec.yaml", "misfit", "--set", "evaluation.reference.resolution=28");
        Assert.Equal((ExitCode.Invalid, ""), (code, output));
        Assert.Contains("spec.yaml:6:56: evaluation.reference has images of 1x28x28", error);

        (code, output, error) = await Run("spec.yaml", "crowded", "--set", "hardware.threads=1024");
        Assert.Equal((ExitCode.Invalid, ""), (code, output));
        Assert.StartsWith("--set hardware.threads=1024: hardware.threads is 1024, but this machine has", error, StringComparison.Ordinal);

        // A teacher's file with one tensor less: the message names the tensor, and nothing was submitted.
        var whole = Path.Combine(folder.Path, "disback-data", "runs", "teachers", "tiny", "teacher.safetensors");
        using (var weights = SafetensorsFile.Open(whole))
        using (TorchSharp.torch.NewDisposeScope())
        {
            SafetensorsFile.Write(
                Path.Combine(folder.Path, "lame.safetensors"),
                [.. weights.Entries.Keys.Skip(1).Select(name => (name, weights.Read(name)))],
                weights.Metadata);
        }
        (code, _, error) = await Run("spec.yaml", "misfit", "--set", "teacher=lame.safetensors");
        Assert.Equal(ExitCode.Invalid, code);
        using (var weights = SafetensorsFile.Open(whole))
        {
            Assert.Contains(weights.Entries.Keys.First(), error);
        }
        Assert.DoesNotContain("misfit", await OutputOf("list"));
    }

    /// <summary>Nodes go to the reference code's form and back without a bit lost, and make the same student there.</summary>
    [Fact]
    public async Task A_trajectory_moves_to_the_form_of_the_reference_code_and_back()
    {
        var (code, output, error) = await Run("spec.yaml", "recorded", "--set", "backtracking.steps=45");
        Assert.True(code == ExitCode.Ok, output + error);
        await OutputOf("trajectory", "export", "recorded", "plain");
        Assert.Equal(
            ["node-000-step-0000000.png", "node-001-step-0000004.png", "node-002-step-0000008.png"],
            Directory.EnumerateFiles(Path.Combine(folder.Path, "plain"), "*.png").Select(Path.GetFileName).Order());
        await OutputOf("trajectory", "export", "recorded", "path", "--reference");
        Assert.Equal(
            ["checkpoint_model_000000", "checkpoint_model_000004", "checkpoint_model_000008"],
            Directory.EnumerateDirectories(Path.Combine(folder.Path, "path")).Select(Path.GetFileName).Order());
        Assert.Contains("Trajectory 'brought' of 3 nodes", await OutputOf("trajectory", "import", "path", "--teacher", "tiny", "--name", "brought"));
        Assert.Equal(await NodesOf("recorded"), await NodesOf("brought"));
        Assert.Contains("sealed", await OutputOf("trajectory", "list"));

        await File.WriteAllTextAsync(
            Path.Combine(folder.Path, "walks.yaml"),
            """
            name: walks
            teacher: tiny
            recording: { from: brought }
            backtracking: { steps: 45, batch: 4, switching: { policy: fixed, interval: 20 } }
            checkpoints: { every: 10 }
            evaluation: { every: 0, final_samples: 100, reference: { source: digits, resolution: 14 } }
            hardware: { threads: 1 }
            """,
            TestContext.Current.CancellationToken);
        (code, output, error) = await Run("walks.yaml", "walks");
        Assert.True(code == ExitCode.Ok, output + error);
        Assert.Equal(await StudentOf("recorded"), await StudentOf("walks"));

        (code, _, error) = await Run("walks.yaml", "astray", "--set", "teacher=digits");
        Assert.Equal(ExitCode.Invalid, code);
        Assert.Contains("walks.yaml:3:20: the trajectory 'brought' is of the teacher", error);
        (code, _, error) = await Run("walks.yaml", "astray", "--set", "recording.from=nowhere");
        Assert.Equal(ExitCode.Invalid, code);
        Assert.Contains("There is no trajectory 'nowhere'", error);
        (code, _, error) = await DisBackProcess.RunAsync(folder.Path, "trajectory", "import", ".", "--teacher", "tiny");
        Assert.Equal(ExitCode.Invalid, code);
        Assert.Contains("holds no node", error);

        async Task<IEnumerable<string>> NodesOf(string name) => JsonNode.Parse(await OutputOf("trajectory", "show", name, "--json"))!["nodes"]!.AsArray()
            .Select(node => $"{node!["index"]} {node["step"]} {node["content"]!["digest"]}");

        async Task<string> StudentOf(string name) => JsonNode.Parse(await OutputOf("show", name, "--json"))!["run"]!["artifacts"]!["student.safetensors"]!
            ["content"]!["digest"]!.GetValue<string>();
    }

    [Fact]
    public async Task Weights_of_PyTorch_become_teachers_and_nothing_in_their_files_is_run()
    {
        string Written(string name) => Path.Combine(AppContext.BaseDirectory, "pytorch", name);

        Assert.Contains("Teacher 'snapshot' is registered", await OutputOf(
            "teacher", "import", Written("network-snapshot-000001.pkl"), "--name", "snapshot"));
        var network = Path.Combine(folder.Path, "ncsnpp.yaml");
        await File.WriteAllTextAsync(
            network,
            """
            {
              model_type: song-unet, img_resolution: 8, img_channels: 1, label_dim: 10, augment_dim: 9, model_channels: 4, channel_mult: [1, 2],
              num_blocks: 1, attn_resolutions: [4], embedding_type: fourier, channel_mult_noise: 2, encoder_type: residual, resample_filter: [1, 3, 3, 1],
              dropout: 0.13, sigma_min: 0
            }
            """,
            TestContext.Current.CancellationToken);
        string[] reference = ["teacher", "import", Written("pytorch_model_1.bin"), "--name", "node", "--network", network];
        Assert.Contains("Teacher 'node' is registered", await OutputOf([.. reference, "--prefix", "fake_unet."]));
        // Equal weights of equal networks are one file.
        var digests = JsonNode.Parse(await OutputOf("teacher", "list", "--json"))!.AsArray()
            .Where(teacher => teacher!["id"]!.GetValue<string>() is "snapshot" or "node").Select(teacher => teacher!["weights"]!["digest"]!.GetValue<string>());
        Assert.Single(digests.Distinct());

        var (code, _, error) = await DisBackProcess.RunAsync(folder.Path, reference);
        Assert.Equal(ExitCode.Invalid, code);
        Assert.Contains("--prefix 'fake_unet.module.'", error);
        (code, _, error) = await DisBackProcess.RunAsync(folder.Path, "teacher", "import", Written("evil.pt"));
        Assert.Equal(ExitCode.Invalid, code);
        Assert.Contains("nothing in the file was run", error);
    }

    [Fact]
    public async Task Damaged_bytes_are_named_passed_over_or_refused_and_the_same_command_goes_on_once_they_are_whole()
    {
        using (var process = Start("fragile", s_long))
        {
            await process.SeesAsync("Target 1 -> 0");
            process.Interrupt();
            await process.EndAsync();
        }
        var checkpoints = JsonNode.Parse(await OutputOf("checkpoint", "list", "fragile", "--json"))!.AsArray();
        var newest = checkpoints[0]!["step"]!.GetValue<long>();
        using (var file = File.OpenWrite(Stored(checkpoints[0]!["content"]!["digest"]!.GetValue<string>())))
        {
            file.SetLength(100);
        }
        Assert.Equal(ExitCode.Storage, (await DisBackProcess.RunAsync(folder.Path, "checkpoint", "verify", "fragile")).Code);

        // The last node is needed from the start, the checkpoint before the newest is whole.
        var (code, output, error) = await Run("spec.yaml", "fragile", s_long);
        Assert.True(code == ExitCode.Ok, error);
        Assert.Contains($"The checkpoint of step {newest} is not usable, so the one before it is taken", output);

        var node = Stored(JsonNode.Parse(await OutputOf("trajectory", "show", "fragile", "--json"))!["nodes"]![1]!["content"]!["digest"]!.GetValue<string>());
        var bytes = await File.ReadAllBytesAsync(node, TestContext.Current.CancellationToken);
        await File.WriteAllBytesAsync(node, [.. bytes[..^1], (byte)(bytes[^1] ^ 1)], TestContext.Current.CancellationToken);
        (code, output, error) = await Run("spec.yaml", "brittle");
        Assert.True(code == ExitCode.Ok, output + error);
        Assert.Contains("Makes again what is missing or damaged, from the start: node 1.", output);
        Assert.Equal(bytes, await File.ReadAllBytesAsync(node, TestContext.Current.CancellationToken));
    }

    [Fact]
    public async Task What_a_complete_run_has_lost_is_made_again_by_the_same_command()
    {
        Assert.Equal(ExitCode.Ok, (await Run("spec.yaml", "lossy")).Code);
        var run = JsonNode.Parse(await OutputOf("show", "lossy", "--json"))!["run"]!;
        var digest = run["artifacts"]!["student.safetensors"]!["content"]!["digest"]!.GetValue<string>();
        var before = Student("lossy");
        File.Delete(Stored(digest));

        var (code, output, error) = await Run("spec.yaml", "lossy");
        Assert.True(code == ExitCode.Ok, output + error);
        Assert.Contains("Makes again what is missing or damaged, from step 60: student.safetensors.", output);
        Assert.Equal(before, Student("lossy"));
        Assert.Equal(digest, Convert.ToHexStringLower(SHA256.HashData(await File.ReadAllBytesAsync(Stored(digest), TestContext.Current.CancellationToken))));
        Assert.Contains("Nothing is missing or damaged", await OutputOf("repair", "lossy"));

        // Curves are not made again; what can be read of them is drawn.
        var chunk = Directory.EnumerateFiles(Path.Combine(folder.Path, "disback-data", "metrics"), "*.ndjson", SearchOption.AllDirectories)
            .First(file => file.Contains("lossy", StringComparison.Ordinal));
        var lines = await File.ReadAllLinesAsync(chunk, TestContext.Current.CancellationToken);
        await File.WriteAllLinesAsync(chunk, [lines[0], "{", .. lines[2..]], TestContext.Current.CancellationToken);
        (code, output, error) = await Run("spec.yaml", "lossy");
        Assert.Equal(ExitCode.Ok, code);
        Assert.Contains("is damaged at line 2", Assert.Single(error.TrimEnd().Split('\n')));
        var report = output.Split('\n').Single(line => line.EndsWith("report.html", StringComparison.Ordinal)).Trim();
        Assert.Contains("is damaged at line 2", await File.ReadAllTextAsync(report, TestContext.Current.CancellationToken));

        // Its teacher, which another run needs, and nothing to resume from.
        var weights = JsonNode.Parse(await OutputOf("teacher", "show", "tiny", "--json"))!["weights"]!["digest"]!.GetValue<string>();
        await File.WriteAllTextAsync(Stored(weights), "damaged", TestContext.Current.CancellationToken);
        Assert.Contains("teacher tiny: Makes again", await OutputOf("repair", "lossy"));
        Assert.Contains("Nothing is missing or damaged", await OutputOf("repair", "teacher/tiny"));
    }

    private string Stored(string digest) => Path.Combine(folder.Path, "disback-data", "cas", "sha256", digest[..2], digest);

    private DisBackProcess Start(string name, params string[] more) =>
        DisBackProcess.Start(folder.Path, ["run", "spec.yaml", "--set", $"name={name}", .. more]);

    private Task<(ExitCode Code, string Output, string Error)> Run(string spec, string name, params string[] more)
        => DisBackProcess.RunAsync(folder.Path, ["run", spec, "--set", $"name={name}", .. more]);

    private async Task<string> OutputOf(params string[] args)
    {
        var (code, output, error) = await DisBackProcess.RunAsync(folder.Path, args);
        Assert.True(code == ExitCode.Ok, $"{code}: {error}");
        return output;
    }

    private string Student(string name)
        => Convert.ToHexString(SHA256.HashData(File.ReadAllBytes(Directory.EnumerateFiles(
            Path.Combine(folder.Path, "disback-data", "runs"),
            "student.safetensors",
            SearchOption.AllDirectories).Single(f => f.Contains($"/{name}-", StringComparison.Ordinal)))));
}
