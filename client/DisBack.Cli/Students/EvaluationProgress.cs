using DisBack.Cli.Terminal;
using DisBack.Diffusion.Metrics;
using static TorchSharp.torch;

namespace DisBack.Cli.Students;

/// <summary>How far an evaluation is.</summary>
/// <param name="session">The screen and the clock; its signals stop the evaluation between two batches.</param>
/// <param name="samples">How many images are generated.</param>
internal sealed class EvaluationProgress(Session session, long samples) : IFeatureMeasure
{
    private readonly WorkProgress _progress = new(session);

    /// <summary>Shows the progress of a piece of work until it ends.</summary>
    public T Of<T>(Func<T> work) => _progress.Of(work);

    /// <summary>So many of all real images were seen.</summary>
    /// <exception cref="OperationCanceledException">The user stops the command.</exception>
    public void Real(long done, long all) => _progress.Tell("real images", done, all);

    /// <inheritdoc/>
    public void Add(long first, Tensor features) => _progress.Tell("generated images", first + features.shape[0], samples);
}
