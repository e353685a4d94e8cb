using DisBack.Diffusion.Networks;
using DisBack.Specs.Networks;
using DisBack.Specs.Training;
using static TorchSharp.torch;

namespace DisBack.Diffusion.Tests.Networks;

/// <summary>A network whose blocks compute in bfloat16 says nearly the same, and is trained in float32 all the same.</summary>
public sealed class PrecisionTests
{
    public static TheoryData<NetworkSettings> Networks =>
    [
        new SongUnetSettings
        {
            ImgResolution = 16, ImgChannels = 3, LabelDim = 3, ModelChannels = 32, ChannelMult = [1, 2], NumBlocks = 1, AttnResolutions = [8], Dropout = 0,
            EncoderType = EncoderType.Residual, DecoderType = DecoderType.Skip, ResampleFilter = [1, 3, 3, 1],
        },
        new DhariwalUnetSettings
        {
            ImgResolution = 16, ImgChannels = 3, LabelDim = 3, ModelChannels = 32, ChannelMult = [1, 2], NumBlocks = 1, AttnResolutions = [8], Dropout = 0,
        },
        new TextUnetSettings
        {
            SampleSize = 16, LatentChannels = 3, Levels = [new(32, 1, 0), new(64, 2, 2)], MiddleDepth = 1, LayersPerBlock = 1, ContextWidth = 24,
            PooledWidth = 8, TimeIdWidth = 8,
        },
    ];

    [Theory]
    [MemberData(nameof(Networks))]
    public void Denoised_samples_differ_by_less_than_three_percent(NetworkSettings settings)
    {
        using var scope = NewDisposeScope();
        using var network = Open(settings);
        foreach (var sigma in (double[])[0.02, 0.5, 10])
        {
            var (exact, rounded) = (Denoised(network, sigma, Precision.Fp32), Denoised(network, sigma, Precision.Bf16));
            Assert.Equal(ScalarType.Float32, rounded.dtype);
            Assert.InRange(((rounded - exact).norm() / exact.norm()).item<float>(), 1e-7, 0.03);
        }
    }

    [Theory]
    [MemberData(nameof(Networks))]
    public void Gradients_are_those_of_float32_weights(NetworkSettings settings)
    {
        using var scope = NewDisposeScope();
        using var network = Open(settings);
        var (exact, rounded) = (Gradient(Precision.Fp32), Gradient(Precision.Bf16));
        Assert.Equal(ScalarType.Float32, rounded.dtype);
        Assert.InRange(((exact * rounded).sum() / exact.norm() / rounded.norm()).item<float>(), 0.999, 1.000001);

        Tensor Gradient(Precision precision)
        {
            network.zero_grad();
            Denoised(network, 0.5, precision).square().sum().backward();
            return cat([.. network.parameters().Where(weight => weight.grad is not null).Select(weight => weight.grad!.flatten())]).clone();
        }
    }

    [Theory]
    [MemberData(nameof(Networks))]
    public void Weights_rounded_once_give_the_bits_of_weights_rounded_in_each_call(NetworkSettings settings)
    {
        using var scope = NewDisposeScope();
        using var network = Open(settings);
        using var untracked = no_grad();
        var before = Denoised(network, 0.5, Precision.Bf16);
        var bytes = Bytes();
        network.RoundBlocks();
        Assert.True(Denoised(network, 0.5, Precision.Bf16).Equals(before));
        Assert.InRange(Bytes(), bytes / 2, bytes * 3 / 4);

        long Bytes() => network.parameters().Sum(weight => weight.numel() * weight.element_size());
    }

    private static Denoiser Open(NetworkSettings settings)
    {
        using var init = new Generator(1);
        var network = Denoiser.Create(settings, init);
        network.eval();
        network.parameters().ToList().ForEach(weight => weight.requires_grad_());
        using var untracked = no_grad();
        // The last layers of fresh networks are zero, or nearly.
        foreach (var weight in network.parameters().Where(weight => weight.abs().max().item<float>() < 0.01))
        {
            weight.copy_(randn(weight.shape, generator: init) * 0.1);
        }
        return network;
    }

    private static Tensor Denoised(Denoiser network, double sigma, Precision precision)
    {
        network.Precision = precision;
        using var noise = new Generator(2);
        return network.forward(randn([4, 3, 16, 16], generator: noise) * Math.Sqrt(sigma * sigma + 0.25), full(4, sigma));
    }
}
