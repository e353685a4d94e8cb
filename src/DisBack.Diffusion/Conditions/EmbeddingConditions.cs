using static TorchSharp.torch;

namespace DisBack.Diffusion.Conditions;

/// <summary>Rows of a table of embeddings, for example of a list of prompts, uniformly drawn.</summary>
public sealed class EmbeddingConditions : IConditionSource
{
    private readonly IReadOnlyDictionary<string, Tensor> _table;
    private readonly IReadOnlyDictionary<string, Tensor> _none;
    private readonly long _rows;

    /// <summary>A source over tables that the caller keeps.</summary>
    /// <param name="table">By name, tensors [rows,...] on the CPU.</param>
    /// <param name="none">By the same names, the embedding that means no condition, [1,...] each: zeros, or the encoding of the empty text.</param>
    /// <exception cref="DisBackException">Names, numbers of rows or shapes do not agree.</exception>
    public EmbeddingConditions(IReadOnlyDictionary<string, Tensor> table, IReadOnlyDictionary<string, Tensor> none)
    {
        (_table, _none) = (table, none);
        _rows = table.Values.First().shape[0];
        foreach (var (name, rows) in table)
        {
            if (rows.shape[0] != _rows || _rows == 0)
            {
                throw new DisBackException($"The embeddings '{name}' have {rows.shape[0]} rows where the others have {_rows}: give every prompt one "
                    + "row in each table.");
            }

            if (!none.TryGetValue(name, out var empty) || !empty.shape.SequenceEqual([1, .. rows.shape[1..]]))
            {
                throw new DisBackException($"There is no null embedding for '{name}' of its shape [1, {string.Join(", ", rows.shape[1..])}]: give one, "
                    + "guidance needs it.");
            }
        }
    }

    /// <inheritdoc/>
    public Condition Draw(long count, Generator generator)
    {
        using var index = randint(0, _rows, [count], int64, generator: generator);
        return Rows(index);
    }

    /// <inheritdoc/>
    public Condition InTurn(long first, long count)
    {
        using var numbers = arange(first, first + count, int64);
        using var index = numbers.remainder(_rows);
        return Rows(index);
    }

    /// <inheritdoc/>
    public Condition Null(long count) =>
        new EmbeddingCondition(_none.ToDictionary(pair => pair.Key, pair => pair.Value.expand([count, .. pair.Value.shape[1..]])));

    private EmbeddingCondition Rows(Tensor index) => new(_table.ToDictionary(pair => pair.Key, pair => pair.Value.index_select(0, index)));
}
