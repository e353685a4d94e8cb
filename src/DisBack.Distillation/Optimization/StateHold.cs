namespace DisBack.Distillation.Optimization;

/// <summary>
/// Keeps the state of a run as it was captured until it has been copied: the next step computes meanwhile, and waits where it would change something.
/// </summary>
internal sealed class StateHold
{
    private Action? _untilCopied;

    /// <summary>The next change waits.</summary>
    /// <param name="untilCopied">Returns when the captured tensors have been copied.</param>
    public void Begin(Action untilCopied) => _untilCopied = untilCopied;

    /// <summary>Called before anything of the state changes.</summary>
    public void Wait()
    {
        _untilCopied?.Invoke();
        _untilCopied = null;
    }
}
