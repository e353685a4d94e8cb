using DisBack.Diffusion;
using DisBack.Diffusion.Conditions;
using TorchSharp;
using static TorchSharp.torch;

namespace DisBack.Distillation.Optimization;

/// <summary>What a step computes of its draws and of the weights: losses, and gradients in their buffers.</summary>
/// <param name="draws">The draws.</param>
/// <param name="condition">What the samples are to show, or null.</param>
/// <returns>Losses and whatever else is looked at, in the caller's dispose scope.</returns>
internal delegate IReadOnlyList<Tensor> StepComputation(IReadOnlyList<Tensor> draws, Condition? condition);

/// <summary>
/// Computes gradients. On a CUDA device it records the computation after two steps and from then on starts all of it by one call: the host takes longer to
/// issue the thousands of kernels of a step than the device takes for those of a small network.
/// </summary>
/// <remarks>
/// The recording is of the same kernels, so a step gives the same bits with it and without, and a resumed run those of one that was never stopped.
/// </remarks>
/// <param name="workers">Who computes a step: what several exchange within it is not recorded.</param>
internal sealed class StepGraphs(IWorkerGroup? workers = null) : IDisposable
{
    /// <summary>Steps in which libtorch prepares what it prepares once, such as workspaces, and keeps memory for the next.</summary>
    private const int StepsBefore = 2;

    private readonly Dictionary<(bool Variant, long Latents), Recording> _recordings = [];
    private object? _target;

    /// <summary>Computes one step.</summary>
    /// <param name="target">What the computation looks at outside of the caller, if anything: with another, all is recorded anew.</param>
    /// <param name="variant">Which of the two computations of the caller this is, if it has two.</param>
    /// <param name="draws">The draws of this step, of the same shapes for as many latents, which are the first.</param>
    /// <param name="condition">The condition of this step.</param>
    /// <param name="compute">The computation: the same for the same target, variant and shapes, whatever the draws.</param>
    public IReadOnlyList<Tensor> Compute(object? target, bool variant, IReadOnlyList<Tensor> draws, Condition? condition, StepComputation compute)
    {
        if (draws[0].device_type != DeviceType.CUDA || !CudaGraph.CanRecord || workers is { Count: > 1 })
        {
            return compute(draws, condition);
        }
        if (!Equals(target, _target))
        {
            Dispose();
            _target = target;
        }
        var key = (variant, draws[0].numel());
        if (!_recordings.TryGetValue(key, out var recording))
        {
            _recordings.Add(key, recording = new Recording());
        }
        if (recording.Graph is null)
        {
            if (recording.Steps++ < StepsBefore)
            {
                return compute(draws, condition);
            }
            // One is replayed after another, so all work in the memory of the first.
            recording.Make(draws, condition, compute, sharing: _recordings.Values.FirstOrDefault(made => made.Graph is not null)?.Graph);
        }
        return recording.Replay(draws, condition);
    }

    public void Dispose()
    {
        foreach (var recording in _recordings.Values)
        {
            recording.Dispose();
        }
        _recordings.Clear();
    }

    private sealed class Recording : IDisposable
    {
        // Where the graph reads and writes.
        private IReadOnlyList<Tensor> _draws = [];
        private Condition? _condition;
        private IReadOnlyList<Tensor> _results = [];

        /// <summary>Steps that were computed without it.</summary>
        public int Steps { get; set; }

        public CudaGraph? Graph { get; private set; }

        public void Make(IReadOnlyList<Tensor> draws, Condition? condition, StepComputation compute, CudaGraph? sharing)
        {
            _draws = [.. draws.Select(draw => draw.clone().DetachFromDisposeScope())];
            _condition = condition?.Of([.. condition.Parts.Select(part => part.clone().DetachFromDisposeScope())]);
            Graph = CudaGraph.Record(() =>
            {
                using var scope = NewDisposeScope();
                _results = [.. compute(_draws, _condition).Select(result => result.detach().DetachFromDisposeScope())];
            }, sharing);
        }

        public IReadOnlyList<Tensor> Replay(IReadOnlyList<Tensor> draws, Condition? condition)
        {
            Copy(draws, _draws);
            if (condition is not null)
            {
                Copy(condition.Parts, _condition!.Parts);
            }
            Graph!.Replay();
            // The next step writes over them.
            return [.. _results.Select(result => result.clone())];
        }

        public void Dispose()
        {
            Graph?.Dispose();
            foreach (var tensor in _draws.Concat(_condition?.Parts ?? []).Concat(_results))
            {
                tensor.Dispose();
            }
        }

        private static void Copy(IReadOnlyList<Tensor> from, IReadOnlyList<Tensor> to)
        {
            foreach (var (source, destination) in from.Zip(to))
            {
                destination.copy_(source);
            }
        }
    }
}
