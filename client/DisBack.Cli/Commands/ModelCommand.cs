using System.CommandLine;
using System.Globalization;
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
using DisBack.Storage;
using static TorchSharp.torch;

namespace DisBack.Cli.Commands;

/// <summary><c>disback model</c>: the models that workers draw pictures of prompts with.</summary>
internal static class ModelCommand
{
    /// <summary>Characters of a prompt in a table.</summary>
    private const int MostOfPrompt = 40;

    public static Command Create(Session session) =>
        new("model", "Models of pictures for 'sample --model NAME': add, list, show, delete; and what is drawn with them.")
        {
            Add(session), List(session), Show(session), Delete(session), Drawings(session),
        };

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
            return (int)(Installation.Warn(await installation.Archive.DamagedModelsAsync(cancellation), session.Screen) ? ExitCode.Storage : ExitCode.Ok);
        });
        return command;
    }

    private static Command Drawings(Session session)
    {
        var json = Arguments.Json();
        var command = new Command("drawings", "Lists what is drawn, or was drawn lately, with registered models, the newest first.") { json };
        command.SetAction(async (parsed, cancellation) =>
        {
            await using var installation = Installation.Of(parsed, session);
            var drawings = await installation.Archive.DrawingsAsync(cancellation);
            if (parsed.GetValue(json))
            {
                session.Screen.Json(JsonSerializer.SerializeToNode(drawings, StorageJson.Options));
            }
            else
            {
                session.Screen.Table(["DRAWING", "MODEL", "STATE", "PICTURES", "SUBMITTED", "DEVICE", "PROMPT"], [.. drawings.Select(drawing => new[]
                {
                    drawing.Id,
                    drawing.Request.Model,
                    drawing.State.ToString().ToLowerInvariant(),
                    string.Create(CultureInfo.InvariantCulture, $"{drawing.Pictures.Length} of {drawing.Request.Pictures()}"),
                    Texts.Time(drawing.Submitted),
                    drawing.Device.Length > 0 ? drawing.Device : "-",
                    Beginning(drawing.Request.Prompts),
                })]);
            }
            return (int)(Installation.Warn(await installation.Archive.DamagedDrawingsAsync(cancellation), session.Screen) ? ExitCode.Storage : ExitCode.Ok);
        });
        return command;

        static string Beginning(IReadOnlyList<string> prompts)
        {
            var (first, others) = (prompts[0], prompts.Count - 1);
            var shown = first.Length > MostOfPrompt ? first[..MostOfPrompt] + "..." : first;
            return others == 0 ? shown : string.Create(CultureInfo.InvariantCulture, $"{shown} and {others} more");
        }
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
