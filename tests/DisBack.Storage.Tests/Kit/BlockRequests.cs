using System.Collections.Concurrent;
using Azure.Core;
using Azure.Core.Pipeline;

namespace DisBack.Storage.Tests.Kit;

/// <summary>The blocks that reach the service, and what befalls them on the way. Every try of a request counts.</summary>
internal sealed class BlockRequests : HttpPipelinePolicy
{
    private readonly ConcurrentQueue<string> _staged = new();

    /// <summary>The names of the blocks that the service has taken.</summary>
    public IReadOnlyList<string> Staged => [.. _staged];

    /// <summary>Called before the block with a number, from 0, is sent; what it throws is what the sender sees.</summary>
    public Action<int> BeforeBlock { get; set; } = _ => { };

    /// <summary>Called after a block was taken, with the number of those before it.</summary>
    public Action<int> AfterBlock { get; set; } = _ => { };

    /// <summary>Awaited before a list of blocks is committed.</summary>
    public Func<Task> BeforeCommit { get; set; } = () => Task.CompletedTask;

    private int _sent = -1;

    public override void Process(HttpMessage message, ReadOnlyMemory<HttpPipelinePolicy> pipeline) => throw new NotSupportedException();

    public override async ValueTask ProcessAsync(HttpMessage message, ReadOnlyMemory<HttpPipelinePolicy> pipeline)
    {
        var query = System.Web.HttpUtility.ParseQueryString(message.Request.Uri.Query);
        var isPut = message.Request.Method == RequestMethod.Put;
        if (isPut && query["comp"] == "blocklist")
        {
            await BeforeCommit();
        }
        var isBlock = isPut && query["comp"] == "block";
        if (isBlock)
        {
            BeforeBlock(Interlocked.Increment(ref _sent));
        }
        await ProcessNextAsync(message, pipeline);
        if (isBlock && message.Response.Status == 201)
        {
            _staged.Enqueue(query["blockid"]!);
            AfterBlock(_staged.Count - 1);
        }
    }
}
