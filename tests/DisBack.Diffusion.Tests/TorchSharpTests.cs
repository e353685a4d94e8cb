using System.Diagnostics;
using System.Reflection;
using TorchSharp;
using static TorchSharp.torch;

namespace DisBack.Diffusion.Tests;

/// <summary>What TorchSharp passes to libtorch stays alive until libtorch has read it (LibTorch.targets).</summary>
public sealed class TorchSharpTests
{
    [Fact]
    public void It_is_compiled_without_optimization()
    {
        var compiled = typeof(torch).Assembly.GetCustomAttribute<DebuggableAttribute>()!;
        Assert.True(compiled.IsJITOptimizerDisabled && compiled.IsJITTrackingEnabled, "The runtime needs both flags.");
    }

    /// <summary>Failed in one call of ten thousand, beside busy cores, before the build did that.</summary>
    [Fact]
    [Trait("Length", "Long")]
    public void Numbers_reach_libtorch_while_garbage_is_collected()
    {
        var done = false;
        var collector = new Thread(() =>
        {
            while (!Volatile.Read(ref done))
            {
                GC.Collect(0, GCCollectionMode.Forced, blocking: true);
                GC.WaitForPendingFinalizers();
            }
        });
        var busy = Enumerable.Range(0, 3 * Environment.ProcessorCount).Select(_ => new Thread(() =>
        {
            while (!Volatile.Read(ref done))
            {
            }
        }));
        Thread[] others = [collector, .. busy];
        Array.ForEach(others, thread => thread.Start());
        try
        {
            using var untracked = no_grad();
            using var x = ones(64);
            using var y = ones(64);
            for (var i = 0; i < 1_000_000; i++)
            {
                Half(x, y);
            }
            Assert.Equal(1, x[0].item<float>());
        }
        finally
        {
            Volatile.Write(ref done, true);
            Array.ForEach(others, thread => thread.Join());
        }

        static void Half(Tensor x, Tensor y) => x.add_(y).mul_(0.5);
    }
}
