using TorchSharp;
using static TorchSharp.torch;

namespace DisBack.Diffusion.Tests;

/// <summary>Threads that agree issue together, others one after the other. No CUDA device is needed for that.</summary>
public sealed class CudaTurnsTests
{
    private static readonly Device s_device = new(DeviceType.CUDA, 0);

    [Fact]
    public void Threads_that_agree_have_their_turn_together()
    {
        using var both = new Barrier(2);
        var other = Start(() =>
        {
            using var turn = CudaTurns.Take(s_device, tf32: true);
            both.SignalAndWait(TestContext.Current.CancellationToken);
        });
        using (CudaTurns.Take(s_device, tf32: true))
        {
            both.SignalAndWait(TestContext.Current.CancellationToken);
            Assert.True(backends.cuda.matmul.allow_tf32);
        }
        other.Join();
    }

    [Theory]
    [InlineData(true, false)]
    [InlineData(false, true)]
    [InlineData(false, null)]
    public void A_thread_that_does_not_agree_waits_for_the_end_of_the_turn(bool tf32, bool? other)
    {
        var ended = false;
        bool? seen = null, switched = null;
        var turn = CudaTurns.Take(s_device, tf32)!;
        var thread = Start(() =>
        {
            using var its = other is { } wanted ? CudaTurns.Take(s_device, wanted) : CudaTurns.TakeAlone();
            (seen, switched) = (Volatile.Read(ref ended), backends.cuda.matmul.allow_tf32);
        });
        UntilWaiting(thread);
        Assert.Equal(tf32, backends.cuda.matmul.allow_tf32);
        Volatile.Write(ref ended, true);
        turn.Dispose();
        thread.Join();
        Assert.Equal((true, other ?? false), (seen, switched));
    }

    [Fact]
    public void A_turn_within_a_turn_lets_others_go_first_and_gives_back_what_was_before()
    {
        using var outer = CudaTurns.Take(s_device, tf32: false);
        var thread = Start(() =>
        {
            using var its = CudaTurns.Take(s_device, tf32: true);
        });
        UntilWaiting(thread);
        using (CudaTurns.Take(s_device, tf32: true))
        {
            thread.Join();
            using (CudaTurns.TakeAlone())
            {
                Assert.True(backends.cuda.matmul.allow_tf32);
            }
            Assert.True(backends.cuda.matmul.allow_tf32);
        }
        Assert.False(backends.cuda.matmul.allow_tf32);
        Assert.Null(CudaTurns.Take(s_device, tf32: false));
    }

    [Fact]
    public void The_cpu_needs_no_turn() => Assert.Null(CudaTurns.Take(CPU, tf32: false));

    private static Thread Start(ThreadStart run)
    {
        var thread = new Thread(run) { IsBackground = true };
        thread.Start();
        return thread;
    }

    private static void UntilWaiting(Thread thread) => SpinWait.SpinUntil(() => thread.ThreadState.HasFlag(ThreadState.WaitSleepJoin));
}
