using System.Runtime.CompilerServices;
using DisBack.Contracts.Queries;

namespace DisBack.Cli.Tables;

/// <summary>Asks for one page after another.</summary>
internal static class TablePages
{
    /// <summary>The pages of an answer.</summary>
    /// <param name="queries">Who answers.</param>
    /// <param name="query">The question.</param>
    /// <param name="most">Rows in all; null is every one.</param>
    /// <param name="cancellation">Stops the reading.</param>
    public static async IAsyncEnumerable<RowPage> ReadAsync(
        IRowQueries queries, RowQuery query, int? most, [EnumeratorCancellation] CancellationToken cancellation)
    {
        var left = most ?? int.MaxValue;
        do
        {
            var page = await queries.QueryAsync(query with { Limit = Math.Min(left, RowQuery.LargestPage) }, cancellation);
            yield return page;
            left -= page.Rows.Count;
            query = query with { After = page.Next };
        }
        while (query.After is not null && left > 0);
    }
}
