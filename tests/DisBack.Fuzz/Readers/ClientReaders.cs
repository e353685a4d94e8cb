using System.Text;
using System.Text.Json;
using DisBack.Client;
using DisBack.Client.Http;
using DisBack.Contracts.Documents;
using DisBack.Contracts.Grains;
using DisBack.Fuzz.Inputs;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Hosting;
using Microsoft.Extensions.Logging;

namespace DisBack.Fuzz.Readers;

/// <summary>What a client makes of the answers of something that need not be a gateway.</summary>
internal static class ClientReaders
{
    private static readonly RunId s_run = RunId.Teacher("fuzz");

    public static IEnumerable<Reader> All =>
    [
        Answer("client-document", "application/json", 200, Documents, client => client.TeacherAsync("fuzz")),
        Answer("client-list", "application/json", 200, Pages, client => client.RunsAsync()),
        Answer("client-metrics", "application/json", 200, Metrics, client => client.MetricsAsync(s_run)),
        Answer("client-problem", "application/problem+json", 400, Problems, client => client.WhyAsync(s_run)),
        Answer("client-events", "text/event-stream", 200, Events, async client =>
        {
            await foreach (var _ in client.WatchAsync(s_run))
            {
            }
        }),
    ];

    private static Reader Answer(string name, string type, int status, Func<IReadOnlyList<byte[]>> seeds, Func<ClusterClient, Task> ask) =>
        new(name, 1, seeds, TextMutation.Of, _ =>
        {
            var (answer, asked) = (Array.Empty<byte>(), 0);
            var builder = WebApplication.CreateSlimBuilder();
            builder.Logging.ClearProviders();
            builder.WebHost.UseUrls("http://127.0.0.1:0");
            var server = builder.Build();
            server.Run(async context =>
            {
                // A watch that has broken off is begun anew, without end: the second time there is nothing to watch any more.
                var gone = asked++ > 0 && type == "text/event-stream";
                (context.Response.StatusCode, context.Response.ContentType) = gone ? (404, "application/problem+json") : (status, type);
                await context.Response.Body.WriteAsync(gone ? "{\"detail\":\"gone\"}"u8.ToArray() : answer);
            });
            server.StartAsync().GetAwaiter().GetResult();
            var client = new ClusterClient(new Uri(server.Urls.Single()), token: null, notice: null, new HastyTime());
            return bytes =>
            {
                (answer, asked) = (bytes, 0);
                ask(client).GetAwaiter().GetResult();
            };
        });

    private static IReadOnlyList<byte[]> Documents() => [Json(new TeacherDocument { Id = "fuzz", Weights = new ContentRef(new string('a', 64), 1) })];

    private static IReadOnlyList<byte[]> Pages() =>
        [Json(new Page<RunSummary>([new("fuzz/0000", "fuzz", RunStatus.Completed, 1, 2, null, 0.5, 0.4, DateTimeOffset.UnixEpoch, "")], null))];

    private static IReadOnlyList<byte[]> Metrics() => [Encoding.UTF8.GetBytes("""
        {"points":[{"step":1,"name":"loss/fake","value":0.5,"time":"2026-01-01T00:00:00+00:00"}],
        "events":[{"attempt":1,"superseded":false,"event":{"step":1,"kind":"switch","text":"x","time":"2026-01-01T00:00:00+00:00","data":{"a":1}}}]}
        """)];

    private static IReadOnlyList<byte[]> Problems() => ["""{"type":"about:blank","title":"Bad Request","status":400,"detail":"no"}"""u8.ToArray()];

    private static IReadOnlyList<byte[]> Events()
    {
        var update = Encoding.UTF8.GetString(Json(new RunUpdate { Sequence = 1, Status = RunStatus.Completed }));
        return [Encoding.UTF8.GetBytes($"event: alive\ndata:\n\nid: 1\ndata: {update}\n\n")];
    }

    private static byte[] Json<T>(T value) => JsonSerializer.SerializeToUtf8Bytes(value, Api.Json);
}
