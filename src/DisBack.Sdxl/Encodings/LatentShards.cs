using System.Security.Cryptography;
using System.Text.Json;
using DisBack.Diffusion.Files;
using DisBack.Specs.Data;
using DisBack.Specs.Files;

namespace DisBack.Sdxl.Encodings;

/// <summary>
/// Safetensors files that hold <c>latents</c> [n, C, h, w] already, scaled as the diffusion model knows them, with the embeddings of a caption for each, or
/// with the captions themselves: the field <c>captions</c> of the metadata, a JSON array of n texts.
/// </summary>
internal sealed class LatentShards : IDisposable
{
    /// <summary>Rows that are copied at a time.</summary>
    private const int Batch = 64;

    private const string Field = "captions";

    private readonly List<SafetensorsFile> _files = [];

    /// <param name="paths">The files, in their order.</param>
    /// <exception cref="DisBackException">One is damaged, or they do not belong together.</exception>
    public LatentShards(IReadOnlyList<string> paths)
    {
        try
        {
            var captions = new List<string>();
            foreach (var path in paths)
            {
                var file = SafetensorsFile.Open(path);
                _files.Add(file);
                if (!file.Entries.TryGetValue(DatasetFacts.Latents, out var latents) || !latents.Type.IsFloatingPoint() || latents.Shape is not [> 0, _, _, _])
                {
                    throw new DisBackException($"'{path}' has no tensor '{DatasetFacts.Latents}' [N, C, h, w]: name files of latents, or pictures.");
                }
                if (file.Metadata.GetValueOrDefault(Field) is { } texts)
                {
                    captions.AddRange(Captions(texts, (int)Math.Min(latents.Shape[0], int.MaxValue), path));
                }
                else if (!EmbeddingFacts.Read(file.Header, path).Count.Equals(latents.Shape[0]))
                {
                    throw new DisBackException($"'{path}' has another number of captions than of latents: give each latent one.");
                }
                var first = _files[0];
                if (file.Metadata.ContainsKey(Field) != first.Metadata.ContainsKey(Field) || Tensors(first).Any(name =>
                    !file.Entries[name].Shape.Skip(1).SequenceEqual(first.Entries[name].Shape.Skip(1))))
                {
                    throw new DisBackException($"'{path}' and '{first.Path}' have latents or captions of other forms: encode them apart.");
                }
            }
            Captioned = _files[0].Metadata.ContainsKey(Field) ? captions : null;
        }
        catch
        {
            Dispose();
            throw;
        }
    }

    /// <summary>The captions; null where the files have their embeddings.</summary>
    public IReadOnlyList<string>? Captioned { get; }

    /// <summary>Number of latents.</summary>
    public long Count => _files.Sum(file => file.Entries[DatasetFacts.Latents].Shape[0]);

    /// <summary>The tensors that are copied, in a type.</summary>
    public IReadOnlyDictionary<string, TensorEntry> Entries(ElementType type) => Tensors(_files[0]).ToDictionary(
        name => name, name => new TensorEntry(type, [Count, .. _files[0].Entries[name].Shape.Skip(1)]));

    /// <summary>The digest of the files, in their order.</summary>
    public string Digest(CancellationToken cancellation)
    {
        using var hash = IncrementalHash.CreateHash(HashAlgorithmName.SHA256);
        foreach (var file in _files)
        {
            hash.AppendData(Convert.FromHexString(EncodedFile.Address(file.Path, null, cancellation).Digest));
        }
        return Convert.ToHexStringLower(hash.GetHashAndReset());
    }

    /// <summary>Copies the rows.</summary>
    /// <exception cref="DisBackException">A value is no number in the type of the file.</exception>
    public void Write(SafetensorsRows output, ElementType type, Action<EncodingProgress>? progress, CancellationToken cancellation)
    {
        var done = 0L;
        foreach (var file in _files)
        {
            var count = file.Entries[DatasetFacts.Latents].Shape[0];
            for (var first = 0L; first < count; first += Batch)
            {
                cancellation.ThrowIfCancellationRequested();
                progress?.Invoke(new(EncodingPhase.Latents, done, Count));
                long[] rows = [.. Enumerable.Range(0, (int)Math.Min(Batch, count - first)).Select(i => first + i)];
                foreach (var name in Tensors(file))
                {
                    using var values = file.ReadRows(name, rows);
                    Finite.Write(output, name, values, type, $"'{name}' in '{file.Path}'");
                }
                done += rows.Length;
            }
        }
        progress?.Invoke(new(EncodingPhase.Latents, done, done));
    }

    /// <inheritdoc/>
    public void Dispose() => _files.ForEach(file => file.Dispose());

    private static IEnumerable<string> Tensors(SafetensorsFile file) =>
        file.Metadata.ContainsKey(Field) ? [DatasetFacts.Latents] : [DatasetFacts.Latents, EmbeddingFacts.Sequence, EmbeddingFacts.Pooled];

    private static string[] Captions(string texts, int count, string path)
    {
        try
        {
            if (JsonSerializer.Deserialize<string[]>(texts) is { } captions && captions.Length == count && captions.All(caption => caption is not null))
            {
                return captions;
            }
        }
        catch (Exception cause) when (cause is JsonException or InvalidOperationException)
        {
            // Said below, as of any other value.
        }
        throw new DisBackException($"'{Field}' in the metadata of '{path}' is no JSON array of {count:N0} texts: write one for each of the latents.");
    }
}
