using System.Diagnostics;
using Azure.Core;
using Azure.Core.Pipeline;
using DisBack.Telemetry;

namespace DisBack.Storage.Blobs;

/// <summary>Times every request to the service, each try for itself: what retries hide from callers is what an operator wants to see.</summary>
internal sealed class RequestTimes : HttpPipelinePolicy
{
    public override void Process(HttpMessage message, ReadOnlyMemory<HttpPipelinePolicy> pipeline)
    {
        var started = Stopwatch.GetTimestamp();
        try
        {
            ProcessNext(message, pipeline);
        }
        finally
        {
            Record(message, started);
        }
    }

    public override async ValueTask ProcessAsync(HttpMessage message, ReadOnlyMemory<HttpPipelinePolicy> pipeline)
    {
        var started = Stopwatch.GetTimestamp();
        try
        {
            await ProcessNextAsync(message, pipeline);
        }
        finally
        {
            Record(message, started);
        }
    }

    private static void Record(HttpMessage message, long started)
    {
        // 4xx is an answer, to a condition for example; but 408 and 429 say that the service could not.
        var outcome = !message.HasResponse || message.Response.Status is >= 500 or 408 or 429 ? "failed" : message.Response.Status >= 400 ? "refused" : "ok";
        Instruments.StorageSeconds.Record(
            Stopwatch.GetElapsedTime(started).TotalSeconds, new("method", message.Request.Method.Method), new("outcome", outcome));
    }
}
