using System.Globalization;
using System.Text;
using System.Text.Json.Nodes;
using DisBack.Distillation.Generators;
using DisBack.Specs.Networks;

namespace DisBack.Cli.Report;

/// <summary>Python that draws samples with the file of a student and EDM's training/networks.py, whose tensor names the file has.</summary>
internal static class PythonSnippet
{
    /// <summary>Settings that only some preconditionings have; the others are arguments of all of them, or of the network within.</summary>
    private static readonly Dictionary<string, string[]> s_own = new(StringComparer.Ordinal)
    {
        ["edm"] = ["sigma_data", "sigma_min", "sigma_max"],
        ["vp"] = ["beta_d", "beta_min", "epsilon_t", "time_steps"],
        ["ve"] = ["sigma_min", "sigma_max"],
        ["iddpm"] = ["c1", "c2", "time_steps"],
    };

    private static readonly string[] s_ofSongUNet = ["embedding_type", "channel_mult_noise", "encoder_type", "decoder_type", "resample_filter"];

    /// <summary>The snippet for a student; for one that is no network of EDM's, how its tensors are read.</summary>
    /// <param name="student">The student.</param>
    public static string Of(IGenerator student) => student is DenoiserGenerator { Settings: UNetSettings settings } denoiser
        ? Drawing(denoiser, settings)
        : $"""
            from safetensors.torch import load_file

            weights = load_file("{StudentFile.Name}")  # named as the modules of DisBack's network are
            """;

    private static string Drawing(DenoiserGenerator student, UNetSettings settings)
    {
        var shape = settings.Shape;
        var fields = JsonNode.Parse(settings.ToJson())!.AsObject();
        var own = fields["precond"]!.GetValue<string>();
        var precond = EdmNames.Of(own);
        var labels = settings.Classes > 0 ? $"torch.eye({settings.Classes})[torch.arange(count) % {settings.Classes}]" : "None";
        return string.Create(CultureInfo.InvariantCulture, $"""
            import torch
            from safetensors.torch import load_file
            from training.networks import {precond}  # of github.com/NVlabs/edm

            network = {precond}(
                {Arguments(own, fields)})
            network.load_state_dict(load_file("{StudentFile.Name}"))
            network.eval()

            count, sigmas = 16, [{string.Join(", ", student.Sigmas.Select(Number))}]  # the noise level of each step
            labels = {labels}
            samples = torch.zeros(count, {shape.Channels}, {shape.Height}, {shape.Width})
            with torch.no_grad():
                for sigma in sigmas:
                    noisy = samples + sigma * torch.randn_like(samples)
                    samples = network(noisy, torch.full([count], sigma), labels)
            """);
    }

    /// <summary>The arguments of the constructor, a few on each line.</summary>
    private static string Arguments(string precond, JsonObject fields)
    {
        const int width = 120;
        var isSongUNet = fields["model_type"]!.GetValue<string>() == "song-unet";
        var foreign = s_own.Values.SelectMany(names => names).Except(s_own[precond]).Append("precond").Concat(isSongUNet ? [] : s_ofSongUNet).ToHashSet();
        var (text, line) = (new StringBuilder(), 0);
        foreach (var (name, value) in fields.Where(field => !foreign.Contains(field.Key)))
        {
            var argument = $"{EdmNames.Of(name)}={Value(value!)}";
            if (line + argument.Length > width)
            {
                text.Append(",\n    ");
                line = 0;
            }
            text.Append(line > 0 ? ", " : "").Append(argument);
            line += argument.Length + 2;
        }
        return text.ToString();
    }

    private static string Value(JsonNode value) => value switch
    {
        JsonValue text when text.TryGetValue<string>(out var word) => $"\"{EdmNames.Of(word)}\"",
        _ => value.ToJsonString(),
    };

    private static string Number(double value) =>
        value.ToString("R", CultureInfo.InvariantCulture) is var text && text.All(char.IsAsciiDigit) ? $"{text}.0" : text;
}
