using System.Collections.Immutable;
using System.Globalization;
using System.Security.Cryptography;
using System.Text;
using System.Text.Json.Serialization;
using System.Text.RegularExpressions;

namespace DisBack.Contracts.Documents;

/// <summary>
/// The files of a model that draws pictures of prompts, by their digests: a folder of SDXL's kind as diffusers lays it out, without what is not read. A worker
/// makes the folder again from its contents, so the paths here are checked like those of an archive that a stranger packed.
/// </summary>
[GenerateSerializer, Immutable, Alias("disback.ModelManifest.v1")]
public sealed partial record ModelManifest
{
    /// <summary>The file that says what the parts of a model are.</summary>
    public const string Index = "model_index.json";

    private const int MostFiles = 512, MostAdapters = 64, LongestName = 200;

    /// <summary>The most bytes of a model; SDXL's kind has 14 GB in 32 bits.</summary>
    private const long MostBytes = 64L << 30;

    /// <summary>Files of the folder.</summary>
    [Id(0)] public ImmutableArray<ModelFile> Files { get; init; } = [];

    /// <summary>Other weights for the denoiser than those of the folder; null for none.</summary>
    [Id(1), JsonPropertyName("unet")] public ModelFile? UNet { get; init; }

    /// <summary>Low-rank adapters that are added, in this order.</summary>
    [Id(2)] public ImmutableArray<ModelAdapter> Adapters { get; init; } = [];

    /// <summary>Whether adapters are computed beside the weights instead of being merged into them.</summary>
    [Id(3)] public bool KeepsAdapters { get; init; }

    /// <summary>Everything that it names.</summary>
    public IEnumerable<ContentRef> Contents() =>
        Files.Select(file => file.Content).Concat(UNet is { } unet ? [unet.Content] : []).Concat(Adapters.Select(adapter => adapter.Content));

    /// <summary>SHA-256 over all that it says, whatever the order of its files: models that agree on it draw the same.</summary>
    public string Digest()
    {
        var lines = Files.OrderBy(file => file.Path, StringComparer.Ordinal).Select(file => $"file {file.Path} {file.Content.Digest}")
            .Append($"unet {UNet?.Content.Digest} {UNet?.Path}")
            .Concat(Adapters.Select(adapter => string.Create(
                CultureInfo.InvariantCulture, $"adapter {adapter.Content.Digest} {adapter.Strength:R} {adapter.Name}")))
            .Append($"keeps {KeepsAdapters}");
        return Convert.ToHexStringLower(SHA256.HashData(Encoding.UTF8.GetBytes(string.Join('\n', lines))));
    }

    /// <summary>Refuses a manifest that no program of DisBack writes: a path that leaves the folder above all.</summary>
    /// <exception cref="DisBackException">It is refused; the message names the file.</exception>
    public void Check()
    {
        if (Files.IsDefault || Adapters.IsDefault || Files.Length > MostFiles || Adapters.Length > MostAdapters)
        {
            throw new DisBackException($"A model has up to {MostFiles} files and {MostAdapters} adapters; add it with 'disback model add', which lists them.");
        }
        foreach (var file in Files)
        {
            if (file is not { Path: { } path, Content: not null } || !KnownPath().IsMatch(path))
            {
                throw new DisBackException($"'{file?.Path}' is no file of a model: beside {Index} there are scheduler, tokenizer, tokenizer_2, unet, vae, "
                    + "text_encoder and text_encoder_2 with the files that diffusers writes there; add the model with 'disback model add', which lists them.");
            }
            Check(file.Content, path);
        }
        if (Files.GroupBy(file => file.Path, StringComparer.Ordinal).FirstOrDefault(same => same.Count() > 1) is { } twice)
        {
            throw new DisBackException($"The model has two files '{twice.Key}'; leave one of them out.");
        }
        if (Files.All(file => file.Path != Index))
        {
            throw new DisBackException($"The model has no file {Index}; add it with 'disback model add', which lists what is needed.");
        }
        foreach (var (name, content) in Adapters.Select(adapter => (adapter?.Name, adapter?.Content)).Concat(
            UNet is { } unet ? [(unet.Path, unet.Content)] : Array.Empty<(string?, ContentRef?)>()))
        {
            if (name is not { Length: > 0 and <= LongestName } || content is null || name.Any(letter => char.IsControl(letter) || letter is '/' or '\\'))
            {
                throw new DisBackException($"'{name}' is no name of a file that is added to a model: give its name alone, without a folder.");
            }
            Check(content, name);
        }
        if (Adapters.Any(adapter => !double.IsFinite(adapter.Strength)))
        {
            throw new DisBackException("The strength of an adapter is not finite; give a number, 1 is as it was trained.");
        }
        // In a wider type than each is, so that no sum of lengths that somebody made up comes out small.
        if (Contents().Aggregate((Int128)0, (sum, content) => sum + content.Length) is var all && all > MostBytes)
        {
            throw new DisBackException($"The model has {all:N0} bytes where at most {MostBytes:N0} are taken; leave out what it does not need.");
        }
    }

    private static void Check(ContentRef content, string name)
    {
        if (content is not { Digest: { Length: 64 } digest, Length: > 0 } || !digest.All(char.IsAsciiHexDigitLower))
        {
            throw new DisBackException($"The content of '{name}' is none: give the SHA-256 of its bytes, 64 lower-case hexadecimal digits, and their number.");
        }
    }

    // \z and not $, which would let a line break pass at the end.
    [GeneratedRegex("""
        ^(?:model_index\.json|scheduler/scheduler_config\.json
        |tokenizer(?:_2)?/(?:vocab\.json|merges\.txt|special_tokens_map\.json|tokenizer_config\.json)
        |(?:unet|vae|text_encoder(?:_2)?)/[A-Za-z0-9][A-Za-z0-9._-]{0,150}\.(?:json|safetensors|bin))\z
        """, RegexOptions.IgnorePatternWhitespace | RegexOptions.CultureInvariant)]
    private static partial Regex KnownPath();
}
