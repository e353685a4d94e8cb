using System.CommandLine;
using System.Text.Json;
using DisBack.Cli.Installations;
using DisBack.Cli.Live;
using DisBack.Cli.Names;
using DisBack.Cli.Options;
using DisBack.Cli.Terminal;
using DisBack.Client;
using DisBack.Contracts.Documents;
using DisBack.Contracts.Grains;
using DisBack.Specs.Experiments;
using DisBack.Specs.Networks;
using DisBack.Specs.Reading;
using DisBack.Storage;

namespace DisBack.Cli.Commands;

/// <summary><c>disback teacher</c>: the diffusion models that students are distilled from.</summary>
internal static class TeacherCommand
{
    public static Command Create(Session session)
        => new("teacher", "Teachers: train, import, list, show.") { Train(session), Import(session), List(session), Show(session) };

    private static Command Train(Session session)
    {
        var file = new Argument<string>("SPEC") { Description = "The YAML file that describes the teacher and its training." };
        var (set, detach) = (Arguments.Set(), Arguments.Detach());
        var command = new Command("train", "Trains a teacher; repeating the command resumes it.") { file, set, detach };
        command.SetAction(async (parsed, cancellation) =>
        {
            var text = SpecReader.ReadLocated<TeacherSpec>(parsed.GetRequiredValue(file), parsed.GetRequiredValue(set));
            await using var installation = Installation.Of(parsed, session);
            RunCommand.RefuseDetached(parsed.GetValue(detach), installation);
            var command = $"disback teacher train {parsed.GetRequiredValue(file)}";
            var control = await installation.HostAsync(command, text.Spec.Hardware.Device, cancellation);
            var spec = await new Submission(installation, session.Screen).PrepareAsync(text, cancellation);
            await control.TrainTeacherAsync(spec, cancellation);
            var id = RunId.Teacher(spec.Name);
            if (parsed.GetValue(detach))
            {
                session.Screen.Line($"{id} is being trained; 'disback watch teacher/{spec.Name}' shows it.");
                return (int)ExitCode.Ok;
            }
            var run = await RunCommand.SeeThroughAsync(session, installation, control, id, cancellation);
            if (await installation.Archive.TeacherAsync(spec.Name, CancellationToken.None) is { Weights: { } weights })
            {
                var manifest = new
                {
                    spec.Name,
                    spec.Seed,
                    SpecDigest = GrainKeys.Digest(SpecJson.Canonical(spec)),
                    WeightsDigest = weights.Digest,
                    Spec = SpecJson.ToNode(spec),
                };
                await File.WriteAllTextAsync(
                    Path.Combine(installation.Files.Of(run.Folder), "teacher.json"),
                    JsonSerializer.Serialize(manifest, StorageJson.Options) + "\n",
                    CancellationToken.None);
            }
            RunFollower.Conclude(session.Screen, installation, run);
            return (int)(session.Signals.Received ?? RunFollower.CodeOf(run.Run));
        });
        return command;
    }

    private static Command Import(Session session)
    {
        var file = new Argument<string>("FILE")
        {
            Description = "A safetensors file, a file of torch.save's, a snapshot of EDM's training, or the folder of a model of SDXL's kind.",
        };
        var name = new Option<string?>("--name") { Description = "Name to register it under; the file's own name unless given." };
        var size = new Option<int?>("--size")
        {
            Description = "For the folder of a model: the side in pixels of what students are to draw; that of the model's training unless given.",
            HelpName = "PIXELS",
        };
        var network = new Option<string?>("--network")
        {
            Description = "YAML file with the network's settings, for files that do not say which network they hold.",
            HelpName = "FILE",
        };
        var prefix = Arguments.Prefix();
        var licence = new Option<string?>("--licence") { Description = "The licence of the weights; the cards of their students say it." };
        var command = new Command("import", "Registers weights as a teacher, after loading them strictly. Nothing in a file is run.")
        {
            file, name, network, prefix, licence, size,
        };
        command.SetAction(async (parsed, cancellation) =>
        {
            var path = parsed.GetRequiredValue(file);
            var known = parsed.GetValue(name) ?? Path.GetFileNameWithoutExtension(path).ToLowerInvariant();
            var settings = parsed.GetValue(network) is { } yaml ? SpecReader.Read<NetworkSettings>(yaml) : null;
            await using var installation = Installation.Of(parsed, session);
            var (content, imported) = await StoreAsync(UserPath.Expand(path));
            var control = await installation.HostAsync($"disback teacher import {path}", "cpu", cancellation);
            await control.RegisterTeacherAsync(
                known,
                new TeacherRegistration(content, imported.ToJson(), $"imported from {Path.GetFileName(path)}", parsed.GetValue(licence)),
                cancellation);
            session.Screen.Line($"Teacher '{known}' is registered: {content.Digest}.");
            return (int)ExitCode.Ok;

            async Task<(ContentRef Weights, NetworkSettings Network)> StoreAsync(string source)
            {
                var contents = installation.Archive.Content;
                if (Directory.Exists(source))
                {
                    RefuseFor("the folder of a model", (settings is not null, "--network"), (parsed.GetValue(prefix) is not null, prefix.Name));
                    return await NetworkImport.StoreModelAsync(contents, source, parsed.GetValue(size), cancellation);
                }
                RefuseFor("a file", (parsed.GetValue(size) is not null, size.Name));
                var (weights, network, converted) = await NetworkImport.StoreAsync(contents, source, parsed.GetValue(prefix), settings, cancellation);
                if (converted.Count > 0)
                {
                    session.Screen.Line($"The weights are converted from {string.Join(" and ", converted)} to F32.");
                }
                return (weights, network);
            }
        });
        return command;
    }

    private static void RefuseFor(string what, params ReadOnlySpan<(bool IsGiven, string Option)> options)
    {
        foreach (var (isGiven, option) in options)
        {
            if (isGiven)
            {
                throw new DisBackException($"{option} says nothing about {what}: leave it out.");
            }
        }
    }

    private static Command List(Session session)
    {
        var json = Arguments.Json();
        var command = new Command("list", "Lists the teachers, and the shipped ones.") { json };
        command.SetAction(async (parsed, cancellation) =>
        {
            await using var installation = Installation.Of(parsed, session);
            var teachers = await installation.Archive.TeachersAsync(cancellation);
            if (parsed.GetValue(json))
            {
                session.Screen.Json(JsonSerializer.SerializeToNode(teachers.Select(DocumentJson.Of)));
            }
            else
            {
                session.Screen.Table(["TEACHER", "STATUS", "BYTES", "DIGEST", "PROVENANCE"],
                    [.. TeacherLibrary.Shipped.Select(n => new[] { n, "shipped", "-", "-", "part of DisBack" }), .. teachers.Select(Row)]);
            }
            return (int)(await installation.WarnOfDamageAsync(RunKind.Teacher, session.Screen, cancellation) ? ExitCode.Storage : ExitCode.Ok);
        });
        return command;
    }

    private static string[] Row(TeacherDocument teacher) =>
    [
        teacher.Id, teacher.Run.Status.ToString().ToLowerInvariant(), teacher.Weights is { } w ? Texts.Bytes(w.Length) : "-",
        teacher.Weights is { } weights ? Texts.Short(weights.Digest) : "-", teacher.Provenance,
    ];

    private static Command Show(Session session)
    {
        var (name, json) = (NameArguments.Teacher(), Arguments.Json());
        var command = new Command("show", "Shows one teacher: its weights, network and training.") { name, json };
        command.SetAction(async (parsed, cancellation) =>
        {
            var text = parsed.GetRequiredValue(name);
            if (TeacherLibrary.Shipped.Contains(text))
            {
                session.Screen.Output.Write(TeacherLibrary.ManifestOf(text));
                return (int)ExitCode.Ok;
            }
            await using var installation = Installation.Of(parsed, session);
            var teacher = await installation.Archive.FindTeacherAsync(text, cancellation);
            if (parsed.GetValue(json))
            {
                session.Screen.Json(DocumentJson.Of(teacher));
                return (int)ExitCode.Ok;
            }
            session.Screen.Fact("teacher", teacher.Id);
            session.Screen.Fact("provenance", teacher.Provenance);
            session.Screen.Fact("licence", teacher.Licence.Length > 0 ? teacher.Licence : null);
            session.Screen.Fact("weights", teacher.Weights?.Digest);
            session.Screen.Fact("network", teacher.Network);
            RunFacts.Print(session.Screen, teacher.Run, installation.Files, $"teachers/{teacher.Id}");
            return (int)ExitCode.Ok;
        });
        return command;
    }
}
