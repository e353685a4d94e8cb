using DisBack.Diffusion.Files;
using static TorchSharp.torch;

namespace DisBack.Diffusion.Features;

/// <summary>
/// The tensors of a feature network's file, which the network takes one by one as it is built. Each must be there in exactly the shape that the
/// network names, which is compared with the header before memory is allocated, and each must be finite.
/// </summary>
/// <param name="file">The open file.</param>
/// <param name="device">Where the network runs.</param>
internal sealed class FeatureWeights(SafetensorsFile file, Device device)
{
    private readonly HashSet<string> _taken = new(StringComparer.Ordinal);

    /// <summary>One float32 tensor, which belongs to the caller.</summary>
    /// <exception cref="DisBackException">The file has no such tensor, or it is of another shape or type, or a number in it is NaN or infinite.</exception>
    public Tensor Take(string name, params long[] shape)
    {
        file.RequireMatch(name, shape, ScalarType.Float32);
        _taken.Add(name);
        using var scope = NewDisposeScope();
        var values = file.Read(name);
        if (!values.isfinite().all().item<bool>())
        {
            throw new DisBackException($"Tensor '{name}' of '{file.Path}' has values that are NaN or infinite: the file is damaged or its training "
                + "diverged, so fetch or make it again.");
        }
        return values.to(device).MoveToOuterDisposeScope();
    }

    /// <summary>Refuses a file with tensors that nobody took.</summary>
    /// <param name="mayRemain">The names of tensors that the network has no use for; null where there are none.</param>
    /// <exception cref="DisBackException">Such a tensor is there; the message names it.</exception>
    public void RequireAllTaken(Func<string, bool>? mayRemain = null)
    {
        if (file.Entries.Keys.FirstOrDefault(name => !_taken.Contains(name) && mayRemain?.Invoke(name) != true) is { } unknown)
        {
            throw new DisBackException(
                $"Tensor '{unknown}' of '{file.Path}' has no place in this network: the file belongs to a network with other settings.");
        }
    }
}
