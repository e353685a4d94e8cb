using DisBack.Distillation.Optimization;
using static TorchSharp.torch;

namespace DisBack.Distillation.Tests.Runs;

/// <summary>Workers that are threads of one process and add up what lies in its memory.</summary>
internal sealed class SharedSums(int count) : IDisposable
{
    private readonly Barrier _barrier = new(count);
    private readonly IReadOnlyList<Tensor>[] _brought = new IReadOnlyList<Tensor>[count];

    /// <summary>Runs the same on a thread for each worker.</summary>
    /// <returns>What each of them returned, by rank.</returns>
    public IReadOnlyList<T> Run<T>(Func<IWorkerGroup, T> work)
    {
        var results = new T[count];
        Exception? failure = null;
        var threads = Enumerable.Range(0, count).Select(rank => new Thread(() =>
        {
            try
            {
                results[rank] = work(new Worker(this, rank));
            }
            catch (Exception e)
            {
                failure = e;
                // The others would wait for it for ever.
                _barrier.RemoveParticipant();
            }
        })).ToList();
        threads.ForEach(thread => thread.Start());
        threads.ForEach(thread => thread.Join());
        return failure is null ? results : throw new InvalidOperationException("A worker failed.", failure);
    }

    public void Dispose() => _barrier.Dispose();

    private sealed class Worker(SharedSums all, int rank) : IWorkerGroup
    {
        public int Rank => rank;

        public int Count => all._brought.Length;

        public void Sum(IReadOnlyList<Tensor> tensors)
        {
            using var scope = NewDisposeScope();
            using var untracked = no_grad();
            all._brought[rank] = [.. tensors.Select(tensor => tensor.clone())];
            all._barrier.SignalAndWait();
            for (var i = 0; i < tensors.Count; i++)
            {
                var sum = all._brought.Select(brought => brought[i]).Aggregate((first, second) => first + second);
                tensors[i].copy_(sum);
            }
            // Nobody's clones go before all have read them.
            all._barrier.SignalAndWait();
        }
    }
}
