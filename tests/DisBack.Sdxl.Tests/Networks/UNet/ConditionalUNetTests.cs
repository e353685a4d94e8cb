using System.Text.Json;
using DisBack.Diffusion.Tests.Oracles;
using DisBack.Diffusion.TextToImage.UNet;
using TorchSharp;
using static TorchSharp.torch;

namespace DisBack.Sdxl.Tests.Networks.UNet;

/// <summary>SDXL's UNet computes what diffusers' computes, and gives back all the memory that it takes.</summary>
public sealed class ConditionalUNetTests
{
    [Fact]
    public void Output_and_every_gradient_agree_with_diffusers()
    {
        using var scope = NewDisposeScope();
        using var oracle = new UNetOracle();
        using var network = oracle.Load();
        foreach (var parameter in network.parameters())
        {
            parameter.requires_grad_();
        }
        var file = oracle.File;
        var (latents, context, pooled) = (Input("in.latents"), Input("in.encoder_hidden_states"), Input("in.text_embeds"));

        var sample = network.forward(latents, file.Read("in.timesteps"), context, pooled, file.Read("in.time_ids"));
        OracleFiles.AssertAgrees(file.Read("out.sample"), sample, "out.sample");

        (sample * file.Read("in.cotangent")).sum().backward();
        OracleFiles.AssertAgrees(file.Read("out.grad.latents"), latents.grad!, "out.grad.latents");
        OracleFiles.AssertAgrees(file.Read("out.grad.encoder_hidden_states"), context.grad!, "out.grad.encoder_hidden_states");
        OracleFiles.AssertAgrees(file.Read("out.grad.text_embeds"), pooled.grad!, "out.grad.text_embeds");
        var expected = file.Entries.Keys.Where(name => name.StartsWith("out.grad.weights.", StringComparison.Ordinal)).ToArray();
        Assert.Equal(840, expected.Length);
        // A gradient that is zero but for rounding has no digits of its own to compare: it counts beside the largest.
        var rounding = 1e-5 * expected.Max(name => file.Read(name).abs().max().item<float>());
        var parameters = network.named_parameters().ToDictionary(entry => "out.grad.weights." + entry.name, entry => entry.parameter);
        Assert.All(expected, name => OracleFiles.AssertAgrees(file.Read(name), parameters[name].grad!, name, rounding));

        Tensor Input(string name) => file.Read(name).requires_grad_();
    }

    /// <summary>In order of execution: the first that fails names the module that is wrong.</summary>
    [Fact]
    public void Every_stage_agrees_with_diffusers()
    {
        using var scope = NewDisposeScope();
        using var untracked = no_grad();
        using var oracle = new UNetOracle();
        using var network = oracle.Load();
        var file = oracle.File;
        var modules = network.named_modules().ToDictionary(entry => entry.name, entry => entry.module);
        var context = file.Read("in.encoder_hidden_states");

        var x = Agreed("conv_in", ((DisBack.Diffusion.TextToImage.Layers.Conv2d)modules["conv_in"]).forward(file.Read("in.latents")));
        var time = Agreed("time_embedding", Module<TimestepEmbedding>("time_embedding").forward(Sinusoids.Of(file.Read("in.timesteps"), 8)));
        var sizes = Sinusoids.Of(file.Read("in.time_ids").flatten(), 8).view(2, -1);
        var added = Agreed("add_embedding", Module<TimestepEmbedding>("add_embedding").forward(cat([file.Read("in.text_embeds"), sizes], 1)));
        var emb = time + added;
        var skips = new Stack<Tensor>([x]);
        for (var level = 0; level < 3; level++)
        {
            foreach (var stage in Module<DownBlock>($"down_blocks.{level}").forward(skips.Peek(), emb, context))
            {
                skips.Push(stage);
            }
            Agreed($"down_blocks.{level}", skips.Peek());
        }
        x = Agreed("mid_block", Module<MiddleBlock>("mid_block").forward(skips.Peek(), emb, context));
        for (var level = 0; level < 3; level++)
        {
            x = Agreed($"up_blocks.{level}", Module<UpBlock>($"up_blocks.{level}").forward(x, emb, context, skips));
        }
        Assert.Empty(skips);

        T Module<T>(string name) where T : nn.Module => (T)modules[name];

        Tensor Agreed(string name, Tensor actual)
        {
            OracleFiles.AssertAgrees(file.Read($"probe.{name}"), actual, $"probe.{name}");
            return actual;
        }
    }

    [Fact]
    public void The_middle_is_what_a_classifier_reads()
    {
        using var scope = NewDisposeScope();
        using var untracked = no_grad();
        using var oracle = new UNetOracle();
        using var network = oracle.Load();
        var file = oracle.File;

        var middle = network.Middle(
            file.Read("in.latents"), file.Read("in.timesteps"), file.Read("in.encoder_hidden_states"), file.Read("in.text_embeds"), file.Read("in.time_ids"));

        OracleFiles.AssertAgrees(file.Read("probe.mid_block"), middle, "probe.mid_block");
    }

    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public void Odd_sizes_and_a_time_between_two_agree_with_diffusers(bool withoutExtent)
    {
        using var scope = NewDisposeScope();
        using var untracked = no_grad();
        using var oracle = new UNetOracle();
        using var network = oracle.Load();
        var file = oracle.File;
        var time = file.Read("odd.in.timestep");

        var sample = network.forward(
            file.Read("odd.in.latents"), withoutExtent ? time.squeeze() : time,
            file.Read("odd.in.encoder_hidden_states"), file.Read("odd.in.text_embeds"), file.Read("odd.in.time_ids"));

        OracleFiles.AssertAgrees(file.Read("odd.out.sample"), sample, "odd.out.sample");
    }

    [Theory]
    [InlineData(ScalarType.BFloat16, 0.05)]
    [InlineData(ScalarType.Float16, 0.01)]
    public void Shorter_types_agree_to_their_own_precision(ScalarType type, double tolerance)
    {
        using var scope = NewDisposeScope();
        using var untracked = no_grad();
        using var oracle = new UNetOracle();
        using var network = oracle.Load(type);

        var sample = oracle.Forward(network);

        Assert.Equal(type, sample.dtype);
        var expected = oracle.File.Read("out.sample");
        var deviation = ((sample.to(ScalarType.Float32) - expected).norm() / expected.norm()).item<float>();
        Assert.InRange(deviation, 1e-6, tolerance);
    }

    /// <summary>A wrong epsilon of a normalisation is far below the usual tolerance, and above what float32 cost diffusers.</summary>
    [Fact]
    public void In_float64_the_output_differs_by_the_rounding_of_diffusers_alone()
    {
        using var scope = NewDisposeScope();
        using var untracked = no_grad();
        using var oracle = new UNetOracle();
        using var network = oracle.Load(ScalarType.Float64);
        using var rounding = JsonDocument.Parse(oracle.File.Metadata["float64_deviation"]);

        var sample = oracle.Forward(network);

        var expected = oracle.File.Read("out.sample").to(ScalarType.Float64);
        var deviation = ((sample - expected).norm() / expected.norm()).item<double>();
        Assert.InRange(deviation, 0, 1.5 * rounding.RootElement.GetProperty("out.sample").GetDouble());
    }

    [Fact]
    public void A_forward_pass_leaves_its_result_and_no_other_tensor()
    {
        using var oracle = new UNetOracle();
        using var network = oracle.Load();
        using var untracked = no_grad();
        using var scope = NewDisposeScope();
        var inputs = new[] { "in.latents", "in.timesteps", "in.encoder_hidden_states", "in.text_embeds", "in.time_ids" }.Select(oracle.File.Read).ToArray();
        var before = DisposeScopeManager.Statistics.ThreadTotalLiveCount;

        _ = network.forward(inputs[0], inputs[1], inputs[2], inputs[3], inputs[4]);

        Assert.Equal(before + 1, DisposeScopeManager.Statistics.ThreadTotalLiveCount);
    }
}
