using TorchSharp;
using static TorchSharp.torch;

namespace DisBack.Diffusion.Tests;

/// <summary>Devices are found by name or refused in one sentence; what is drawn on the CPU arrives unchanged.</summary>
public sealed class DevicesTests
{
    [Theory]
    [InlineData("gpu")]
    [InlineData("cuda:")]
    [InlineData("cuda:-1")]
    [InlineData("")]
    public void A_name_that_is_none_is_refused(string name) =>
        Assert.Contains("cpu, cuda or cuda:N", Assert.Throws<DisBackException>(() => Devices.Open(name)).Message, StringComparison.Ordinal);

    [Fact]
    public void A_device_that_this_host_does_not_have_is_refused_by_its_name() =>
        Assert.Contains("cuda:99", Assert.Throws<DisBackException>(() => Devices.Open("cuda:99")).Message, StringComparison.Ordinal);

    [Fact]
    public void The_cpu_is_always_there_and_needs_no_copy()
    {
        using var values = ones(3);
        Assert.Same(values, values.SentTo(Devices.Open("cpu")));
    }

    [Fact]
    public void What_is_sent_to_a_gpu_comes_back_in_the_same_bits()
    {
        Assert.SkipUnless(cuda.is_available(), "This machine has no CUDA device.");
        using var values = randn(1000);
        using var sent = values.SentTo(Devices.Open("cuda"));
        using var back = sent.cpu();
        Assert.Equal(DeviceType.CUDA, sent.device_type);
        Assert.True(back.Equals(values));
    }
}
