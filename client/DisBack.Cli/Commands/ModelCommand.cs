using System.CommandLine;
using System.Text.Json;
using DisBack.Cli.Installations;
using DisBack.Cli.Names;
using DisBack.Cli.Options;
using DisBack.Cli.Prompts;
using DisBack.Cli.Terminal;
using DisBack.Client;
using DisBack.Contracts.Documents;
using DisBack.Sdxl.Drawing;
using DisBack.Sdxl.Models;
using static TorchSharp.torch;

namespace DisBack.Cli.Commands;

/// <summary><c>disback model</c>: the models that workers draw pictures of prompts with.</summary>
internal static class ModelCommand
{
    public static Command Create(Session session) =>
        new("model", "Models of pictures for 'sample --model NAME': add, list, show, delete.") { Add(session), List(session), Show(session), Delete(session) };

    private static Command Add(Session session)
    {
        var name = new Argument<string>("NAME") { Description = "The name under which it is to be known." };
        var folder = new Argument<string>("DIR") { Description = "A folder of SDXL's kind as diffusers lays it out." };
        var unet = new Option<string?>("--unet") { Description = "Weights for the model's UNet: a student's, safetensors or .bin.", HelpName = "FILE" };
        var lora = new Option<string[]>("--lora")
        {
            Description = "A LoRA for the model; may be repeated.",
            HelpName = "FILE[=STRENGTH]",
            DefaultValueFactory = _ => [],
        };
        var keepLora = new Option<bool>("--keep-lora") { Description = "Compute each LoRA beside the weights instead of merging it into them." };
        var half = new Option<bool>("--half") { Description = "Take the variant of 16 bits where there are both: half the bytes, for workers with a GPU." };
        var command = new Command("add", "Stores the files of a model that a drawing needs, and registers them. Repeating it goes on where it was stopped.")
        {
            name, folder, unet, lora, keepLora, half,
        };
        command.SetAction(async (parsed, cancellation) =>
        {
            var path = UserPath.Expand(parsed.GetRequiredValue(folder));
            var model = ModelFolder.Open(path);
            var other = parsed.GetValue(unet) is { } file ? UserPath.Expand(file) : null;
            var adapters = parsed.GetRequiredValue(lora).Select(AdapterOption.Of).ToList();
            // Settings and adapters are looked at before gigabytes travel; no network is read.
            using (var drawer = new TextToImage(new ModelSource(model) { UNet = other, Adapters = adapters }, new(CPU, ScalarType.Float32)))
            {
                foreach (var adapted in drawer.Adapters)
                {
                    session.Screen.Line($"A LoRA adapts {adapted}.");
                }
            }
            var files = model.FilesToDraw(parsed.GetValue(half), withUNet: other is null);
            await using var installation = Installation.Of(parsed, session);
            var control = await installation.ReachAsync(cancellation) ?? await installation.HostAsync("disback model add", "cpu", cancellation);
            var progress = new WorkProgress(session);
            var manifest = await progress.OfAsync(() => new ModelUpload(installation.Archive.Content, (_, stored, all) => progress.Tell("files", stored, all))
                .StoreAsync(path, files, other, [.. adapters.Select(one => (one.Path, one.Strength))], parsed.GetValue(keepLora), cancellation));
            var registered = await control.RegisterModelAsync(parsed.GetRequiredValue(name), manifest, cancellation);
            session.Screen.Line($"Model '{registered.Id}' is registered: {Count(manifest)} files, {Size(manifest)}.");
            return (int)ExitCode.Ok;
        });
        return command;
    }

    private static Command List(Session session)
    {
        var json = Arguments.Json();
        var command = new Command("list", "Lists the registered models.") { json };
        command.SetAction(async (parsed, cancellation) =>
        {
            await using var installation = Installation.Of(parsed, session);
            var models = await installation.Archive.ModelsAsync(cancellation);
            if (parsed.GetValue(json))
            {
                session.Screen.Json(JsonSerializer.SerializeToNode(models.Select(DocumentJson.Of)));
            }
            else
            {
                session.Screen.Table(["MODEL", "FILES", "BYTES", "UNET", "LORA"], [.. models.Select(model => new[]
                {
                    model.Id, $"{Count(model.Manifest)}", Size(model.Manifest), model.Manifest.UNet?.Path ?? "-", Adapters(model.Manifest) ?? "-",
                })]);
            }
            return (int)ExitCode.Ok;
        });
        return command;
    }

    private static Command Show(Session session)
    {
        var (name, json) = (Name(), Arguments.Json());
        var command = new Command("show", "Shows one model: its files and what was added.") { name, json };
        command.SetAction(async (parsed, cancellation) =>
        {
            var text = parsed.GetRequiredValue(name);
            await using var installation = Installation.Of(parsed, session);
            var model = await installation.Archive.ModelAsync(text, cancellation)
                ?? throw new NotFoundException($"There is no model '{text}'; 'disback model list' shows what there is.");
            if (parsed.GetValue(json))
            {
                session.Screen.Json(DocumentJson.Of(model));
                return (int)ExitCode.Ok;
            }
            session.Screen.Fact("model", model.Id);
            session.Screen.Fact("registered", $"{model.Registered:u}");
            session.Screen.Fact("bytes", Size(model.Manifest));
            session.Screen.Fact("unet", model.Manifest.UNet is { } unet ? $"{unet.Path} {unet.Content.Digest}" : null);
            session.Screen.Fact("lora", Adapters(model.Manifest));
            session.Screen.Table(["FILE", "BYTES", "DIGEST"], [.. model.Manifest.Files.Select(file => new[]
            {
                file.Path, Texts.Bytes(file.Content.Length), Texts.Short(file.Content.Digest),
            })]);
            return (int)ExitCode.Ok;
        });
        return command;
    }

    private static Command Delete(Session session)
    {
        var name = Name();
        var command = new Command("delete", "Makes the name of a model free. Its files stay in the store, for 'gc' where nothing else needs them.") { name };
        command.SetAction(async (parsed, cancellation) =>
        {
            var text = parsed.GetRequiredValue(name);
            await using var installation = Installation.Of(parsed, session);
            var control = await installation.ReachAsync(cancellation) ?? await installation.HostAsync("disback model delete", "cpu", cancellation);
            await control.DeleteModelAsync(text, cancellation);
            session.Screen.Line($"Deleted model '{text}'.");
            return (int)ExitCode.Ok;
        });
        return command;
    }

    private static Argument<string> Name() =>
        new Argument<string>("MODEL") { Description = "The name of a model." }.CompletedWith(KnownNames.ModelsAsync);

    private static int Count(ModelManifest model) => model.Contents().Count();

    private static string Size(ModelManifest model) => Texts.Bytes(model.Contents().Sum(content => content.Length));

    private static string? Adapters(ModelManifest model) =>
        model.Adapters.IsEmpty ? null : string.Join(", ", model.Adapters.Select(adapter => $"{adapter.Name} ({adapter.Strength:0.###})"));
}
