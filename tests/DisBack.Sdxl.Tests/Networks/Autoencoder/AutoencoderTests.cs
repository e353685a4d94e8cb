using System.Text.Json;
using DisBack.Diffusion.Files;
using DisBack.Diffusion.Tests.Oracles;
using DisBack.Diffusion.TextToImage.Layers;
using DisBack.Sdxl.Configuration;
using DisBack.Sdxl.Networks.Autoencoder;
using TorchSharp;
using static TorchSharp.torch;

namespace DisBack.Sdxl.Tests.Networks.Autoencoder;

/// <summary>The autoencoder computes what diffusers' does with the same weights, under the same names.</summary>
public sealed class AutoencoderTests : IDisposable
{
    private readonly DisposeScope _scope = NewDisposeScope();
    private readonly SafetensorsFile _file = SafetensorsFile.Open(OracleFiles.PathOf("sdxl", "vae.safetensors"));
    private readonly PictureEncoder _encoder;
    private readonly PictureDecoder _decoder;

    public AutoencoderTests()
    {
        _encoder = new(Config(), new Placement(CPU, ScalarType.Float32));
        _decoder = new(Config(), new Placement(CPU, ScalarType.Float32));
        StrictLoading.Load(_file, Parameters(_encoder, _decoder), prefix: "weights.");
    }

    [Fact]
    public void Encoded_pictures_and_their_gradients_are_those_of_diffusers()
    {
        var picture = _file.Read("in.image").requires_grad_();
        Track(_encoder);

        var (mean, std) = _encoder.Encode(picture);
        OracleFiles.AssertAgrees(_file.Read("out.mean"), mean, "mean");
        OracleFiles.AssertAgrees(_file.Read("out.std"), std, "std");
        OracleFiles.AssertAgrees(_file.Read("out.latents"), _encoder.Sample(picture, _file.Read("in.noise")), "latents");

        ((mean + std * _file.Read("in.noise")) * _file.Read("in.latents")).sum().backward();
        OracleFiles.AssertAgrees(_file.Read("out.grad.image"), picture.grad!, "gradient of the picture");
        AssertGradientsAgree(_encoder);
    }

    [Fact]
    public void Decoded_latents_and_their_gradients_are_those_of_diffusers()
    {
        var latents = _file.Read("in.latents").requires_grad_();
        Track(_decoder);

        var picture = _decoder.forward(latents);
        OracleFiles.AssertAgrees(_file.Read("out.image"), picture, "image");

        (picture * _file.Read("in.cotangent")).sum().backward();
        OracleFiles.AssertAgrees(_file.Read("out.grad.latents"), latents.grad!, "gradient of the latents");
        AssertGradientsAgree(_decoder);
        OracleFiles.AssertAgrees(_file.Read("out.image"), _decoder.Decode(_file.Read("in.latents")), "image, decoded to be looked at");
    }

    [Fact]
    public void The_networks_of_SDXL_have_its_parameters_by_name_and_shape()
    {
        var sdxl = new AutoencoderConfig([128, 256, 512, 512], 2, 4, 32, 1024, 0.13025, ForceUpcast: true);
        using var encoder = new PictureEncoder(sdxl, Placement.Shapes);
        using var decoder = new PictureDecoder(sdxl, Placement.Shapes);
        using var tensors = JsonDocument.Parse(File.ReadAllBytes(OracleFiles.PathOf("sdxl", "sdxl-base-tensors.json")));
        var expected = tensors.RootElement.GetProperty("vae").GetProperty("shapes").EnumerateObject()
            .Select(tensor => $"{tensor.Name} {tensor.Value.GetRawText().Replace(" ", "", StringComparison.Ordinal)}");

        var actual = Parameters(encoder, decoder).Select(tensor => $"{tensor.Name} [{string.Join(',', tensor.Value.shape)}]");

        Assert.Equal(expected.Order(StringComparer.Ordinal), actual.Order(StringComparer.Ordinal));
        Assert.Equal(83_653_863, Parameters(encoder, decoder).Sum(tensor => tensor.Value.numel()));
        Assert.Equal(128, decoder.WholeSide);
    }

    [Fact]
    public void Former_names_of_the_attention_lead_to_its_parameters()
    {
        using var attention = new PixelAttention(4, 2, Placement.Shapes);

        Assert.Equal(
            attention.named_parameters().Select(parameter => parameter.name).Where(name => !name.StartsWith("group_norm", StringComparison.Ordinal)).Order(),
            from former in new[] { "query", "key", "value", "proj_attn" }
            from kind in new[] { "weight", "bias" }
            select PixelAttention.PresentName($"decoder.mid_block.attentions.0.{former}.{kind}")["decoder.mid_block.attentions.0.".Length..] into name
            orderby name
            select name);
        Assert.Equal("decoder.up_blocks.0.key.weight", PixelAttention.PresentName("decoder.up_blocks.0.key.weight"));
    }

    [Fact]
    public void Large_pictures_are_decoded_in_tiles_without_seams()
    {
        var latents = randn([1, 4, 40, 56], generator: new Generator(3));
        var whole = _decoder.Decode(latents, side: 56);

        var difference = _decoder.Decode(latents, side: 24) - whole;

        // Without blending it is 0.13, and a border of tiles has steps as large as the picture's own.
        Assert.InRange((difference.norm() / (whole - whole.mean()).norm()).item<float>(), 1e-3, 0.06);
        Assert.InRange(MeanSteps(difference).Max(), 0, MeanSteps(whole).Average() / 4);
    }

    [Theory]
    [InlineData(24, 6)]
    [InlineData(12, 12)]
    [InlineData(1, 144)]
    public void Latents_with_no_more_area_than_a_tile_are_decoded_whole(int height, int width)
    {
        var latents = randn([2, 4, height, width], generator: new Generator(3));

        Assert.True(_decoder.forward(latents).equal(_decoder.Decode(latents, side: 12)).all().item<bool>());
    }

    [Fact]
    public void A_decoder_out_of_its_range_says_so_instead_of_drawing_black()
    {
        var latents = randn([1, 4, 4, 4], generator: new Generator(3));
        Assert.Contains("The latents to decode have values that are no numbers", Error(_decoder, latents / 0), StringComparison.Ordinal);

        using var half = new PictureDecoder(Config(), new Placement(CPU, ScalarType.Float16));
        foreach (var (from, to) in _decoder.parameters().Zip(half.parameters()))
        {
            to.copy_(from);
        }
        Assert.True(half.Decode(latents).isfinite().all().item<bool>());
        Assert.Contains("exceed the range of float16", Error(half, latents * 1e4), StringComparison.Ordinal);

        _decoder.parameters().First()[0] = double.NaN;
        Assert.Contains("its weights are damaged", Error(_decoder, latents), StringComparison.Ordinal);

        static string Error(PictureDecoder decoder, Tensor latents) => Assert.Throws<DisBackException>(() => decoder.Decode(latents)).Message;
    }

    public void Dispose()
    {
        _encoder.Dispose();
        _decoder.Dispose();
        _file.Dispose();
        _scope.Dispose();
    }

    private AutoencoderConfig Config() => AutoencoderConfig.Read(ConfigReader.Parse(_file.Metadata["arguments"], "vae.safetensors"));

    private static float[] MeanSteps(Tensor picture) => picture.diff(dim: 3).abs().mean([0, 1, 2]).data<float>().ToArray();

    private static IEnumerable<(string Name, Tensor Value)> Parameters(params nn.Module[] networks) =>
        networks.SelectMany(network => network.named_parameters()).Select(parameter => (parameter.name, (Tensor)parameter.parameter));

    private static void Track(nn.Module network)
    {
        foreach (var parameter in network.parameters())
        {
            parameter.requires_grad = true;
        }
    }

    private void AssertGradientsAgree(nn.Module network)
    {
        var compared = 0;
        foreach (var (name, parameter) in Parameters(network))
        {
            if (_file.Entries.ContainsKey($"out.grad.weights.{name}"))
            {
                compared++;
                OracleFiles.AssertAgrees(_file.Read($"out.grad.weights.{name}"), parameter.grad!, $"gradient of {name}");
            }
        }
        Assert.NotEqual(0, compared);
    }
}
