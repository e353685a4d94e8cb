using System.Collections.Concurrent;
using System.Text;
using System.Text.RegularExpressions;
using DisBack.Cli.Terminal;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Hosting;
using Microsoft.AspNetCore.Http;
using Microsoft.Extensions.Logging;

namespace DisBack.Cli.Tests.Telemetry;

/// <summary>What the real executable tells a collector over OTLP, as it is on the wire.</summary>
public sealed class TelemetryProcessTests : IDisposable
{
    /// <summary>The end of an exemplar's message: the ids of the span (field 4) and of the trace (field 5) in which the value was recorded.</summary>
    private static readonly Regex s_exemplar = new(@"\x22\x08(?<span>.{8})\x2a\x10(?<trace>.{16})", RegexOptions.Singleline | RegexOptions.CultureInvariant);

    /// <summary>The begin of a span's message, fields 1 and 2, and its name, field 5, behind ids and flags.</summary>
    private static readonly Regex s_span = new(
        @"\x0a\x10(?<trace>.{16})\x12\x08(?<span>.{8}).{0,40}?\x2a(?<length>.)(?<name>[a-z ]+)", RegexOptions.Singleline | RegexOptions.CultureInvariant);

    private readonly string _folder = Directory.CreateTempSubdirectory("disback-telemetry-").FullName;

    private static CancellationToken Cancellation => TestContext.Current.CancellationToken;

    public void Dispose() => Directory.Delete(_folder, recursive: true);

    [Fact]
    public async Task From_the_time_of_an_evaluation_an_exemplar_leads_to_its_span()
    {
        var received = new ConcurrentQueue<(string Signal, string Body)>();
        await using var collector = await CollectAsync(received);
        using var process = DisBackProcess.Start(
            _folder,
            new Dictionary<string, string>
            {
                ["OTEL_EXPORTER_OTLP_ENDPOINT"] = collector.Urls.Single(), ["OTEL_EXPORTER_OTLP_PROTOCOL"] = "http/protobuf",
            },
            "run", Path.Combine(AppContext.BaseDirectory, "samples", "smoke.yaml"), "--set", "evaluation.every=10", "--set", "evaluation.samples=100");
        var (code, output, error) = await process.EndAsync();
        Assert.True(code == ExitCode.Ok, output + error);

        var spans = received.Where(one => one.Signal == "traces").SelectMany(one => s_span.Matches(one.Body))
            .Where(span => span.Groups["name"].Value.StartsWith("evaluate", StringComparison.Ordinal))
            .Select(span => (span.Groups["trace"].Value, span.Groups["span"].Value)).ToHashSet();
        var exemplars = received.Where(one => one.Signal == "metrics" && one.Body.Contains("disback.evaluation.duration", StringComparison.Ordinal))
            .SelectMany(one => s_exemplar.Matches(one.Body))
            .Select(exemplar => (exemplar.Groups["trace"].Value, exemplar.Groups["span"].Value)).ToHashSet();
        Assert.NotEmpty(spans);
        Assert.NotEmpty(spans.Intersect(exemplars));
    }

    private static async Task<WebApplication> CollectAsync(ConcurrentQueue<(string Signal, string Body)> received)
    {
        var builder = WebApplication.CreateSlimBuilder();
        builder.Logging.ClearProviders();
        builder.WebHost.UseUrls("http://127.0.0.1:0");
        var collector = builder.Build();
        collector.MapPost("/v1/{signal}", async (string signal, HttpRequest request) =>
        {
            // Each byte becomes one character.
            using var body = new StreamReader(request.Body, Encoding.Latin1);
            received.Enqueue((signal, await body.ReadToEndAsync(Cancellation)));
        });
        await collector.StartAsync(Cancellation);
        return collector;
    }
}
