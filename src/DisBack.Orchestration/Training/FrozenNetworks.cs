using DisBack.Diffusion;
using DisBack.Distillation.Backtracking;
using DisBack.Specs.Training;
using static TorchSharp.torch;

namespace DisBack.Orchestration.Training;

/// <summary>
/// The frozen networks of this process, one copy of each on a device however many runs look at it: trials that share a device and have come
/// to the same target hold its weights once.
/// </summary>
internal sealed class FrozenNetworks
{
    private readonly Lock _gate = new();
    private readonly Dictionary<(string Digest, string Device, Precision Precision), Entry> _entries = [];

    /// <summary>How many copies there are now.</summary>
    public int Count
    {
        get
        {
            lock (_gate)
            {
                return _entries.Count;
            }
        }
    }

    /// <summary>Borrows a network; the first borrower waits for it to be opened, and those who come meanwhile wait with it.</summary>
    /// <param name="content">Its file.</param>
    /// <param name="device">Where it is evaluated.</param>
    /// <param name="precision">How exactly it computes.</param>
    /// <param name="open">Opens it there, computing so.</param>
    public BorrowedNetwork Borrow(ContentRef content, Device device, Precision precision, Func<Diffusion.Networks.Denoiser> open)
    {
        var key = (content.Digest, device.ToString(), precision);
        while (true)
        {
            var isFirst = false;
            Entry entry;
            lock (_gate)
            {
                if (!_entries.TryGetValue(key, out entry!))
                {
                    // On a thread of its own, whose dispose scopes are not those of the run that happens to be the first.
                    entry = new Entry(Task.Run(() =>
                    {
                        var network = BorrowedNetwork.Freeze(open());
                        Devices.Settle(device);
                        return network;
                    }));
                    _entries.Add(key, entry);
                    isFirst = true;
                }
                entry.Borrowers++;
            }
            try
            {
#pragma warning disable RS0030 // On the training thread, which waits for its network.
                return entry.Opened.GetAwaiter().GetResult().LendOn(() => Return(key, entry));
#pragma warning restore RS0030
            }
            catch (OperationCanceledException) when (!isFirst)
            {
                // The run that was opening it has ended; the others go on.
                Return(key, entry);
            }
            catch
            {
                Return(key, entry);
                throw;
            }
        }
    }

    private void Return((string Digest, string Device, Precision Precision) key, Entry entry)
    {
        lock (_gate)
        {
            entry.Borrowers--;
            // What could not be opened is nobody's, whoever still waits for it.
            if (entry.Borrowers > 0 && !entry.HasFailed)
            {
                return;
            }
            if (_entries.GetValueOrDefault(key) == entry)
            {
                _entries.Remove(key);
            }
            if (entry.Borrowers > 0)
            {
                return;
            }
        }
#pragma warning disable RS0030 // It has completed: nobody waits.
        if (entry.Opened.IsCompletedSuccessfully)
        {
            entry.Opened.Result.Dispose();
        }
#pragma warning restore RS0030
    }

    private sealed class Entry(Task<BorrowedNetwork> opened)
    {
        public Task<BorrowedNetwork> Opened { get; } = opened;

        public bool HasFailed => Opened is { IsCompleted: true, IsCompletedSuccessfully: false };

        public int Borrowers { get; set; }
    }
}
