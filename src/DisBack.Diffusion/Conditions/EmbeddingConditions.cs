using DisBack.Diffusion.Files;
using DisBack.Specs.Data;
using static TorchSharp.torch;

namespace DisBack.Diffusion.Conditions;

/// <summary>
/// Prompts in a file of embeddings (<see cref="EmbeddingFacts"/>), uniformly drawn. The file may be larger than memory: a row is read when it is asked for. A
/// condition has the parts of the file under their names, in the type of the file.
/// </summary>
public sealed class EmbeddingConditions : IConditionSource, IDisposable
{
    private static readonly string[] s_parts = [EmbeddingFacts.Sequence, EmbeddingFacts.Pooled];

    private readonly RowFile<EmbeddingFacts> _file;

    private EmbeddingConditions(RowFile<EmbeddingFacts> file) => _file = file;

    /// <summary>What the file holds.</summary>
    public EmbeddingFacts Facts => _file.Facts;

    /// <summary>Opens a file; nothing but its header is read.</summary>
    /// <param name="path">The file.</param>
    /// <param name="lease">What keeps the file while it is read, owned from now on; null if nothing need.</param>
    /// <exception cref="DisBackException">It is no file of embeddings.</exception>
    public static EmbeddingConditions Open(string path, IDisposable? lease = null) => new(RowFile<EmbeddingFacts>.Open(path, lease, EmbeddingFacts.Read));

    /// <inheritdoc/>
    public Condition Draw(long count, Generator generator)
    {
        using var drawn = randint(0, Facts.Count, [count], int64, generator: generator);
        return Rows(_file, drawn.data<long>().ToArray());
    }

    /// <inheritdoc/>
    public Condition InTurn(long first, long count)
    {
        var rows = new long[count];
        for (var i = 0; i < count; i++)
        {
            rows[i] = (first + i) % Facts.Count;
        }
        return Rows(_file, rows);
    }

    /// <summary>Zeros.</summary>
    /// <inheritdoc/>
    public Condition Null(long count) => new EmbeddingCondition(s_parts.ToDictionary(name => name, name =>
    {
        var entry = _file[name];
        return zeros([count, .. entry.Shape.Skip(1)], entry.Type.Scalar());
    }));

    /// <inheritdoc/>
    public void Dispose() => _file.Dispose();

    /// <summary>Rows of a file of embeddings, in the order in which they are asked for.</summary>
    internal static EmbeddingCondition Rows<TFacts>(RowFile<TFacts> file, IReadOnlyList<long> rows) =>
        new(s_parts.ToDictionary(name => name, name => file.Read(name, rows)));
}
