using DisBack.TestKit.History;
using DisBack.TestKit.Networks;
using DisBack.TestKit.Processes;
using DisBack.TestKit.Services;
using DisBack.TestKit.Silos;

namespace DisBack.TestKit.Soak;

/// <summary>Does what a schedule says, each fault on its own, so that they overlap; only two faults of one process wait for one another.</summary>
internal sealed class FaultInjector : IAsyncDisposable
{
    private static readonly TimeSpan s_longestDrain = TimeSpan.FromSeconds(90);

    private readonly TestCluster _cluster;
    private readonly List<SiloKeeper> _controls;
    private readonly List<SiloKeeper> _workers;
    private readonly SemaphoreSlim _membership = new(1);
    private readonly SemaphoreSlim _blobs = new(1);
    private readonly HashSet<string> _damagedRuns = [];
    private readonly HashSet<string> _damaged = [];

    public FaultInjector(TestCluster cluster)
    {
        _cluster = cluster;
        _controls = [.. cluster.Controls.Select(silo => new SiloKeeper(silo))];
        _workers = [.. cluster.Workers.Select(silo => new SiloKeeper(silo))];
    }

    /// <summary>Digests of the checkpoints that were damaged in the store.</summary>
    public IReadOnlySet<string> Damaged => _damaged;

    /// <summary>Exit codes of all silos and how often they were seen.</summary>
    public IReadOnlyDictionary<int, int> Exits =>
        _controls.Concat(_workers)
            .SelectMany(keeper => keeper.Exits)
            .GroupBy(exit => exit.Key)
            .ToDictionary(exit => exit.Key, exit => exit.Sum(seen => seen.Value));

    /// <summary>A fault from its beginning to its end.</summary>
    /// <returns>What it hit, for people; null if there was nothing to hit.</returns>
    public async Task<string?> InjectAsync(Fault fault)
    {
        var control = _controls[fault.Target % _controls.Count];
        var worker = _workers[fault.Target % _workers.Count];
        switch (fault.Kind)
        {
            case FaultKind.KillWorker:
                return await KillAsync(fault, worker);
            case FaultKind.KillControl:
                return await KillAsync(fault, control);
            case FaultKind.KillAllControls:
                return await KillAsync(fault, [.. _controls]);
            case FaultKind.KillEverything:
                return await HoldingAsync(_membership, async () =>
                {
                    await _cluster.Server.EndAsync();
                    await _cluster.Server.RestartAsync();
                    return await KillAsync(fault, [.. _controls, .. _workers]);
                });
            case FaultKind.FreezeWorkerShortly or FaultKind.FreezeWorkerLong:
                return await FreezeAsync(fault, worker);
            case FaultKind.FreezeControl:
                return await FreezeAsync(fault, control);
            case FaultKind.TerminateWorker:
                return await TerminateAsync(fault, worker);
            case FaultKind.TerminateControl:
                return await TerminateAsync(fault, control);
            case FaultKind.FailMembership:
                return await HoldingAsync(_membership, async () => await _cluster.Server.FailAsync(fault.Target, fault.Length));
            case FaultKind.ForgetMembership:
                return await HoldingAsync(_membership, async () =>
                {
                    await _cluster.Server.ForgetAsync();
                    return "membership";
                });
            case FaultKind.StopBlobs:
                return await HoldingAsync(_blobs, async () =>
                {
                    await _cluster.Azurite.StopAsync();
                    await Task.Delay(fault.Length);
                    await _cluster.Azurite.RestartAsync();
                    return "azurite";
                });
            case FaultKind.HangBlobs:
                return await HoldingAsync(_blobs, async () =>
                {
                    _cluster.Azurite.Pause();
                    await Task.Delay(fault.Length);
                    _cluster.Azurite.Continue();
                    return "azurite";
                });
            case FaultKind.FillDisk:
                return await FillAsync(fault, worker);
            case FaultKind.RefuseBlobs:
                return await HoldingAsync(_blobs, async () =>
                {
                    await _cluster.Proxy.RefuseAsync();
                    await Task.Delay(fault.Length);
                    await _cluster.Proxy.ListenAsync();
                    return "proxy";
                });
            case FaultKind.BusyBlobs or FaultKind.SlowBlobs or FaultKind.DropBlobs or FaultKind.LoseBlobAnswers:
                return await HoldingAsync(_blobs, async () =>
                {
                    _cluster.Proxy.Fault = fault.Kind switch
                    {
                        FaultKind.BusyBlobs => ProxyFault.Busy,
                        FaultKind.SlowBlobs => ProxyFault.Slow,
                        FaultKind.DropBlobs => ProxyFault.Drop,
                        _ => ProxyFault.LoseAnswer,
                    };
                    await Task.Delay(fault.Length);
                    _cluster.Proxy.Fault = ProxyFault.None;
                    return "proxy";
                });
            case FaultKind.FlipCachedBit:
                return FlipCachedBit(worker.Silo, fault.Target);
            case FaultKind.FlipStoredBit or FaultKind.TearStored:
                return await HoldingAsync(_blobs, () => DamageAsync(fault));
            case FaultKind.CutWorkerOff:
                return await CutAsync(fault, worker, NetworkDirection.Both);
            case FaultKind.DeafenWorker:
                return await CutAsync(fault, worker, NetworkDirection.In);
            case FaultKind.MuteWorker:
                return await CutAsync(fault, worker, NetworkDirection.Out);
            default:
                throw new ArgumentOutOfRangeException(nameof(fault), fault.Kind, "There is no such fault.");
        }
    }

    public async ValueTask DisposeAsync()
    {
        foreach (var keeper in _controls.Concat(_workers))
        {
            await keeper.DisposeAsync();
        }
        _membership.Dispose();
        _blobs.Dispose();
    }

    private static async Task<string?> KillAsync(Fault fault, params SiloKeeper[] keepers)
    {
        var holds = new List<IDisposable>();
        try
        {
            // In the order of the silos, so that two faults never wait for one another.
            foreach (var keeper in keepers)
            {
                holds.Add(await keeper.HoldAsync());
            }
            var living = keepers.Select(keeper => keeper.Silo).Where(silo => silo.IsRunning).ToList();
            if (living.Count == 0)
            {
                return null;
            }
            await Task.WhenAll(living.Select(silo => silo.KillAsync()));
            await Task.Delay(fault.Length);
            return string.Join(' ', living.Select(silo => silo.Name));
        }
        finally
        {
            holds.ForEach(hold => hold.Dispose());
        }
    }

    private static async Task<string?> FreezeAsync(Fault fault, SiloKeeper keeper)
    {
        using var hold = await keeper.HoldAsync();
        if (!keeper.Silo.IsRunning)
        {
            return null;
        }
        keeper.Silo.Send(Signal.Stop);
        await Task.Delay(fault.Length);
        keeper.Silo.Send(Signal.Continue);
        return keeper.Silo.Name;
    }

    private static async Task<string?> TerminateAsync(Fault fault, SiloKeeper keeper)
    {
        using var hold = await keeper.HoldAsync();
        if (!keeper.Silo.IsRunning)
        {
            return null;
        }
        await keeper.Silo.TerminateAsync().WaitAsync(s_longestDrain);
        await Task.Delay(fault.Length);
        return keeper.Silo.Name;
    }

    private async Task<string?> CutAsync(Fault fault, SiloKeeper keeper, NetworkDirection direction)
    {
        if (_cluster.HostOf(keeper.Silo) is not { } host)
        {
            return null;
        }
        using var hold = await keeper.HoldAsync();
        if (!keeper.Silo.IsRunning)
        {
            return null;
        }
        await host.CutAsync(direction);
        await Task.Delay(fault.Length);
        await host.HealAsync();
        return keeper.Silo.Name;
    }

    /// <summary>Beside the other faults of that worker: it may die with a full disk, and come back to one.</summary>
    private async Task<string?> FillAsync(Fault fault, SiloKeeper keeper)
    {
        if (_cluster.HostOf(keeper.Silo) is not { } host)
        {
            return null;
        }
        await host.FillDiskAsync(keeper.Silo.Scratch);
        await Task.Delay(fault.Length);
        await host.FreeDiskAsync(keeper.Silo.Scratch);
        return keeper.Silo.Name;
    }

    private static string? FlipCachedBit(SiloProcess worker, int target)
    {
        try
        {
            var files = Directory.Exists(worker.Cache) ? Directory.GetFiles(worker.Cache, "*", SearchOption.AllDirectories) : [];
            if (files.Length == 0)
            {
                return null;
            }
            var file = files[target % files.Length];
            using var stream = File.Open(file, FileMode.Open, FileAccess.ReadWrite, FileShare.ReadWrite | FileShare.Delete);
            if (stream.Length == 0)
            {
                return null;
            }
            stream.Position = target % stream.Length;
            var flipped = (byte)(stream.ReadByte() ^ 0x10);
            stream.Position = target % stream.Length;
            stream.WriteByte(flipped);
            return $"{worker.Name} {Path.GetFileName(file)}";
        }
        catch (IOException)
        {
            // It was evicted, or is being replaced.
            return null;
        }
    }

    /// <summary>Damages the newest checkpoint of a run that has an older one and was not damaged before: falling back is promised for that.</summary>
    private async Task<string?> DamageAsync(Fault fault)
    {
        var history = _cluster.History.Records;
        var settled = history.Where(record => record.Event == HistoryEvent.Completed).Select(record => record.Run).ToHashSet();
        var candidates = history
            .Where(record => record.Event == HistoryEvent.CheckpointCommitted && !settled.Contains(record.Run) && !_damagedRuns.Contains(record.Run))
            .GroupBy(record => record.Run)
            .Where(run => run.Select(record => record.Digest).Distinct().Count() > 1)
            .Select(run => run.MaxBy(record => record.Sequence)!)
            .ToList();
        if (candidates.Count == 0)
        {
            return null;
        }
        var chosen = candidates[fault.Target % candidates.Count];
        _damagedRuns.Add(chosen.Run);
        _damaged.Add(chosen.Digest);
        await _cluster.DamageAsync(new ContentRef(chosen.Digest, 0), torn: fault.Kind == FaultKind.TearStored);
        return $"{chosen}";
    }

    private static async Task<string?> HoldingAsync(SemaphoreSlim gate, Func<Task<string?>> work)
    {
        await gate.WaitAsync();
        try
        {
            return await work();
        }
        finally
        {
            gate.Release();
        }
    }
}
