using DisBack.Diffusion.Files;
using DisBack.Diffusion.TextToImage.Layers;
using DisBack.Diffusion.TextToImage.UNet;
using DisBack.Sdxl.Adapters;
using DisBack.Sdxl.Tests.Configuration;
using TorchSharp;
using static TorchSharp.torch;

namespace DisBack.Sdxl.Tests.Adapters;

/// <summary>Every form of a LoRA is understood in full, or refused by the name of what is not.</summary>
public sealed class LoraFileTests : IDisposable
{
    private const string ToOut = "unet.mid_block.attentions.0.transformer_blocks.3.attn2.to_out.0";
    private const long Width = 1280, Rank = 2;

    private readonly DirectoryInfo _folder = Directory.CreateTempSubdirectory();
    private readonly DisposeScope _scope = NewDisposeScope();
    private readonly ConditionalUNet _unet = new(SdxlConfigs.UNet, Placement.Shapes);
    private readonly NamedLayers _first = new(Placement.Shapes), _second = new(Placement.Shapes);

    private string Path => System.IO.Path.Combine(_folder.FullName, "adapter_model.safetensors");

    public void Dispose()
    {
        _unet.Dispose();
        _first.Dispose();
        _second.Dispose();
        _scope.Dispose();
        _folder.Delete(recursive: true);
    }

    [Theory]
    [InlineData("unet.mid_block.attentions.0.transformer_blocks.3.attn2.to_out.0.lora_A.weight", ".lora_B.weight")]
    [InlineData("mid_block.attentions.0.transformer_blocks.3.attn2.to_out.0.lora_A.weight", ".lora_B.weight")]
    [InlineData("unet.mid_block.attentions.0.transformer_blocks.3.attn2.to_out.0.lora_A.default.weight", ".lora_B.default.weight")]
    [InlineData("unet.mid_block.attentions.0.transformer_blocks.3.attn2.to_out.0.lora.down.weight", ".lora.up.weight")]
    [InlineData("unet.mid_block.attentions.0.transformer_blocks.3.attn2.processor.to_out_lora.down.weight", "_lora.up.weight")]
    [InlineData("mid_block.attentions.0.transformer_blocks.3.attn2.processor.to_out_lora.down.weight", "_lora.up.weight")]
    [InlineData("lora_unet_mid_block_attentions_0_transformer_blocks_3_attn2_to_out_0.lora_down.weight", ".lora_up.weight")]
    [InlineData("lora_unet_middle_block_1_transformer_blocks_3_attn2_to_out_0.lora_down.weight", ".lora_up.weight")]
    [InlineData("diffusion_model.middle_block.1.transformer_blocks.3.attn2.to_out.0.lora_A.weight", ".lora_B.weight")]
    public void Each_form_finds_its_module_and_takes_the_rank_for_alpha(string down, string upEnding)
    {
        var stem = down[..^upEnding.Replace("B", "A", StringComparison.Ordinal).Replace("up", "down", StringComparison.Ordinal).Length];

        using var lora = Open((down, zeros(Rank, Width)), (stem + upEnding, zeros(Width, Rank)));

        var module = Assert.Single(lora.Modules);
        Assert.Equal((ToOut, 1.0), (module.Name, module.Scale));
        Assert.Equal("1 of 1 modules", lora.Summary);
    }

    [Theory]
    [InlineData("text_encoder.q_proj.lora_A.weight", "text_encoder.q_proj.lora_B.weight", "text_encoder.q_proj")]
    [InlineData("text_encoder_2.q_proj.lora_A.weight", "text_encoder_2.q_proj.lora_B.weight", "text_encoder_2.q_proj")]
    [InlineData("lora_te1_out_proj.lora_down.weight", "lora_te1_out_proj.lora_up.weight", "text_encoder.out_proj")]
    [InlineData("lora_te2_out_proj.lora_down.weight", "lora_te2_out_proj.lora_up.weight", "text_encoder_2.out_proj")]
    [InlineData("text_encoder.q_proj.lora_linear_layer.down.weight", "text_encoder.q_proj.lora_linear_layer.up.weight", "text_encoder.q_proj")]
    [InlineData("text_encoder_2.to_out_lora.down.weight", "text_encoder_2.to_out_lora.up.weight", "text_encoder_2.out_proj")]
    public void Text_encoders_are_parts_of_a_file(string down, string up, string expected)
    {
        using var lora = Open((down, zeros(Rank, 6)), (up, zeros(6, Rank)));

        Assert.Equal(expected, Assert.Single(lora.Modules).Name);
    }

    [Theory]
    [InlineData("""{"unet.lora_alpha":8}""", 4)]
    [InlineData("""{"unet.lora_alpha":8,"unet.use_rslora":true}""", 5.656854249)]
    [InlineData("""{"unet.lora_alpha":8,"unet.alpha_pattern":{"mid_block.attentions.0.transformer_blocks.3.attn2.to_out.0":3}}""", 1.5)]
    [InlineData("""{"unet.lora_alpha":8,"unet.alpha_pattern":{"^mid_block.attentions.0.transformer_blocks.3.attn2.to_out.0":3}}""", 1.5)]
    [InlineData("""{"unet.lora_alpha":8,"unet.alpha_pattern":{"attn2.to_out.0":3},"unet.target_modules":["to_out.0"]}""", 1.5)]
    [InlineData("""{"text_encoder.lora_alpha":8}""", 1)]
    public void The_alpha_of_a_header_counts(string metadata, double scale)
    {
        Write(new Dictionary<string, string> { ["lora_adapter_metadata"] = metadata }, ToOut + ".lora_A.weight", ToOut + ".lora_B.weight");

        using var lora = LoraFile.Open(Path, AdapterPart.UNet(_unet));

        Assert.Equal(scale, Assert.Single(lora.Modules).Scale, 1e-9);
    }

    [Fact]
    public void The_alpha_of_a_tensor_is_of_its_module()
    {
        using var lora = Open(
            ("lora_te1_q_proj.lora_down.weight", zeros(Rank, 6)), ("lora_te1_q_proj.lora_up.weight", zeros(6, Rank)), ("lora_te1_q_proj.alpha", tensor(3f)),
            ("lora_te2_q_proj.lora_down.weight", zeros(4, 6)), ("lora_te2_q_proj.lora_up.weight", zeros(6, 4)), ("lora_te2_q_proj.alpha", tensor([1f])));

        Assert.Equal([("text_encoder.q_proj", 1.5), ("text_encoder_2.q_proj", 0.25)], lora.Modules.Select(module => (module.Name, module.Scale)));
    }

    [Fact]
    public void Peft_has_its_alpha_in_the_file_beside()
    {
        const string Stem = "base_model.model.mid_block.attentions.0.transformer_blocks.3.attn2.to_out.0";
        Write(null, Stem + ".lora_A.weight", Stem + ".lora_B.weight");
        File.WriteAllText(System.IO.Path.Combine(_folder.FullName, "adapter_config.json"), """{"peft_type":"LORA","r":2,"lora_alpha":16,"use_dora":false}""");

        using var lora = LoraFile.Open(Path, AdapterPart.UNet(_unet));

        var module = Assert.Single(lora.Modules);
        Assert.Equal((ToOut, 8.0), (module.Name, module.Scale));
    }

    [Theory]
    [InlineData("""{"unet.use_dora":true}""", "'unet.use_dora'")]
    [InlineData("""{"unet.lora_alpha":"large"}""", "'unet.lora_alpha'")]
    [InlineData("""{"unet.alpha_pattern":{"attn2.to_out.0":"x"}}""", "which is no object of numbers")]
    [InlineData("""{"unet.alpha_pattern":{"attn1.to_out.0":3}}""", "'attn1.to_out.0', which is no module that the file adapts")]
    [InlineData("""{"unet.alpha_pattern":{"^^attn2.to_out.0":3}}""", "'^^attn2.to_out.0', which is no module that the file adapts")]
    [InlineData("""{"unet.alpha_pattern":{"n2.to_out.0":3}}""", "'n2.to_out.0', which is no module that the file adapts")]
    [InlineData("""{"unet.lora_alpha":1e999}""", "is not finite")]
    [InlineData("""{"unet.alpha_pattern":{"attn2.to_out.0":3,"attn2.to_out.0":4}}""", "is no JSON")]
    [InlineData("[", "is no JSON")]
    public void A_header_that_says_something_else_is_refused(string metadata, string expected)
    {
        Write(new Dictionary<string, string> { ["lora_adapter_metadata"] = metadata }, ToOut + ".lora_A.weight", ToOut + ".lora_B.weight");

        Refused(expected, () => LoraFile.Open(Path, AdapterPart.UNet(_unet)));
    }

    [Fact]
    public void Peft_without_the_file_beside_is_refused()
    {
        const string Stem = "base_model.model.mid_block.attentions.0.transformer_blocks.3.attn2.to_out.0";
        Write(null, Stem + ".lora_A.weight", Stem + ".lora_B.weight");

        Refused("adapter_config.json", () => LoraFile.Open(Path, AdapterPart.UNet(_unet)));
    }

    [Theory]
    [InlineData("lora_unet_x.hada_w1_a", "holds a LoHa")]
    [InlineData("lora_unet_x.lokr_w1", "holds a LoKr")]
    [InlineData("lora_te1_q_proj.dora_scale", "holds a DoRA")]
    [InlineData("lora_te1_q_proj.lora_mid.weight", "LoCon")]
    [InlineData("lora_te1_q_proj.diff", "Tensor 'lora_te1_q_proj.diff' of")]
    [InlineData("lora_te1_k_proj.lora_down.weight", "has no module in the unet, text_encoder, text_encoder_2, where 'lora_te1_q_proj' is nearest")]
    [InlineData("lora_te1_q_proj.lora_B.weight", "are the same tensor of one module")]
    [InlineData("text_encoder.q_proj.lora_down.weight", "are the same tensor of one module")]
    [InlineData("lora_te2_q_proj.alpha", "without the other factor")]
    [InlineData("lora_te2_q_proj.lora_up.weight", "without the other factor")]
    public void One_tensor_without_a_place_is_enough_to_refuse_a_file(string name, string expected) => Refused(expected, () => Open(
        ("lora_te1_q_proj.lora_down.weight", zeros(Rank, 6)), ("lora_te1_q_proj.lora_up.weight", zeros(6, Rank)), (name, zeros(6, Rank))));

    [Fact]
    public void A_part_that_is_not_at_hand_is_refused()
    {
        SafetensorsFile.Write(Path, [("lora_te1_q_proj.lora_down.weight", zeros(Rank, 6))]);

        Refused("has no module in the unet", () => LoraFile.Open(Path, AdapterPart.UNet(_unet)));
    }

    [Theory]
    [InlineData(new long[] { 2, 7 }, new long[] { 6, 2 }, "'lora_te1_q_proj.lora_down.weight' of", "[2, 7] where [2, 6] is needed")]
    [InlineData(new long[] { 2, 6 }, new long[] { 6, 3 }, "'lora_te1_q_proj.lora_up.weight' of", "[6, 3] where [6, 2] is needed")]
    [InlineData(new long[] { 2, 6, 1, 1 }, new long[] { 6, 2 }, "'lora_te1_q_proj.lora_down.weight' of", "[2, 6, 1, 1] where [2, 6] is needed")]
    [InlineData(new long[] { 0, 6 }, new long[] { 6, 0 }, "'lora_te1_q_proj.lora_down.weight' of", "[0, 6] where [1, 6] is needed")]
    [InlineData(new long[0], new long[0], "'lora_te1_q_proj.lora_down.weight' of", "[] where [1, 6] is needed")]
    public void Factors_of_other_shapes_are_refused(long[] down, long[] up, string name, string shapes)
    {
        var refuse = () => Open(("lora_te1_q_proj.lora_down.weight", zeros(down)), ("lora_te1_q_proj.lora_up.weight", zeros(up)));

        Refused(name, refuse);
        Refused(shapes, refuse);
    }

    [Fact]
    public void Numbers_that_are_none_are_refused()
    {
        Refused("has the shape [6] where [] is needed", () => OpenWith("lora_te1_q_proj.alpha", zeros(6)));
        Refused("The alpha of 'lora_te1_q_proj.lora_down.weight'", () => OpenWith("lora_te1_q_proj.alpha", tensor(float.NaN)));
        Refused("the element type I64", () => OpenWith("lora_te1_q_proj.alpha", tensor(1L)));
        Refused("the element type I64", () => Open(
            ("lora_te1_q_proj.lora_down.weight", zeros([Rank, 6], ScalarType.Int64)), ("lora_te1_q_proj.lora_up.weight", zeros(6, Rank))));
        Refused("is no LoRA", () => Open());

        LoraFile OpenWith(string name, Tensor value) => Open(
            ("lora_te1_q_proj.lora_down.weight", zeros(Rank, 6)), ("lora_te1_q_proj.lora_up.weight", zeros(6, Rank)), (name, value));
    }

    [Fact]
    public void Values_that_are_not_finite_reach_no_weight()
    {
        using var network = new NamedLayers(new Placement(CPU, ScalarType.Float32));
        var part = AdapterPart.TextEncoder(network);
        var layer = part.Layers["q_proj"];
        layer.Weights.fill_(1);
        SafetensorsFile.Write(Path, [("lora_te1_q_proj.lora_down.weight", full([Rank, 6], double.NaN)), ("lora_te1_q_proj.lora_up.weight", zeros(6, Rank))]);
        using var lora = LoraFile.Open(Path, part);

        Refused("'lora_te1_q_proj.lora_down.weight' of", () => lora.Merge());
        Refused("a value that is not finite", () => lora.Attach());

        Assert.True(layer.Weights.equal(ones(6, 6)).all().item<bool>());
        Assert.Empty(layer.Adapters);
    }

    [Fact]
    public void SDXL_has_794_modules_that_a_LoRA_can_adapt_each_with_names_of_its_own()
    {
        var part = AdapterPart.UNet(_unet);

        Assert.Equal(794, part.Layers.Count);
        Assert.Equal(part.Layers.Keys.Order(), part.Paths.Values.Distinct().Order());
    }

    private void Write(IReadOnlyDictionary<string, string>? metadata, string down, string up) =>
        SafetensorsFile.Write(Path, [(down, zeros(Rank, Width)), (up, zeros(Width, Rank))], metadata);

    private LoraFile Open(params (string Name, Tensor Value)[] tensors)
    {
        SafetensorsFile.Write(Path, tensors);
        return LoraFile.Open(Path, AdapterPart.UNet(_unet), AdapterPart.TextEncoder(_first), AdapterPart.TextEncoder2(_second));
    }

    private static void Refused(string expected, Action open) =>
        Assert.Contains(expected, Assert.Throws<DisBackException>(open).Message, StringComparison.Ordinal);

    private static void Refused(string expected, Func<object> open) =>
        Assert.Contains(expected, Assert.Throws<DisBackException>(open).Message, StringComparison.Ordinal);
}
