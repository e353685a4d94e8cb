using DisBack.Diffusion.Files;
using DisBack.Diffusion.Tests.Oracles;
using DisBack.Sdxl.Adapters;
using DisBack.Sdxl.Tests.Networks.UNet;
using static TorchSharp.torch;

namespace DisBack.Sdxl.Tests.Adapters;

/// <summary>One LoRA in three forms does what peft does with it, in the weights and beside them.</summary>
public sealed class LoraOracleTests
{
    public static TheoryData<string, string> Files => new()
    {
        { "lora-diffusers.safetensors", "out.sample.alpha4" },
        { "lora-kohya.safetensors", "out.sample.alpha2" },
        { "lora-kohya-diffusers-names.safetensors", "out.sample.alpha2" },
    };

    [Theory, MemberData(nameof(Files))]
    public void A_merged_file_gives_the_output_of_peft(string file, string expected) => Check(file, expected, lora => lora.Merge());

    [Theory, MemberData(nameof(Files))]
    public void An_attached_file_gives_the_output_of_peft(string file, string expected) => Check(file, expected, lora => lora.Attach());

    [Fact]
    public void Half_the_strength_is_half_of_alpha()
    {
        Check("lora-diffusers.safetensors", "out.sample.alpha2", lora => lora.Merge(0.5));
        Check("lora-diffusers.safetensors", "out.sample.alpha2", lora => lora.Attach(0.5));
    }

    [Fact]
    public void Two_attached_files_add_up() => Check("lora-diffusers.safetensors", "out.sample.alpha4", lora =>
    {
        lora.Attach(0.25);
        lora.Attach(0.75);
    });

    [Fact]
    public void Merged_weights_are_those_of_peft()
    {
        using var scope = NewDisposeScope();
        using var oracle = new UNetOracle();
        using var network = oracle.Load();
        using var reference = Open("lora.safetensors");
        using var lora = LoraFile.Open(OracleFiles.PathOf("sdxl", "lora-kohya.safetensors"), AdapterPart.UNet(network));

        lora.Merge();

        var weights = network.named_parameters().ToDictionary(entry => "out.merged." + entry.name, entry => entry.parameter);
        var merged = reference.Entries.Keys.Where(name => name.StartsWith("out.merged.", StringComparison.Ordinal)).ToArray();
        Assert.Equal(9, merged.Length);
        Assert.All(merged, name => OracleFiles.AssertAgrees(reference.Read(name), weights[name], name));
    }

    [Fact]
    public void Both_factors_get_the_gradients_of_peft_and_the_weights_none()
    {
        using var scope = NewDisposeScope();
        using var oracle = new UNetOracle();
        using var network = oracle.Load();
        using var reference = Open("lora.safetensors");
        using var lora = LoraFile.Open(OracleFiles.PathOf("sdxl", "lora-kohya-diffusers-names.safetensors"), AdapterPart.UNet(network));
        using var attached = lora.Attach();

        (oracle.Forward(network) * oracle.File.Read("in.cotangent")).sum().backward();

        var factors = attached.Parameters.ToDictionary(entry => entry.Name.Replace("unet.", "out.grad.", StringComparison.Ordinal), entry => entry.Value);
        var gradients = reference.Entries.Keys.Where(name => name.StartsWith("out.grad.", StringComparison.Ordinal)).ToArray();
        Assert.Equal(18, gradients.Length);
        Assert.All(gradients, name => OracleFiles.AssertAgrees(reference.Read(name), factors[name].grad!, name));
        Assert.All(network.parameters(), parameter => Assert.Null(parameter.grad));
    }

    [Fact]
    public void A_network_is_as_before_when_its_LoRA_is_taken_off()
    {
        using var scope = NewDisposeScope();
        using var untracked = no_grad();
        using var oracle = new UNetOracle();
        using var network = oracle.Load();
        using var lora = LoraFile.Open(OracleFiles.PathOf("sdxl", "lora-kohya.safetensors"), AdapterPart.UNet(network));

        lora.Attach().Dispose();

        OracleFiles.AssertAgrees(oracle.File.Read("out.sample"), oracle.Forward(network), "out.sample");
        Assert.Equal(840, network.parameters().Count());
    }

    [Fact]
    public void Weights_of_a_shorter_type_get_the_sum_rounded_once()
    {
        using var scope = NewDisposeScope();
        using var oracle = new UNetOracle();
        using var network = oracle.Load(ScalarType.BFloat16);
        using var lora = LoraFile.Open(OracleFiles.PathOf("sdxl", "lora-kohya.safetensors"), AdapterPart.UNet(network));
        using var factors = Open("lora-kohya.safetensors");
        const string Key = "lora_unet_input_blocks_4_1_proj_in";
        var weight = network.named_parameters().Single(entry => entry.name == "down_blocks.1.attentions.0.proj_in.weight").parameter;
        var product = factors.Read($"{Key}.lora_up.weight").matmul(factors.Read($"{Key}.lora_down.weight"));
        var expected = (weight.to(ScalarType.Float32) + (product * 0.5)).to(ScalarType.BFloat16);

        lora.Merge();

        Assert.True(weight.equal(expected).all().item<bool>());
        using var attached = lora.Attach();
        using var untracked = no_grad();
        Assert.Equal(ScalarType.BFloat16, oracle.Forward(network).dtype);
    }

    private static void Check(string file, string expected, Action<LoraFile> apply)
    {
        using var scope = NewDisposeScope();
        using var untracked = no_grad();
        using var oracle = new UNetOracle();
        using var network = oracle.Load();
        using var reference = Open("lora.safetensors");
        using var lora = LoraFile.Open(OracleFiles.PathOf("sdxl", file), AdapterPart.UNet(network));
        Assert.Equal("368 of 368 modules", lora.Summary);

        apply(lora);

        OracleFiles.AssertAgrees(reference.Read(expected), oracle.Forward(network), expected);
    }

    private static SafetensorsFile Open(string name) => SafetensorsFile.Open(OracleFiles.PathOf("sdxl", name));
}
