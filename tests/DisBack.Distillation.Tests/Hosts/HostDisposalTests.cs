using DisBack.Specs.Backtracking;
using DisBack.Specs.Recording;
using TorchSharp;

namespace DisBack.Distillation.Tests.Hosts;

/// <summary>A process trains many runs one after the other, and memory of a device is not freed by the collector in time.</summary>
public sealed class HostDisposalTests
{
    [Theory, MemberData(nameof(AllHosts.Rows), MemberType = typeof(AllHosts), DisableDiscoveryEnumeration = true)]
    public void A_run_that_is_disposed_of_leaves_no_tensor(BacktrackingSettings host)
    {
        using var nodes = TinyNetwork.Trajectory(new RecordingSettings { Steps = 0 });
        // Whatever the process makes once and keeps is there after the first.
        Train();
        var before = Live();
        Train();
        Assert.Equal(before, Live());

        void Train()
        {
            using var run = TinyNetwork.Backtracking(host with { Steps = 2 }, nodes, data: AllHosts.Data());
            run.Advance(new RecordingListener());
            run.Advance(new RecordingListener());
        }

        static long Live() => DisposeScopeManager.Statistics.TensorStatistics.ThreadTotalLiveCount;
    }
}
