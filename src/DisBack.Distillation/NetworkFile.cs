using DisBack.Diffusion.Files;
using DisBack.Diffusion.Networks;
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
        using var init = new Generator(0);
        var network = Denoiser.Create(NetworkMetadata.Read(file.Metadata, file.Path), init);
        Load(file, network);
        return network;
    }

    /// <summary>Loads weights and buffers over those of a network, by exact key, shape and type.</summary>
    public static void Load(SafetensorsFile file, Denoiser network)
    {
        using var scope = NewDisposeScope();
        StrictLoading.Load(file, TensorsOf(network));
    }
}
