using Microsoft.Extensions.Hosting;

namespace DisBack.Orchestration.Drawing;

/// <summary>Stops the drawings of this worker at its shutdown, while their grains can still be told of it.</summary>
internal sealed class DrawingService(DrawingRuntime runtime, TimeProvider time) : IHostedService
{
    /// <summary>An evaluation of a network may take longer; nobody waits for it, because nothing of it is kept.</summary>
    private static readonly TimeSpan s_patience = TimeSpan.FromSeconds(10);

    public Task StartAsync(CancellationToken cancellationToken) => Task.CompletedTask;

    public async Task StopAsync(CancellationToken cancellationToken)
    {
        using var patience = new CancellationTokenSource(s_patience, time);
        using var ended = CancellationTokenSource.CreateLinkedTokenSource(patience.Token, cancellationToken);
        await runtime.DrainAsync(ended.Token);
    }
}
