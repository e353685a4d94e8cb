using DisBack.Diffusion.Files;
using DisBack.Diffusion.Tests.Oracles;
using DisBack.Sdxl.Sampling;
using DisBack.Specs.Networks;
using static TorchSharp.torch;

namespace DisBack.Sdxl.Tests.Sampling;

/// <summary>A seed is one picture: that of diffusers with the same seed, in whatever batch.</summary>
public sealed class SeededNoiseTests
{
    private static readonly SampleShape s_sdxl = new(4, 128, 128);

    [Theory]
    [InlineData(0)]
    [InlineData(42)]
    [InlineData(4294967303)]
    public void The_noise_of_a_seed_is_that_of_PyTorch(long seed)
    {
        using var scope = NewDisposeScope();
        using var file = SafetensorsFile.Open(OracleFiles.PathOf("sdxl", "seeds.safetensors"));
        using var noise = new SeededNoise(seed, 0, 1, s_sdxl);

        var first = noise.Next();

        Assert.Equal([1L, 4, 128, 128], first.shape);
        Assert.Equal(file.Read($"seed{seed}.float32.head").data<float>().ToArray(), first.flatten()[..64].data<float>().ToArray());
        Assert.Equal(file.Read($"seed{seed}.float32.tail").data<float>().ToArray(), first.flatten()[^16..].data<float>().ToArray());
        Assert.Equal(file.Read($"seed{seed}.float32.sum").item<double>(), first.to(ScalarType.Float64).sum().item<double>(), 1e-9);
    }

    [Theory]
    [InlineData(0)]
    [InlineData(42)]
    [InlineData(4294967303)]
    public void The_noise_between_steps_goes_on_with_the_same_generator(long seed)
    {
        using var scope = NewDisposeScope();
        using var file = SafetensorsFile.Open(OracleFiles.PathOf("sdxl", "seeds.safetensors"));
        using var noise = new SeededNoise(seed, 0, 1, new SampleShape(4, 96, 152));
        _ = noise.Next();

        Assert.Equal(file.Read($"seed{seed}.second_call.head").data<float>().ToArray(), noise.Next().flatten()[..64].data<float>().ToArray());
    }

    [Fact]
    public void A_picture_of_a_batch_can_be_drawn_again_alone_by_its_own_seed()
    {
        using var scope = NewDisposeScope();
        using var batch = new SeededNoise(40, 1, 3, s_sdxl);
        using var alone = new SeededNoise(43, 0, 1, s_sdxl);

        for (var step = 0; step < 2; step++)
        {
            Assert.True(batch.Next()[2].equal(alone.Next()[0]).all().item<bool>());
        }
    }
}
