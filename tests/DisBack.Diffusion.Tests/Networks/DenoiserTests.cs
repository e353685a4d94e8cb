using DisBack.Diffusion.Conditions;
using DisBack.Diffusion.Networks;
using DisBack.Specs.Networks;
using TorchSharp;
using static TorchSharp.torch;

namespace DisBack.Diffusion.Tests.Networks;

/// <summary>Networks are what their settings say, begin as their generator says, and clean up after themselves.</summary>
public sealed class DenoiserTests
{
    private static readonly SongUnetSettings s_ddpmpp = new()
    {
        ImgResolution = 32, ImgChannels = 3, AugmentDim = 9, ChannelMult = [2, 2, 2],
    };

    private static readonly SongUnetSettings s_ncsnpp = s_ddpmpp with
    {
        EmbeddingType = EmbeddingType.Fourier, ChannelMultNoise = 2, EncoderType = EncoderType.Residual, ResampleFilter = [1, 3, 3, 1],
    };

    private static readonly DhariwalUnetSettings s_adm = new()
    {
        ImgResolution = 64, ImgChannels = 3, LabelDim = 1000,
        ModelChannels = 192, ChannelMult = [1, 2, 3, 4], NumBlocks = 3, AttnResolutions = [32, 16, 8],
    };

    /// <summary>The digits network.</summary>
    private static readonly SongUnetSettings s_small = new()
    {
        ImgResolution = 14, ImgChannels = 1, LabelDim = 10, ModelChannels = 16, ChannelMult = [1, 2], NumBlocks = 1, AttnResolutions = [7], Dropout = 0,
    };

    private static readonly DhariwalUnetSettings s_smallAdm = new()
    {
        ImgResolution = 14, ImgChannels = 1, LabelDim = 10, ModelChannels = 16, ChannelMult = [1, 2], NumBlocks = 1, AttnResolutions = [7], Dropout = 0,
    };

    public static IEnumerable<TheoryDataRow<string, NetworkSettings, long>> PublishedNetworks =>
    [
        new("CIFAR-10 unconditional ddpmpp", s_ddpmpp, 55_733_891),
        new("CIFAR-10 conditional ddpmpp", s_ddpmpp with { LabelDim = 10 }, 55_735_299),
        new("CIFAR-10 unconditional ncsnpp", s_ncsnpp, 56_397_827),
        new("FFHQ ddpmpp", s_ddpmpp with { ImgResolution = 64, ChannelMult = [1, 2, 2, 2] }, 61_805_571),
        new("FFHQ ncsnpp", s_ncsnpp with { ImgResolution = 64, ChannelMult = [1, 2, 2, 2] }, 62_761_091),
        new("ImageNet-64 adm", s_adm, 295_899_267),
    ];

    [Theory, MemberData(nameof(PublishedNetworks), DisableDiscoveryEnumeration = true)]
    public void Published_networks_have_their_number_of_parameters(string name, NetworkSettings settings, long parameters)
    {
        using var denoiser = Create(settings);
        Assert.True(denoiser.parameters().Sum(parameter => parameter.numel()) == parameters, name);
        Assert.Equal(parameters, settings.Size.Parameters);
    }

    public static IEnumerable<TheoryDataRow<NetworkSettings>> Variants =>
        from precond in Enum.GetValues<Preconditioning>()
        from encoder in Enum.GetValues<EncoderType>()
        from decoder in Enum.GetValues<DecoderType>()
        from filter in new double[][] { [1, 1], [1, 3, 3, 1] }
        select new TheoryDataRow<NetworkSettings>(s_small with { Precond = precond, EncoderType = encoder, DecoderType = decoder, ResampleFilter = filter });

    [Theory, MemberData(nameof(Variants), DisableDiscoveryEnumeration = true)]
    public void Every_variant_denoises_an_odd_half_resolution_and_reaches_every_parameter(NetworkSettings settings)
    {
        using var scope = NewDisposeScope();
        using var denoiser = Create(settings);
        Assert.Equal(denoiser.parameters().Sum(parameter => parameter.numel()), settings.Size.Parameters);
        var denoised = denoiser.forward(ones(2, 1, 14, 14), tensor([0.5f, 2f]), new ClassCondition(eye(10)[TensorIndex.Slice(0, 2)]));
        Assert.Equal([2, 1, 14, 14], denoised.shape);
        denoised.square().sum().backward();
        Assert.All(denoiser.named_parameters(), item => Assert.True(item.parameter.grad is { } gradient && gradient.isfinite().all().item<bool>(), item.name));
    }

    [Fact]
    public void State_has_EDMs_names()
    {
        using var denoiser = Create(s_small with
        {
            Precond = Preconditioning.Iddpm,
            EncoderType = EncoderType.Skip,
            DecoderType = DecoderType.Skip,
            EmbeddingType = EmbeddingType.Fourier,
            AugmentDim = 9,
        });
        var names = denoiser.State().Select(item => item.Name).ToHashSet();
        Assert.Superset(new HashSet<string>
        {
            "u", "model.map_noise.freqs", "model.map_label.weight", "model.map_label.bias", "model.map_augment.weight", "model.map_layer0.weight",
            "model.map_layer1.bias",
            "model.enc.14x14_conv.weight", "model.enc.14x14_block0.norm0.weight", "model.enc.14x14_block0.affine.bias",
            "model.enc.7x7_down.conv0.resample_filter",
            "model.enc.7x7_down.skip.resample_filter", "model.enc.7x7_aux_down.resample_filter", "model.enc.7x7_aux_skip.weight",
            "model.enc.7x7_block0.skip.weight",
            "model.enc.7x7_block0.qkv.weight", "model.dec.7x7_in0.proj.bias", "model.dec.7x7_in1.conv1.weight", "model.dec.7x7_block1.norm2.weight",
            "model.dec.7x7_aux_norm.weight", "model.dec.7x7_aux_conv.bias", "model.dec.14x14_aux_up.resample_filter", "model.dec.14x14_up.skip.weight",
            "model.dec.14x14_aux_conv.weight",
        }, names);
        Assert.DoesNotContain("model.map_augment.bias", names);
        Assert.DoesNotContain("model.enc.7x7_aux_down.weight", names);
        Assert.DoesNotContain("model.enc.14x14_block0.skip.weight", names);
        Assert.DoesNotContain("model.enc.14x14_conv.resample_filter", names);
    }

    [Theory]
    [InlineData(true)]
    [InlineData(false)]
    public void Initial_values_are_those_of_EDM_whatever_the_memory_held_before(bool song)
    {
        NetworkSettings settings = song ? s_small with { ModelChannels = 64, EmbeddingType = EmbeddingType.Fourier } : s_smallAdm with { ModelChannels = 64 };
        using var scope = NewDisposeScope();
        using var clean = Create(settings);
        DirtyTheHeap(clean.State().Select(item => item.Value.NumberOfElements));
        using var denoiser = Create(settings);
        foreach (var ((name, value), (_, again)) in denoiser.State().Zip(clean.State()))
        {
            Assert.True(value.Equals(again), $"{name} differs between two networks of one seed");
            var largest = value.abs().max().item<float>();
            var (layer, kind) = (name.Split('.')[^2], name.Split('.')[^1]);
            switch (kind)
            {
                case "weight" when layer.Contains("norm", StringComparison.Ordinal):
                    Assert.True((value == 1).all().item<bool>(), name);
                    break;
                case "bias" when song || layer is "proj" or "conv1" or "out_conv" || layer.Contains("norm", StringComparison.Ordinal):
                    Assert.True(largest == 0, name);
                    break;
                case "weight" or "bias" when !song && layer is "proj" or "conv1" or "out_conv":
                    Assert.True(largest == 0, name);
                    break;
                case "weight" when song:
                    long fanIn = value.NumberOfElements / value.shape[0], fanOut = value.NumberOfElements / value.shape[1];
                    var factor = layer is "proj" or "conv1" or "14x14_aux_conv" ? 1e-5 : layer == "qkv" ? Math.Sqrt(0.2) : 1;
                    Assert.InRange(largest, 0.9 * factor * Math.Sqrt(6.0 / (fanIn + fanOut)), 1.0001 * factor * Math.Sqrt(6.0 / (fanIn + fanOut)));
                    break;
                case "weight" when layer == "map_label":
                    Assert.InRange(value.std().item<float>(), 0.9, 1.1);
                    break;
                case "weight":
                    var bound = Math.Sqrt(1.0 / (value.NumberOfElements / value.shape[0]));
                    Assert.InRange(largest, 0.9 * bound, 1.0001 * bound);
                    break;
                case "bias":
                    Assert.True(largest > 0, name);
                    break;
                default:
                    Assert.Contains(kind, (string[])["freqs", "resample_filter"]);
                    break;
            }
        }
    }

    [Fact]
    public void Training_and_sampling_leave_no_tensor_behind()
    {
        foreach (var settings in (NetworkSettings[])[s_small with { Dropout = 0.1, LabelDropout = 0.1 }, s_smallAdm with { Precond = Preconditioning.Iddpm }])
        {
            using var denoiser = Create(settings);
            using var masks = new Generator(2);
            denoiser.DropoutGenerator = masks;
            Step();
            var before = DisposeScopeManager.Statistics.TensorStatistics.ThreadTotalLiveCount;
            for (var i = 0; i < 3; i++)
            {
                Step();
            }
            Assert.Equal(before, DisposeScopeManager.Statistics.TensorStatistics.ThreadTotalLiveCount);

            void Step()
            {
                // Everything made here is disposed by hand: what the network leaves behind has no scope to hide in.
                using var x = ones(2, 1, 14, 14);
                using var sigma = ones(2);
                using var labels = eye(2, 10);
                using var denoised = denoiser.forward(x, sigma, new ClassCondition(labels));
                using var loss = denoised.sum();
                loss.backward();
            }
        }
    }

    [Fact]
    public void Networks_outlive_the_scope_they_are_made_in()
    {
        Denoiser denoiser;
        using (NewDisposeScope())
        {
            denoiser = Create(s_small with { EmbeddingType = EmbeddingType.Fourier, Precond = Preconditioning.Iddpm });
        }
        using (denoiser)
        {
            Assert.All(denoiser.State(), item => Assert.False(item.Value.IsInvalid, item.Name));
        }
    }

    [Fact]
    public void Dropout_draws_from_its_generator_and_from_nothing_else()
    {
        using var scope = NewDisposeScope();
        using var denoiser = Create(s_small with { Dropout = 0.5 });
        // Visible in the output only once the layer after the dropout has weights.
        using (no_grad())
        {
            foreach (var (_, parameter) in denoiser.named_parameters())
            {
                parameter.add_(0.05);
            }
        }
        Tensor x = ones(2, 1, 14, 14), sigma = ones(2);
        Assert.Throws<InvalidOperationException>(() => denoiser.forward(x, sigma));
        Tensor Masked(ulong seed)
        {
            using var generator = new Generator(seed);
            denoiser.DropoutGenerator = generator;
            return denoiser.forward(x, sigma);
        }
        Assert.True(Masked(1).Equals(Masked(1)));
        Assert.False(Masked(1).Equals(Masked(2)));
        denoiser.eval();
        denoiser.DropoutGenerator = null;
        Assert.True(denoiser.forward(x, sigma).Equals(denoiser.forward(x, sigma)));
    }

    [Fact]
    public void A_network_without_a_class_is_one_with_an_empty_label()
    {
        using var scope = NewDisposeScope();
        using var denoiser = Create(s_small);
        using (no_grad())
        {
            foreach (var (_, parameter) in denoiser.named_parameters())
            {
                parameter.add_(0.05);
            }
        }
        Tensor x = ones(2, 1, 14, 14), sigma = ones(2, 1, 1, 1);
        Assert.True(denoiser.forward(x, sigma).allclose(denoiser.forward(x, ones(1), new ClassCondition(zeros(2, 10)))));
        Assert.False(denoiser.forward(x, sigma).allclose(denoiser.forward(x, sigma, new ClassCondition(eye(2, 10)))));
    }

    public static IEnumerable<TheoryDataRow<NetworkSettings, string>> Impossible =>
    [
        new(s_small with { ImgResolution = 15 }, "img_resolution"),
        new(s_small with { ChannelMult = [] }, "channel_mult"),
        new(s_small with { ModelChannels = 7 }, "model_channels"),
        new(s_small with { ModelChannels = 132 }, "model_channels"),
        new(s_small with { ResampleFilter = [1, 2, 1] }, "resample_filter"),
        new(s_small with { Dropout = 2 }, "Dropout"),
    ];

    [Theory, MemberData(nameof(Impossible), DisableDiscoveryEnumeration = true)]
    public void Impossible_settings_are_named(NetworkSettings settings, string named) =>
        Assert.Contains(named, Assert.Throws<DisBackException>(() => Create(settings)).Message, StringComparison.Ordinal);

    private static Denoiser Create(NetworkSettings settings)
    {
        using var init = new Generator(1);
        return Denoiser.Create(settings, init);
    }

    /// <summary>Frees memory full of garbage in the sizes that are asked for next.</summary>
    private static void DirtyTheHeap(IEnumerable<long> sizes)
    {
        using var scope = NewDisposeScope();
        foreach (var size in sizes.ToArray())
        {
            for (var i = 0; i < 4; i++)
            {
                full(size, i % 2 == 0 ? float.NaN : 1e30f);
            }
        }
    }
}
