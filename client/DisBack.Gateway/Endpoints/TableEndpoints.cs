using DisBack.Client.Http;
using DisBack.Contracts.Queries;
using DisBack.ReadModel;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Routing;

namespace DisBack.Gateway.Endpoints;

/// <summary>Questions to the tables.</summary>
internal static class TableEndpoints
{
    private const int UsualPage = 100;

    public static void Map(RouteGroupBuilder api)
    {
        api.MapGet(Api.Tables, (DocumentReadModel tables, CancellationToken cancellation) => tables.TablesAsync(cancellation));
        api.MapGet(
            $"{Api.Tables}/{{table:maxlength(100)}}",
            (
                DocumentReadModel tables, string table, string? where, string? sort, string? columns, string? after, long? offset, int? limit,
                CancellationToken cancellation) => tables.QueryAsync(
                    new RowQuery(table)
                    {
                        Where = where,
                        Sort = RowQuery.NamesIn(sort),
                        Columns = RowQuery.NamesIn(columns),
                        After = after,
                        Offset = offset ?? 0,
                        Limit = limit ?? UsualPage,
                    },
                    cancellation));
    }
}
