using System.Text.Json;
using DisBack.Client;
using DisBack.Client.Curves;
using DisBack.Client.Http;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Mvc;
using Microsoft.AspNetCore.Routing;

namespace DisBack.Gateway.Endpoints;

/// <summary>Curves of many runs for a chart.</summary>
internal static class CurveEndpoints
{
    private static readonly Dictionary<string, PlaceKind> s_places =
        Enum.GetValues<PlaceKind>().ToDictionary(kind => JsonNamingPolicy.KebabCaseLower.ConvertName(kind.ToString()));

    public static void Map(RouteGroupBuilder api) => api.MapGet(
        Api.Curves,
        (
            BlobArchive archive,
            [FromQuery] string[]? run,
            [FromQuery] string[]? metric,
            int? points,
            string? by,
            double? @from,
            double? to,
            CancellationToken cancellation) => archive.CurvesAsync(
            new CurveQuery(run ?? [], metric ?? [])
            {
                From = @from ?? double.NegativeInfinity,
                To = to ?? double.PositiveInfinity,
                Parts = points ?? CurveQuery.UsualParts,
                By = by is null ? PlaceKind.Step
                    : s_places.TryGetValue(by, out var kind) ? kind
                    : throw new DisBackException($"There is no place '{by}'; by is one of {string.Join(", ", s_places.Keys)}."),
            },
            cancellation));
}
