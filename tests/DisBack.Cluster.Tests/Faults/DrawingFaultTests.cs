using DisBack.Contracts.Documents;
using DisBack.Contracts.Grains;
using DisBack.Orchestration.Tests.Drawing;
using DisBack.TestKit.Silos;

namespace DisBack.Cluster.Tests.Faults;

/// <summary>The process that draws dies, or the one that knows of it.</summary>
public sealed class DrawingFaultTests() : FaultTests(new())
{
    /// <summary>So many that the fault comes in between.</summary>
    private const int Pictures = 60;

    [Fact]
    public async Task A_drawing_whose_worker_is_killed_begins_anew_on_another()
    {
        var (drawing, worker) = await DrawAsync();

        await worker.KillAsync();
        var done = await UntilAsync(drawing, view => view.State.IsSettled());

        Assert.Equal((DrawingState.Completed, Pictures), (done.State, done.Pictures.Length));
        Assert.NotEqual(worker.Name, WorkerOf(done));
        var document = (await Cluster.Documents.ReadAsync<DrawingDocument>(DocumentNames.Drawing, done.Id, DocumentNames.Drawing, Cancellation))!;
        Assert.True(document.Attempt >= 2, $"It was drawn by attempt {document.Attempt}.");
    }

    [Fact]
    public async Task A_drawing_goes_on_while_the_one_control_silo_is_killed_and_started_again()
    {
        var (drawing, worker) = await DrawAsync();

        await Cluster.Controls[0].KillAsync();
        await Cluster.ReviveAsync();
        var done = await UntilAsync(drawing, view => view.State.IsSettled());

        Assert.Equal((DrawingState.Completed, Pictures), (done.State, done.Pictures.Length));
        Assert.True(worker.IsRunning);
    }

    private async Task<(IDrawingGrain Drawing, SiloProcess Worker)> DrawAsync()
    {
        var drawing = Cluster.Grains.GetGrain<IDrawingGrain>(GrainKeys.NewDrawing());
        await drawing.SubmitAsync(MiniModel.OneStep(count: Pictures), await MiniModel.StoreAsync(Cluster.Contents));
        var begun = await UntilAsync(drawing, view => view.Progress is { Stage: DrawingStage.Sampling } || view.State.IsSettled());
        Assert.Equal(DrawingState.Drawing, begun.State);
        return (drawing, Cluster.Silo(WorkerOf(begun)));
    }

    private static string WorkerOf(DrawingView drawing) => drawing.Device.Split(' ')[0];

    /// <summary>Asks again and again, whatever happens to those who answer.</summary>
    private static async Task<DrawingView> UntilAsync(IDrawingGrain drawing, Func<DrawingView, bool> condition)
    {
        while (true)
        {
            try
            {
                if (await drawing.GetAsync() is { } view && condition(view))
                {
                    return view;
                }
            }
            catch (Exception) when (!Cancellation.IsCancellationRequested)
            {
                // Nobody is there who could answer.
            }
            Cancellation.ThrowIfCancellationRequested();
        }
    }
}
