using System.CommandLine;
using System.Globalization;
using System.Text.Json;
using DisBack.Cli.Installations;
using DisBack.Cli.Names;
using DisBack.Cli.Options;
using DisBack.Cli.Terminal;
using DisBack.Contracts.Documents;
using DisBack.Contracts.Grains;
using DisBack.Diffusion.Files;
using DisBack.Diffusion.Files.PyTorch;
using DisBack.Distillation.Recording;
using DisBack.Specs.Networks;
using DisBack.Storage;

namespace DisBack.Cli.Commands;

/// <summary><c>disback trajectory</c>: stage 1's nodes, which every run with the same teacher, student and recording settings shares.</summary>
internal static class TrajectoryCommand
{
    public static Command Create(Session session)
        => new("trajectory", "Recorded trajectories: list, show, verify, export, import.")
        {
            List(session), Show(session), Verify(session), Export(session), Import(session),
        };

    private static Command List(Session session)
    {
        var json = Arguments.Json();
        var command = new Command("list", "Lists the trajectories.") { json };
        command.SetAction(async (parsed, cancellation) =>
        {
            await using var installation = Installation.Of(parsed, session);
            var trajectories = await installation.Archive.TrajectoriesAsync(cancellation);
            if (parsed.GetValue(json))
            {
                session.Screen.Json(JsonSerializer.SerializeToNode(trajectories.Select(DocumentJson.Of)));
            }
            else
            {
                session.Screen.Table(["TRAJECTORY", "NAME", "STATUS", "NODES", "BYTES", "SUBMITTED"], trajectories.Select(t => new[]
                {
                    Texts.Short(t.Id),
                    t.Name,
                    t.Sealed ? "sealed" : t.Run.Status.ToString().ToLowerInvariant(),
                    t.Nodes.Length.ToString(CultureInfo.InvariantCulture),
                    Texts.Bytes(t.Nodes.Sum(n => n.Content.Length)), Texts.Time(t.Run.Submitted),
                }));
            }
            return (int)(await installation.WarnOfDamageAsync(RunKind.Recording, session.Screen, cancellation) ? ExitCode.Storage : ExitCode.Ok);
        });
        return command;
    }

    private static Command Show(Session session)
    {
        var (name, json) = (NameArguments.Trajectory(), Arguments.Json());
        var command = new Command("show", "Shows one trajectory and its nodes.") { name, json };
        command.SetAction(async (parsed, cancellation) =>
        {
            await using var installation = Installation.Of(parsed, session);
            var trajectory = await installation.Archive.FindTrajectoryAsync(parsed.GetRequiredValue(name), cancellation);
            if (parsed.GetValue(json))
            {
                session.Screen.Json(DocumentJson.Of(trajectory));
                return (int)ExitCode.Ok;
            }
            session.Screen.Fact("trajectory", trajectory.Id);
            session.Screen.Fact("name", trajectory.Name);
            session.Screen.Fact("teacher", trajectory.Teacher?.Digest);
            session.Screen.Fact("sealed", trajectory.Sealed ? "yes" : "no");
            RunFacts.Print(session.Screen, trajectory.Run, installation.Files, trajectory.Id);
            session.Screen.Line();
            session.Screen.Table(["NODE", "STEP", "LOSS", "WEIGHTS MOVED", "OUTPUTS MOVED", "BYTES", "DIGEST"], trajectory.Nodes.Select(n => new[]
            {
                n.Index == 0 ? "0 (teacher)" : n.Index.ToString(CultureInfo.InvariantCulture), n.Step.ToString(CultureInfo.InvariantCulture),
                Figure(n.Loss), Figure(n.WeightDistance), Figure(n.OutputDistance), Texts.Bytes(n.Content.Length), n.Content.Digest,
            }));
            return (int)ExitCode.Ok;

            static string Figure(double? value) => value is { } number ? Texts.Number(number) : "-";
        });
        return command;
    }

    private static Command Verify(Session session)
    {
        var name = NameArguments.Trajectory();
        var command = new Command("verify", "Reads every node and checks its digest.") { name };
        command.SetAction(async (parsed, cancellation) =>
        {
            await using var installation = Installation.Of(parsed, session);
            var trajectory = await installation.Archive.FindTrajectoryAsync(parsed.GetRequiredValue(name), cancellation);
            var whole = trajectory.Sealed && trajectory.Nodes.Select(n => n.Index).SequenceEqual(Enumerable.Range(0, trajectory.Nodes.Length));
            if (!whole)
            {
                session.Screen.Line($"The trajectory {Texts.Short(trajectory.Id)} is not complete: stage 1 has not ended; repeat the run that records it.");
            }
            var intact = await Verification.RunAsync(
                session.Screen,
                installation.Archive.Content,
                trajectory.Nodes.Select(n => (string.Create(CultureInfo.InvariantCulture, $"node {n.Index}, step {n.Step}"), n.Content)),
                cancellation);
            return (int)(whole && intact ? ExitCode.Ok : ExitCode.Storage);
        });
        return command;
    }

    private static Command Export(Session session)
    {
        var name = NameArguments.Trajectory();
        var target = new Argument<string>("FOLDER") { Description = "Where to put the files; created if needed, must be empty." };
        var reference = new Option<bool>("--reference")
        {
            Description = "Write what the paper's reference code reads: checkpoint_model_NNNNNN/pytorch_model_1.bin, the network under 'fake_unet.'.",
        };
        var command = new Command("export", "Writes the nodes as safetensors files, each with its picture if it has one, and the manifest as JSON.")
        {
            name, target, reference,
        };
        command.SetAction(async (parsed, cancellation) =>
        {
            await using var installation = Installation.Of(parsed, session);
            var trajectory = await installation.Archive.FindTrajectoryAsync(parsed.GetRequiredValue(name), cancellation);
            var destination = Directory.CreateDirectory(UserPath.Expand(parsed.GetRequiredValue(target)));
            if (destination.EnumerateFileSystemInfos().Any())
            {
                throw new DisBackException($"The folder {destination} is not empty; name an empty or a new one.");
            }
            foreach (var node in trajectory.Nodes)
            {
                var file = Path.Combine(destination.FullName, PathFolder.FileOf(node));
                await installation.Archive.Content.FetchAsync(node.Content, file, cancellation);
                if (parsed.GetValue(reference))
                {
                    WriteReference(file, Path.Combine(destination.FullName, PathFolder.ReferenceFileOf(node)));
                    File.Delete(file);
                }
                else if (trajectory.Run.Artifacts.TryGetValue(DegradationRecording.PictureOf(node.Index), out var picture))
                {
                    await installation.Archive.Content.FetchAsync(picture.Content, Path.ChangeExtension(file, ".png"), cancellation);
                }
            }
            await File.WriteAllTextAsync(
                Path.Combine(destination.FullName, "trajectory.json"),
                DocumentJson.Of(trajectory).ToJsonString(StorageJson.Options) + "\n",
                cancellation);
            session.Screen.Line(
                string.Create(CultureInfo.InvariantCulture, $"{trajectory.Nodes.Length} nodes and trajectory.json are in {destination.FullName}."));
            return (int)ExitCode.Ok;
        });
        return command;
    }

    private static void WriteReference(string file, string target)
    {
        using var tensors = SafetensorsFile.Open(file);
        if (NetworkMetadata.Read(tensors.Metadata, file) is TextUnetSettings { Adapter: not null })
        {
            throw new DisBackException("The nodes are adapters of a teacher, which the paper's code cannot read: leave --reference out.");
        }
        Directory.CreateDirectory(Path.GetDirectoryName(target)!);
        using var stream = File.Create(target);
        TorchWriter.Write(stream, tensors, WeightsFile.FakeScore);
    }

    private static Command Import(Session session)
    {
        var source = new Argument<string>("FOLDER")
        {
            Description = "What 'trajectory export' wrote, or checkpoint_model_NNNNNN/pytorch_model_1.bin of the paper's reference code.",
        };
        var teacher = new Option<string>("--teacher") { Description = "The teacher that the trajectory leads back to.", Required = true };
        var (name, prefix) = (new Option<string?>("--name") { Description = "What to call it; the folder's own name unless given." }, Arguments.Prefix());
        var command = new Command("import", "Registers nodes that were recorded elsewhere; 'recording.from' of a spec names them.")
        {
            source, teacher, name, prefix,
        };
        command.SetAction(async (parsed, cancellation) =>
        {
            var folder = UserPath.Expand(parsed.GetRequiredValue(source));
            var files = PathFolder.Read(folder);
            await using var installation = Installation.Of(parsed, session);
            var control = await installation.HostAsync($"disback trajectory import {parsed.GetRequiredValue(source)}", "cpu", cancellation);
            var weights = await installation.Teachers.ResolveAsync(parsed.GetRequiredValue(teacher), cancellation);
            var network = await installation.Teachers.NetworkOfAsync(weights, cancellation);
            List<NodeRef> nodes = [new(0, 0, weights)];
            foreach (var (step, file) in files)
            {
                var content = await NetworkImport.StoreAsAsync(
                    installation.Archive.Content, file, parsed.GetValue(prefix), AsIn(file, network), cancellation);
                // The path of the reference code begins after its first step; what begins with the teacher itself does so once.
                if (content != weights || nodes.Count > 1)
                {
                    nodes.Add(new NodeRef(nodes.Count, step, content));
                }
            }
            var known = parsed.GetValue(name) ?? Path.GetFileName(Path.GetFullPath(folder).TrimEnd(Path.DirectorySeparatorChar));
            var trajectory = await control.RegisterTrajectoryAsync(new TrajectoryRegistration(known, [.. nodes]), cancellation);
            session.Screen.Line(FormattableString.Invariant(trajectory.Name == known
                ? (FormattableString)$"Trajectory '{known}' of {nodes.Count} nodes is registered: {trajectory.Id}."
                : $"These {nodes.Count} nodes are registered already, as the trajectory '{trajectory.Name}': {trajectory.Id}."));
            return (int)ExitCode.Ok;
        });
        return command;
    }

    /// <summary>The network of a node: the teacher's, or adapters of it where the file says so.</summary>
    private static NetworkSettings AsIn(string path, NetworkSettings teacher)
    {
        using var file = WeightsFile.Open(path);
        return teacher is TextUnetSettings whole && NetworkMetadata.IsTold(file.Metadata)
            && NetworkMetadata.Read(file.Metadata, path) is TextUnetSettings { Adapter: { } adapters }
                ? whole with { Adapter = adapters }
                : teacher;
    }
}
