using DisBack.Diffusion.Conditions;
using DisBack.Diffusion.Networks;
using DisBack.Diffusion.TextToImage.Layers;
using DisBack.Diffusion.TextToImage.UNet;
using DisBack.Specs.Networks;
using static TorchSharp.torch;

namespace DisBack.Diffusion.Tests.Networks;

/// <summary>SDXL's UNet as a denoiser, and adapters on one that is shared; what the network itself computes is proven by its oracle.</summary>
public sealed class TextDenoiserTests
{
    internal static readonly TextUnetSettings Settings = new()
    {
        SampleSize = 8,
        Levels = [new(8, 1, 0), new(16, 2, 1)],
        LayersPerBlock = 1,
        MiddleDepth = 1,
        ContextWidth = 12,
        TimeIdWidth = 4,
        PooledWidth = 6,
        NormGroups = 4,
    };

    private static readonly AdapterSettings s_adapters = new() { Rank = 3, Alpha = 6 };

    [Fact]
    public void Without_a_condition_the_text_is_zeros()
    {
        using var scope = NewDisposeScope();
        using var network = Open();
        using var untracked = no_grad();
        var (x, sigma) = Noisy();

        var shown = network.forward(x, sigma, Texts(zeros(2, 77, 12), zeros(2, 6)));

        Assert.True(network.forward(x, sigma).equal(shown).all().item<bool>());
        Assert.False(network.forward(x, sigma, Texts(ones(2, 77, 12), ones(2, 6))).allclose(shown));
    }

    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public void Shapes_alone_have_the_names_and_shapes_of_the_network_and_no_values(bool adapts)
    {
        using var scope = NewDisposeScope();
        using var whole = Open();
        using var network = adapts ? Adapt(whole) : Open();

        using var shapes = Denoiser.OfShapes((TextUnetSettings)network.Settings);

        Assert.Equal(network.State().Select(Described), shapes.State().Select(Described));
        Assert.All(shapes.State(), tensor => Assert.Equal(TorchSharp.DeviceType.META, tensor.Value.device_type));

        static (string, string) Described((string Name, Tensor Value) tensor) => (tensor.Name, string.Join(",", tensor.Value.shape));
    }

    [Fact]
    public void Classes_are_no_texts()
    {
        using var network = Open();
        var (x, sigma) = Noisy();

        var error = Assert.Throws<DisBackException>(() => network.forward(x, sigma, new ClassCondition(ones(2, 3))));

        Assert.Contains("give it embeddings of texts", error.Message, StringComparison.Ordinal);
    }

    /// <summary>So node 0 of a trajectory of adapters is exactly the teacher.</summary>
    [Fact]
    public void Fresh_adapters_say_what_the_network_says_and_share_its_weights()
    {
        using var scope = NewDisposeScope();
        using var whole = Open();
        using var untracked = no_grad();
        using var adapted = Adapt(whole);
        var (x, sigma) = Noisy();
        var before = whole.forward(x, sigma);
        Assert.True(adapted.forward(x, sigma).equal(before).all().item<bool>());

        whole.parameters().First().add_(1);

        Assert.False(whole.forward(x, sigma).allclose(before));
        Assert.True(adapted.forward(x, sigma).equal(whole.forward(x, sigma)).all().item<bool>());
    }

    [Fact]
    public void Two_networks_of_adapters_on_one_do_not_see_each_other()
    {
        using var scope = NewDisposeScope();
        using var whole = Open();
        using var untracked = no_grad();
        using var first = Adapt(whole);
        using var second = Adapt(whole);
        var (x, sigma) = Noisy();
        var before = whole.forward(x, sigma);

        foreach (var factor in first.parameters())
        {
            factor.add_(0.1);
        }

        Assert.False(first.forward(x, sigma).allclose(before));
        Assert.True(second.forward(x, sigma).equal(before).all().item<bool>());
        Assert.True(whole.forward(x, sigma).equal(before).all().item<bool>());
    }

    [Fact]
    public void Adapters_are_all_that_is_trained_and_written_of_a_network_of_adapters()
    {
        using var whole = Open();
        using var adapted = Adapt(whole);
        var (x, sigma) = Noisy();

        using var stream = new Generator(6);
        adapted.forward(x, sigma, Texts(randn([2, 7, 12], generator: stream), randn([2, 6], generator: stream))).square().sum().backward();

        Assert.All(adapted.State(), entry => Assert.Matches(@"^unet\..+\.lora_[AB]\.weight$", entry.Name));
        // The first factor gets none while the second is zero.
        Assert.All(
            adapted.named_parameters().Where(entry => entry.name.Contains("lora_B", StringComparison.Ordinal)),
            entry => Assert.True(entry.parameter.grad!.abs().sum().item<float>() > 0, entry.name));
        Assert.All(whole.parameters(), weight => Assert.Null(weight.grad));
    }

    [Fact]
    public void What_keeps_the_weights_is_let_go_with_the_adapters()
    {
        using var whole = Open();
        var held = new Held();

        Adapt(whole, held).Dispose();

        Assert.Equal(1, held.Disposals);
    }

    /// <summary>DMD2's LoRA of SDXL: 788 modules on 14 names of layers, 196,751,360 parameters.</summary>
    [Fact]
    public void Adapters_of_SDXL_are_as_many_as_published()
    {
        using var network = new ConditionalUNet(new TextUnetSettings(), Placement.Shapes);

        using var adapters = AdapterModules.AddTo(network, new AdapterSettings(), init: null);

        Assert.Equal((2 * 788, 196_751_360), (adapters.parameters().Count(), adapters.parameters().Sum(factor => factor.numel())));
    }

    [Fact]
    public void Networks_of_images_have_no_such_adapters()
    {
        using var init = new Generator(1);
        using var network = Denoiser.Create(new SongUnetSettings { ImgResolution = 8, ModelChannels = 8, ChannelMult = [1] }, init);

        Assert.Throws<DisBackException>(() => network.WithAdapters(s_adapters, init, new Held()));
    }

    private static Denoiser Open()
    {
        using var init = new Generator(3);
        var network = Denoiser.Create(Settings, init);
        network.eval();
        return network;
    }

    private static Denoiser Adapt(Denoiser whole, IDisposable? held = null)
    {
        foreach (var weight in whole.parameters())
        {
            weight.requires_grad = false;
        }
        using var init = new Generator(4);
        return whole.WithAdapters(s_adapters, init, held ?? new Held());
    }

    private static (Tensor X, Tensor Sigma) Noisy()
    {
        using var stream = new Generator(5);
        return (randn([2, 4, 8, 8], generator: stream), tensor(new[] { 0.5f, 3f }));
    }

    private static EmbeddingCondition Texts(Tensor context, Tensor pooled) =>
        new(new Dictionary<string, Tensor> { ["encoder_hidden_states"] = context, ["text_embeds"] = pooled });

    private sealed class Held : IDisposable
    {
        public int Disposals { get; private set; }

        public void Dispose() => Disposals++;
    }
}
