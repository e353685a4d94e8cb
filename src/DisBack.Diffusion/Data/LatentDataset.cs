using DisBack.Diffusion.Conditions;
using DisBack.Diffusion.Files;
using DisBack.Diffusion.Randomness;
using DisBack.Specs.Data;
using DisBack.Specs.Networks;
using static TorchSharp.torch;

namespace DisBack.Diffusion.Data;

/// <summary>
/// Latents of pictures with the embeddings of their captions, in a file that may be larger than memory: a row is read when it is asked for.
/// </summary>
public sealed class LatentDataset : IDisposable
{
    private readonly RowFile<DatasetFacts> _file;
    private readonly EpochOrder _order;

    private LatentDataset(RowFile<DatasetFacts> file) => (_file, _order) = (file, new(file.Facts.Count));

    /// <summary>What the file holds.</summary>
    public DatasetFacts Facts => _file.Facts;

    /// <summary>The shape of the latents of one picture.</summary>
    public SampleShape Shape => new(Facts.Channels, Facts.Resolution, Facts.Resolution);

    /// <summary>Opens a file; nothing but its header is read.</summary>
    /// <param name="path">The file.</param>
    /// <param name="lease">What keeps the file while it is read, owned from now on; null if nothing need.</param>
    /// <exception cref="DisBackException">It is no file of latents.</exception>
    public static LatentDataset Open(string path, IDisposable? lease = null) => new(RowFile<DatasetFacts>.Open(path, lease, DatasetFacts.ReadLatents));

    /// <summary>The batch of one step, in the order in which images are seen, too (<see cref="ImageDataset.Batch"/>).</summary>
    /// <param name="streams">The randomness of the run.</param>
    /// <param name="step">The step, from 0.</param>
    /// <param name="size">Latents per batch, the same for every step of a run.</param>
    /// <returns>Latents float32 [size,C,h,w] as the diffusion model knows them, and their captions in the type of the file; on the CPU.</returns>
    public (Tensor Latents, EmbeddingCondition Captions) Batch(RandomStreams streams, long step, long size)
    {
        var rows = _order.Batch(streams, step, size);
        using var scope = NewDisposeScope();
        var latents = _file.Read(DatasetFacts.Latents, rows).to(float32).MoveToOuterDisposeScope();
        var captions = EmbeddingConditions.Rows(_file, rows);
        foreach (var part in captions.Parts)
        {
            part.MoveToOuterDisposeScope();
        }
        return (latents, captions);
    }

    /// <inheritdoc/>
    public void Dispose() => _file.Dispose();
}
