using DisBack.Sdxl.Configuration;

namespace DisBack.Sdxl.Adapters;

/// <summary>What is said of a part's alphas outside of the tensors: in the header of a file of diffusers, or in peft's file beside it.</summary>
internal sealed class LoraSettings
{
    /// <summary>Where diffusers keeps the settings of each part, as JSON with the part's name before each key.</summary>
    public const string HeaderKey = "lora_adapter_metadata";

    /// <summary>The file beside peft's own.</summary>
    public const string PeftFile = "adapter_config.json";

    private double? _alpha;
    private bool _rankStabilised;

    private LoraSettings()
    {
    }

    /// <summary>Nothing is said: alpha is the rank.</summary>
    public static LoraSettings None { get; } = new();

    /// <summary>Alphas of single modules, by their paths or the ends of them.</summary>
    public IReadOnlyDictionary<string, double> Patterns { get; private init; } = new Dictionary<string, double>();

    /// <summary>Reads what is said of one part.</summary>
    /// <param name="config">The settings.</param>
    /// <param name="prefix">What is before each key.</param>
    /// <exception cref="DisBackException">They are damaged or those of another family.</exception>
    public static LoraSettings Read(ConfigReader config, string prefix)
    {
        config.Only(prefix + "use_dora", false);
        var alpha = config.Double(prefix + "lora_alpha", double.NaN);
        return new LoraSettings
        {
            _alpha = double.IsNaN(alpha) ? null : alpha,
            _rankStabilised = config.Bool(prefix + "use_rslora", false),
            Patterns = config.Numbers(prefix + "alpha_pattern"),
        };
    }

    /// <summary>Whether a key of <see cref="Patterns"/> means a module.</summary>
    public static bool Means(string pattern, string path)
    {
        // One alone: with any number of them a file could have any number of keys for one module.
        pattern = pattern.StartsWith('^') ? pattern[1..] : pattern;
        return path.EndsWith(pattern, StringComparison.Ordinal) && (path.Length == pattern.Length || path[^(pattern.Length + 1)] == '.');
    }

    /// <summary>What the product of a module's factors is multiplied by.</summary>
    public double ScaleOf(string path, long rank)
    {
        var alpha = Patterns.FirstOrDefault(pattern => Means(pattern.Key, path), new(path, _alpha ?? rank)).Value;
        // rsLoRA, arXiv 2312.03732.
        return alpha / (_rankStabilised ? Math.Sqrt(rank) : rank);
    }
}
