using System.Security.Cryptography;
using DisBack.Diffusion.Files;
using DisBack.Specs.Files;

namespace DisBack.Sdxl.Encodings;

/// <summary>A file that was encoded.</summary>
/// <param name="Count">How many rows it has.</param>
/// <param name="Content">Its bytes, as a content store addresses them.</param>
/// <param name="WasThere">Whether a file of the same inputs was there already, and nothing was done.</param>
/// <param name="Notes">What somebody should know of the inputs, a sentence each.</param>
public sealed record EncodedFile(long Count, ContentRef Content, bool WasThere, IReadOnlyList<string> Notes)
{
    private const int BlockBytes = 1 << 20;

    /// <summary>Whether a file is there that was made of the same inputs, in the same form.</summary>
    internal static bool IsThere(string path, IReadOnlyDictionary<string, TensorEntry> tensors, IReadOnlyDictionary<string, string> metadata)
    {
        if (!RegularFile.Is(path))
        {
            return false;
        }
        try
        {
            using var file = SafetensorsFile.Open(path);
            return file.Entries.Count == tensors.Count && tensors.All(tensor => file.Entries.TryGetValue(tensor.Key, out var entry)
                    && entry.Type == tensor.Value.Type && entry.Shape.SequenceEqual(tensor.Value.Shape))
                && metadata.All(field => file.Metadata.GetValueOrDefault(field.Key) == field.Value);
        }
        catch (DisBackException)
        {
            // Whatever it is, it is replaced.
            return false;
        }
    }

    /// <summary>The address of a file's bytes.</summary>
    internal static ContentRef Address(string path, Action<EncodingProgress>? progress, CancellationToken cancellation)
    {
        using var file = RegularFile.Open(path, options: FileOptions.SequentialScan);
        using var hash = IncrementalHash.CreateHash(HashAlgorithmName.SHA256);
        var block = new byte[BlockBytes];
        var done = 0L;
        while (file.Read(block) is > 0 and var read)
        {
            cancellation.ThrowIfCancellationRequested();
            hash.AppendData(block, 0, read);
            done += read;
            progress?.Invoke(new(EncodingPhase.Digest, done, file.Length));
        }
        return new(Convert.ToHexStringLower(hash.GetHashAndReset()), done);
    }
}
