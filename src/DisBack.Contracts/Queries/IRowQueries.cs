namespace DisBack.Contracts.Queries;

/// <summary>Answers questions about runs, trajectories and all that belongs to them, from their stored documents and without waking a grain.</summary>
public interface IRowQueries
{
    /// <summary>One page of the rows that a question asks for.</summary>
    /// <exception cref="DisBackException">A name is unknown or the filter is wrong; the message says where and what there is.</exception>
    Task<RowPage> QueryAsync(RowQuery query, CancellationToken cancellation = default);

    /// <summary>The tables there are, with their columns.</summary>
    Task<IReadOnlyList<RowTable>> TablesAsync(CancellationToken cancellation = default);
}
