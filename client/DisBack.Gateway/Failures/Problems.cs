using DisBack.Client;
using DisBack.Storage;
using DisBack.Storage.Content;
using Microsoft.AspNetCore.Diagnostics;
using Microsoft.AspNetCore.Http;
using Microsoft.Extensions.Logging;

namespace DisBack.Gateway.Failures;

/// <summary>Every failure becomes a problem document with a sentence that its reader can do something with, without internal details.</summary>
internal sealed partial class Problems(ILogger<Problems> logger) : IExceptionHandler
{
    private const string RetryAfterSeconds = "3";

    public async ValueTask<bool> TryHandleAsync(HttpContext httpContext, Exception exception, CancellationToken cancellationToken)
    {
        if (exception is OperationCanceledException && httpContext.RequestAborted.IsCancellationRequested)
        {
            return true;
        }
        var (status, detail) = Of(exception);
        if (status == StatusCodes.Status500InternalServerError)
        {
            LogDefect(exception, httpContext.Request.Method, httpContext.Request.Path);
        }
        if (status == StatusCodes.Status503ServiceUnavailable)
        {
            httpContext.Response.Headers.RetryAfter = RetryAfterSeconds;
        }
        await WriteAsync(httpContext, status, detail);
        return true;
    }

    /// <summary>Writes a problem document whatever the client accepts: a client that asked for events still has to learn why there are none.</summary>
    public static Task WriteAsync(HttpContext context, int status, string detail) => TypedResults.Problem(detail, statusCode: status).ExecuteAsync(context);

    private static (int Status, string Detail) Of(Exception exception) => exception switch
    {
        NotFoundException => (StatusCodes.Status404NotFound, exception.Message),
        MissingContentException => (StatusCodes.Status404NotFound, "No content of that digest is stored."),
        ClusterUnavailableException => (StatusCodes.Status503ServiceUnavailable, exception.Message),
        OrleansException { InnerException: StorageException storage } => (StatusCodes.Status503ServiceUnavailable, storage.Message),
        _ when GrainControl.IsInterruption(exception) => (StatusCodes.Status503ServiceUnavailable, "The silos of the cluster do not answer now; try "
            + "again in a moment."),
        // Retrying does not help: the document must be restored.
        CorruptDocumentException => (StatusCodes.Status500InternalServerError, exception.Message),
        StorageException => (StatusCodes.Status503ServiceUnavailable, exception.Message),
        BadHttpRequestException bad => (bad.StatusCode, bad.Message),
        DisBackException => (StatusCodes.Status400BadRequest, exception.Message),
        _ => (StatusCodes.Status500InternalServerError, "The gateway has failed at this request; its log says why."),
    };

    [LoggerMessage(Level = LogLevel.Error, Message = "{Method} {Path} has failed.")]
    private partial void LogDefect(Exception exception, string method, PathString path);
}
