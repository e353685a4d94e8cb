using System.Text.Json.Nodes;
using DisBack.Diffusion.Files;
using DisBack.Diffusion.Networks;
using DisBack.Specs.Files;
using DisBack.Specs.Networks;
using static TorchSharp.torch;

namespace DisBack.Distillation;

/// <summary>
/// A score network as a file: safetensors with the network's settings as metadata. Teachers, trajectory nodes and students are such files, and
/// their tensors have the names of EDM's <c>ema.state_dict()</c>.
/// </summary>
public static class NetworkFile
{
    /// <summary>Parameters and buffers under their names: what the file of this network holds. Live tensors, in the caller's dispose scope.</summary>
    public static IReadOnlyList<(string Name, Tensor Value)> TensorsOf(Denoiser network) => [.. network.State()];

    /// <summary>Builds the network of a file and loads its weights by exact key, shape and type; the caller disposes it.</summary>
    public static Denoiser Open(string path)
    {
        using var file = SafetensorsFile.Open(path);
        return Read(file);
    }

    /// <summary>Builds the network of an open file and loads its weights; the caller disposes it.</summary>
    public static Denoiser Read(SafetensorsFile file)
    {
        var settings = NetworkMetadata.Read(file.Metadata, file.Path);
        var network = Create(file, settings);
        LoadOrDispose(file, network, TensorsOf(network), MayBeHalf(settings));
        return network;
    }

    /// <summary>Builds a network of adapters and loads them; the caller disposes it.</summary>
    /// <param name="file">The adapters.</param>
    /// <param name="whole">The network whose weights they adapt.</param>
    /// <param name="held">What the network disposes of with itself: whatever keeps those weights.</param>
    /// <exception cref="DisBackException">The file holds no adapters of this network.</exception>
    public static Denoiser ReadAdapters(SafetensorsFile file, Denoiser whole, IDisposable held)
    {
        var adapters = AdaptersIn(file, whole.Settings);
        var network = whole.WithAdapters(adapters, init: null, held);
        LoadOrDispose(file, network, TensorsOf(network));
        return network;
    }

    /// <summary>What a file says of the network that it holds.</summary>
    public static Dictionary<string, string> MetadataOf(Denoiser network) => MetadataOf(network.Settings);

    /// <summary>The adapters that a file holds, as it says.</summary>
    /// <param name="file">The file.</param>
    /// <param name="whole">The network that they must be of.</param>
    /// <exception cref="DisBackException">The file holds no adapters of this network.</exception>
    public static AdapterSettings AdaptersIn(TensorFile file, NetworkSettings whole) =>
        whole is TextUnetSettings texts && NetworkMetadata.IsTold(file.Metadata)
            && NetworkMetadata.Read(file.Metadata, file.Path) is TextUnetSettings { Adapter: { } adapters } settings
            && (settings with { Adapter = null, SampleSize = texts.SampleSize }).ToJson() == (texts with { Adapter = null }).ToJson()
                ? adapters
                : throw new DisBackException($"'{file.Path}' holds no adapters of the teacher's network: take a file that a run with 'adapters' has left.");

    /// <summary>
    /// Writes weights that others have made as a file of a network: those of networks of texts and of adapters in their own types and tensor by tensor,
    /// others in float32.
    /// </summary>
    /// <param name="weights">The weights; those of adapters say in their metadata what they are.</param>
    /// <param name="network">The network.</param>
    /// <param name="path">Where to.</param>
    /// <exception cref="DisBackException">The weights are not those of the network, or a number is not finite.</exception>
    public static void Rewrite(TensorFile weights, NetworkSettings network, string path)
    {
        if (network is not TextUnetSettings texts)
        {
            using var imported = Import(weights, network).Network;
            SafetensorsFile.Write(path, TensorsOf(imported), MetadataOf(network));
            return;
        }
        if (texts.Adapter is not { } adapters)
        {
            RefuseAdapters(weights);
        }
        else if (AdaptersIn(weights, texts) is var given && (given.Rank, given.Scale) != (adapters.Rank, adapters.Scale))
        {
            throw new DisBackException($"'{weights.Path}' holds adapters of rank {given.Rank} and alpha {given.Alpha ?? given.Rank} where those of rank "
                + $"{adapters.Rank} and alpha {adapters.Alpha ?? adapters.Rank} are needed: take a file of such adapters.");
        }
        using var shapes = Denoiser.OfShapes(texts);
        StrictCopy.Write(path, weights, TensorsOf(shapes), MetadataOf(texts));
    }

    private static Dictionary<string, string> MetadataOf(NetworkSettings network)
    {
        var metadata = NetworkMetadata.Of(network);
        if (network is TextUnetSettings { Adapter: { } adapters })
        {
            // As diffusers says it, for other programs that read LoRAs.
            var settings = new JsonObject { ["unet.r"] = adapters.Rank, ["unet.lora_alpha"] = adapters.Alpha ?? adapters.Rank };
            metadata["lora_adapter_metadata"] = settings.ToJsonString();
        }
        return metadata;
    }

    /// <summary>Builds the network of weights that others have made: other widths of floating point are converted, and every number must be finite.</summary>
    /// <param name="file">The weights.</param>
    /// <param name="settings">The network; null where the file says it.</param>
    /// <returns>The network, which the caller disposes, and the types that were converted to float32.</returns>
    /// <exception cref="DisBackException">The file is not that of the network, or a tensor has a number that is not finite.</exception>
    public static (Denoiser Network, IReadOnlyList<ElementType> Converted) Import(TensorFile file, NetworkSettings? settings)
    {
        RefuseAdapters(file);
        var network = Create(file, settings ?? NetworkMetadata.Read(file.Metadata, file.Path));
        try
        {
            using var scope = NewDisposeScope();
            var tensors = TensorsOf(network);
            StrictLoading.Load(file, tensors, convert: true);
            foreach (var (name, value) in tensors)
            {
                if (value.is_floating_point() && !value.isfinite().all().item<bool>())
                {
                    throw new DisBackException($"Tensor '{name}' of '{file.Path}' has a number that is not finite: the weights are of a training that failed, "
                        + "take earlier ones.");
                }
            }
        }
        catch
        {
            network.Dispose();
            throw;
        }
        return (network, [.. file.Entries.Values.Select(entry => entry.Type).Where(type => type.IsFloatingPoint() && type != ElementType.F32).Distinct()]);
    }

    private static void RefuseAdapters(TensorFile file)
    {
        if (file.Entries.Keys.Any(name => name.Contains(".lora_A.", StringComparison.Ordinal)))
        {
            throw new DisBackException($"'{file.Path}' holds adapters of a model and no network: name a file with all weights.");
        }
    }

    /// <summary>
    /// A network with fresh weights, if the file is anywhere near as large: its metadata may claim anything, and memory is taken next. What is missing of
    /// a file is named by its loading.
    /// </summary>
    private static Denoiser Create(TensorFile file, NetworkSettings settings)
    {
        settings.Validate();
        if (settings is TextUnetSettings { Adapter: not null })
        {
            throw new DisBackException($"'{file.Path}' holds adapters of a model and no network: draw with 'disback sample --model DIR --lora {file.Path}'.");
        }
        RequireNumbers(file, settings.Size.Parameters);
        return Denoiser.ForLoading(settings);
    }

    /// <summary>Refuses a file that is far smaller than the network that it claims to hold.</summary>
    internal static void RequireNumbers(TensorFile file, long parameters)
    {
        var numbers = file.Entries.Values.Sum(entry => entry.Elements);
        if (parameters / 2 > numbers)
        {
            throw new DisBackException($"'{file.Path}' holds {numbers:N0} numbers where its network has {parameters:N0} parameters: the file belongs to a "
                + "network with other settings.");
        }
    }

    /// <summary>Loads the tensors of a network that was made for the file, which is disposed of if they do not fit.</summary>
    internal static void LoadOrDispose(SafetensorsFile file, nn.Module network, IEnumerable<(string Name, Tensor Value)> state, bool convert = false)
    {
        try
        {
            using var scope = NewDisposeScope();
            StrictLoading.Load(file, [.. state], convert: convert);
        }
        catch
        {
            network.Dispose();
            throw;
        }
    }

    /// <summary>Loads weights and buffers over those of a network, by exact key, shape and type.</summary>
    public static void Load(SafetensorsFile file, Denoiser network)
    {
        using var scope = NewDisposeScope();
        StrictLoading.Load(file, TensorsOf(network), convert: MayBeHalf(network.Settings));
    }

    /// <summary>Networks of latents are published in 16 bits, and kept so: each number is one of float32 as well.</summary>
    private static bool MayBeHalf(NetworkSettings settings) => settings is TextUnetSettings;
}
