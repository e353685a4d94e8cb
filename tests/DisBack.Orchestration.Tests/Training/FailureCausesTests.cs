using System.Runtime.InteropServices;
using DisBack.Contracts.Documents;
using DisBack.Orchestration.Training;
using static TorchSharp.torch;

namespace DisBack.Orchestration.Tests.Training;

/// <summary>What libtorch says in words only is understood, and told without its native stack.</summary>
public sealed class FailureCausesTests
{
    [Fact]
    public void Memory_that_the_cpu_cannot_give_is_out_of_memory()
    {
        var failure = Assert.ThrowsAny<Exception>(() => zeros(1L << 60, uint8));
        Assert.Equal(FailureCause.OutOfMemory, FailureCauses.Of(failure));
        var message = FailureCauses.MessageOf(failure);
        Assert.Contains("allocate", message, StringComparison.Ordinal);
        Assert.DoesNotContain("frame #", message, StringComparison.Ordinal);
        Assert.DoesNotContain('\n', message);
    }

    [Theory]
    [InlineData("CUDA out of memory. Tried to allocate 36.75 GiB. GPU 0 has a total capacity of 79.18 GiB of which 9.06 GiB is free.")]
    [InlineData("cuDNN error: CUDNN_STATUS_ALLOC_FAILED")]
    [InlineData("CUDA error: CUBLAS_STATUS_ALLOC_FAILED when calling `cublasCreate(handle)`")]
    public void Memory_that_a_gpu_cannot_give_is_out_of_memory(string message)
    {
        var failure = new NativeFailure($"{message}\nException raised from malloc at CUDACachingAllocator.cpp:1 (most recent call first):\nframe #0");
        Assert.Equal(FailureCause.OutOfMemory, FailureCauses.Of(failure));
        Assert.Equal($"libtorch: {message} Lower the batch, or let fewer runs share the device.", FailureCauses.MessageOf(failure));
    }

    [Fact]
    public void Another_failure_of_libtorch_is_a_crash()
    {
        var failure = Assert.ThrowsAny<Exception>(() => ones(2, 3).view(5));
        Assert.Equal(FailureCause.Crash, FailureCauses.Of(failure));
        Assert.DoesNotContain("frame #", FailureCauses.MessageOf(failure), StringComparison.Ordinal);
    }

    private sealed class NativeFailure(string message) : ExternalException(message);
}
