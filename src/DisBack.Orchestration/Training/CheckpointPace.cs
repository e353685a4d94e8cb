namespace DisBack.Orchestration.Training;

/// <summary>
/// When a checkpoint beside the regular ones pays: after sqrt(2 C M), where C is what one costs and M the mean time to failure, the sum of the time spent on
/// checkpoints and of the steps that are repeated after a loss is least.
/// </summary>
/// <remarks>
/// J. W. Young, A first order approximation to the optimum checkpoint interval (1974). C is the time until a checkpoint is stored, although training goes on
/// meanwhile: it loads the processors, the network and the store, and while one is on its way there is no next.
/// </remarks>
/// <param name="meanTimeToFailure">M; null where nothing was lost yet, and the regular checkpoints do.</param>
/// <param name="time">The clock.</param>
internal sealed class CheckpointPace(TimeSpan? meanTimeToFailure, TimeProvider time)
{
    private readonly Lock _gate = new();
    private long _taken = time.GetTimestamp();

    /// <summary>C, and null while a checkpoint is on its way. Nothing at first, so that the first one comes at once and tells.</summary>
    private TimeSpan? _cost = TimeSpan.Zero;

    /// <summary>Whether one pays now.</summary>
    public bool IsDue
    {
        get
        {
            lock (_gate)
            {
                return meanTimeToFailure is { } mean && _cost is { } cost
                    && time.GetElapsedTime(_taken).TotalSeconds >= Math.Sqrt(2 * cost.TotalSeconds * mean.TotalSeconds);
            }
        }
    }

    /// <summary>A checkpoint is taken.</summary>
    /// <returns>When.</returns>
    public long Taken()
    {
        lock (_gate)
        {
            _cost = null;
            return _taken = time.GetTimestamp();
        }
    }

    /// <summary>A checkpoint is stored.</summary>
    /// <param name="taken">When it was taken; another may have been since, which is still on its way.</param>
    public void Stored(long taken)
    {
        lock (_gate)
        {
            if (taken == _taken)
            {
                _cost = time.GetElapsedTime(taken);
            }
        }
    }
}
