using System.Security.Cryptography;
using System.Text;
using DisBack.Sdxl.Models;
using DisBack.Sdxl.Tokens;
using DisBack.Specs.Files;

namespace DisBack.Sdxl.Encodings;

/// <summary>Digests of the parts of a model, which tell whether something was encoded by the same.</summary>
internal static class ModelDigest
{
    private const int MostSettingsBytes = 1 << 20;

    /// <summary>The digest of the settings and the weights of a part, whichever files the weights are divided into.</summary>
    /// <param name="folder">The model.</param>
    /// <param name="part">The part.</param>
    /// <param name="cancellation">Looked at before each tensor.</param>
    public static string Of(ModelFolder folder, ModelPart part, CancellationToken cancellation)
    {
        using var hash = IncrementalHash.CreateHash(HashAlgorithmName.SHA256);
        hash.AppendData(RegularFile.ReadAllBytes(Path.Combine(folder.FolderOf(part.Folder), ModelFolder.Settings), MostSettingsBytes));
        using var weights = folder.WeightsOf(part, half: false);
        foreach (var (name, entry) in weights.Entries.OrderBy(entry => entry.Key, StringComparer.Ordinal))
        {
            cancellation.ThrowIfCancellationRequested();
            hash.AppendData(Encoding.UTF8.GetBytes($"\n{name} {entry.Type} [{string.Join(", ", entry.Shape)}]\n"));
            using var tensor = weights.Read(name);
            hash.AppendData(tensor.bytes);
        }
        return Convert.ToHexStringLower(hash.GetHashAndReset());
    }

    /// <summary>The digest of a tokenizer's files.</summary>
    public static string OfTokenizer(string folder)
    {
        using var hash = IncrementalHash.CreateHash(HashAlgorithmName.SHA256);
        foreach (var name in TokenizerFolder.Files)
        {
            var bytes = RegularFile.ReadAllBytes(Path.Combine(folder, name), TokenizerFolder.MostBytes);
            hash.AppendData(Encoding.UTF8.GetBytes($"{name} {bytes.Length}\n"));
            hash.AppendData(bytes);
        }
        return Convert.ToHexStringLower(hash.GetHashAndReset());
    }

    /// <summary>The digest of texts, which tells where one ends.</summary>
    public static string OfTexts(IReadOnlyList<string> texts)
    {
        using var hash = IncrementalHash.CreateHash(HashAlgorithmName.SHA256);
        foreach (var text in texts)
        {
            var bytes = Encoding.UTF8.GetBytes(text);
            hash.AppendData(BitConverter.GetBytes(bytes.Length));
            hash.AppendData(bytes);
        }
        return Convert.ToHexStringLower(hash.GetHashAndReset());
    }
}
