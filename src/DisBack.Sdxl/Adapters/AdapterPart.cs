using DisBack.Diffusion.TextToImage.Layers;
using DisBack.Diffusion.TextToImage.UNet;
using static TorchSharp.torch;

namespace DisBack.Sdxl.Adapters;

/// <summary>
/// A network that a LoRA can adapt, with every name by which files call its modules. Names are made from the modules and looked up: those with underscores in
/// place of dots could not be taken apart.
/// </summary>
internal sealed class AdapterPart
{
    /// <summary>What peft writes before the names of the one network that it adapts.</summary>
    public const string PeftPrefix = "base_model.model.";

    /// <summary>The ends of attention layers' names, and what old versions of diffusers wrote for them.</summary>
    private static readonly (string End, string Old)[] s_oldNames =
    [
        (".to_q", ".processor.to_q"), (".to_k", ".processor.to_k"), (".to_v", ".processor.to_v"), (".to_out.0", ".processor.to_out"),
        (".q_proj", ".to_q"), (".k_proj", ".to_k"), (".v_proj", ".to_v"), (".out_proj", ".to_out"),
    ];

    private readonly string _kohya;
    private readonly Dictionary<string, string> _paths = new(StringComparer.Ordinal);

    private AdapterPart(string name, string kohya, nn.Module network)
    {
        (Name, _kohya) = (name, kohya);
        Layers = network.named_modules().Where(entry => entry.module is AdaptableLayer)
            .ToDictionary(entry => entry.name, entry => (AdaptableLayer)entry.module, StringComparer.Ordinal);
        foreach (var path in Layers.Keys)
        {
            foreach (var dotted in Dotted($"{name}.{path}"))
            {
                _paths.Add(dotted, path);
            }
            _paths.Add(Underscored(path), path);
        }
    }

    /// <summary>Its folder in a model's.</summary>
    public string Name { get; }

    /// <summary>The layers by their paths in the network.</summary>
    public IReadOnlyDictionary<string, AdaptableLayer> Layers { get; }

    /// <summary>The paths by every name that files have for them.</summary>
    public IReadOnlyDictionary<string, string> Paths => _paths;

    /// <summary>The UNet, whose modules have their original names besides, and may be named without a prefix.</summary>
    public static AdapterPart UNet(ConditionalUNet network)
    {
        var part = new AdapterPart("unet", "lora_unet_", network);
        var originals = new OriginalNames(network.Config);
        foreach (var path in part.Layers.Keys)
        {
            foreach (var dotted in Dotted(path))
            {
                part._paths.Add(dotted, path);
            }
            var original = originals.Of(path);
            part._paths.Add(PeftPrefix + path, path);
            part._paths.Add("diffusion_model." + original, path);
            part._paths.Add(part.Underscored(original), path);
        }
        return part;
    }

    /// <summary>The first text encoder.</summary>
    public static AdapterPart TextEncoder(nn.Module network) => new("text_encoder", "lora_te1_", network);

    /// <summary>The second text encoder.</summary>
    public static AdapterPart TextEncoder2(nn.Module network) => new("text_encoder_2", "lora_te2_", network);

    /// <summary>A module's name in files of diffusers, new and old.</summary>
    private static IEnumerable<string> Dotted(string name) =>
        s_oldNames.Where(old => name.EndsWith(old.End, StringComparison.Ordinal)).Select(old => name[..^old.End.Length] + old.Old).Prepend(name);

    private string Underscored(string path) => _kohya + path.Replace('.', '_');
}
