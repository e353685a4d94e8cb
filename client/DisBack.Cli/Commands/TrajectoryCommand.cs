using System.CommandLine;
using System.Globalization;
using System.Text.Json;
using DisBack.Cli.Installations;
using DisBack.Cli.Names;
using DisBack.Cli.Options;
using DisBack.Cli.Terminal;
using DisBack.Contracts.Documents;
using DisBack.Contracts.Grains;
using DisBack.Storage;

namespace DisBack.Cli.Commands;

/// <summary><c>disback trajectory</c>: stage 1's nodes, which every run with the same teacher, student and recording settings shares.</summary>
internal static class TrajectoryCommand
{
    public static Command Create(Session session)
        => new("trajectory", "Recorded trajectories: list, show, verify, export.") { List(session), Show(session), Verify(session), Export(session) };

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
            session.Screen.Table(["NODE", "STEP", "LOSS", "BYTES", "DIGEST"], trajectory.Nodes.Select(n => new[]
            {
                n.Index == 0 ? "0 (teacher)" : n.Index.ToString(CultureInfo.InvariantCulture), n.Step.ToString(CultureInfo.InvariantCulture),
                n.Loss is { } loss ? Texts.Number(loss) : "-", Texts.Bytes(n.Content.Length), n.Content.Digest,
            }));
            return (int)ExitCode.Ok;
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
        var command = new Command("export", "Writes the nodes as safetensors files, with the manifest as JSON.") { name, target };
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
                await installation.Archive.Content.FetchAsync(node.Content, Path.Combine(destination.FullName, FileName(node)), cancellation);
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

    private static string FileName(NodeRef node) => string.Create(CultureInfo.InvariantCulture, $"node-{node.Index:D3}-step-{node.Step:D7}.safetensors");
}
