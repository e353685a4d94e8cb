using DisBack.Diffusion.Files.PyTorch;
using DisBack.Specs.Files;
using DisBack.Specs.Networks;

namespace DisBack.Diffusion.Files;

/// <summary>
/// Weights that other programs have written: safetensors, one file or several with an index, what torch.save writes, and snapshots of EDM's training.
/// </summary>
public static class WeightsFile
{
    /// <summary>What PyTorch's wrappers for several devices put before each name.</summary>
    private const string Wrapper = "module.";

    /// <summary>In a snapshot of EDM's training, the averaged network.</summary>
    private const string Averaged = "ema.";

    /// <summary>In a node of the paths that DisBack's reference code writes, the fake score, beside the teacher and a classifier.</summary>
    public const string FakeScore = "fake_unet.";

    /// <summary>Opens a file, whose first bytes say what it is, or the index of several by its name; the caller disposes it.</summary>
    /// <param name="path">The file.</param>
    /// <param name="prefix">
    /// Only tensors whose names begin with it take part, under the rest of their name; null is all of them, and in a snapshot of EDM's the averaged network.
    /// </param>
    /// <returns>The tensors, with the network's settings as metadata where the file tells them.</returns>
    /// <exception cref="DisBackException">The file cannot be read, is damaged, names something that is no data, or no tensor begins so.</exception>
    public static TensorFile Open(string path, string? prefix = null)
    {
        TensorFile file = ShardedFile.IsIndex(path) ? ShardedFile.Open(path) : IsTorch(path) ? TorchFile.Open(path) : SafetensorsFile.Open(path);
        try
        {
            var networks = (file as TorchFile)?.Networks ?? new Dictionary<string, string>();
            prefix ??= networks.ContainsKey(Averaged.TrimEnd('.')) ? Averaged : "";
            // Around all that was saved, before the part that is asked for; one around that part comes below.
            if (prefix.Length > 0 && !prefix.StartsWith(Wrapper, StringComparison.Ordinal)
                && file.Entries.Keys.All(name => name.StartsWith(Wrapper, StringComparison.Ordinal)))
            {
                prefix = Wrapper + prefix;
            }
            if (!file.Entries.Keys.Any(name => name.StartsWith(prefix, StringComparison.Ordinal)))
            {
                throw new DisBackException($"No tensor of '{path}' begins with '{prefix}': the first is '{file.Entries.Keys.First()}'.");
            }
            var settings = networks.GetValueOrDefault(prefix.TrimEnd('.'));
            if (file.Entries.Keys.Where(name => name.StartsWith(prefix, StringComparison.Ordinal))
                .All(name => name.AsSpan(prefix.Length).StartsWith(Wrapper, StringComparison.Ordinal)))
            {
                prefix += Wrapper;
            }
            return prefix.Length == 0 && settings is null
                ? file
                : RenamedTensors.Under(file, prefix, settings is null ? null : NetworkMetadata.OfJson(settings));
        }
        catch
        {
            file.Dispose();
            throw;
        }
    }

    /// <summary>Opens a file as <see cref="Open"/> does; of a node of the paths that DisBack's reference code writes, the fake score.</summary>
    /// <inheritdoc cref="Open" path="/param[@name='path']"/>
    /// <inheritdoc cref="Open" path="/exception"/>
    public static TensorFile OpenStudent(string path)
    {
        var file = Open(path);
        if (!file.Entries.Keys.Any(name => name.StartsWith(FakeScore, StringComparison.Ordinal)))
        {
            return file;
        }
        file.Dispose();
        return Open(path, FakeScore);
    }

    private static bool IsTorch(string path)
    {
        using var file = RegularFile.Open(path);
        Span<byte> beginning = stackalloc byte[SafetensorsHeader.PrefixBytes + 1];
        beginning = beginning[..file.ReadAtLeast(beginning, beginning.Length, throwOnEndOfStream: false)];
        return TorchFile.Begins(beginning) && !SafetensorsHeader.Begins(beginning, file.Length);
    }
}
