using System.Text.Json.Nodes;
using DisBack.Diffusion.Files;
using DisBack.Diffusion.Tests.Oracles;
using DisBack.Diffusion.TextToImage.Layers;
using DisBack.Sdxl.Configuration;
using DisBack.Sdxl.Networks.Text;
using static TorchSharp.torch;

namespace DisBack.Sdxl.Tests.Networks.Text;

/// <summary>Both text encoders compute what transformers computes.</summary>
public sealed class ClipTextEncoderTests
{
    [Theory]
    [InlineData("text-encoder-quick-gelu", "out.pooler_output")]
    [InlineData("text-encoder-gelu-projection", "out.text_embeds")]
    public void Every_hidden_state_and_the_pooled_text_agree_with_transformers(string name, string pooled)
    {
        using var scope = NewDisposeScope();
        using var file = SafetensorsFile.Open(OracleFiles.PathOf("sdxl", name + ".safetensors"));
        using var network = Load(file);
        var ids = file.Read("in.input_ids");

        var (hidden, last) = network.states(ids);
        var encoding = network.forward(ids);

        Assert.Equal(file.Entries.Keys.Count(key => key.StartsWith("probe.hidden_states.", StringComparison.Ordinal)), hidden.Count);
        foreach (var (layer, state) in hidden.Index())
        {
            OracleFiles.AssertAgrees(file.Read($"probe.hidden_states.{layer}"), state, $"hidden state {layer}");
        }
        OracleFiles.AssertAgrees(file.Read("out.last_hidden_state"), last, "last hidden state");
        OracleFiles.AssertAgrees(file.Read("out.penultimate"), encoding.Sequence, "sequence");
        OracleFiles.AssertAgrees(file.Read(pooled), encoding.Pooled, pooled);
    }

    [Fact]
    public void The_text_is_pooled_at_its_first_end_mark_whatever_follows()
    {
        using var scope = NewDisposeScope();
        using var file = SafetensorsFile.Open(OracleFiles.PathOf("sdxl", "text-encoder-quick-gelu.safetensors"));
        using var network = Load(file);

        var padded = tensor(new long[] { 1022, 5, 6, 1023, 1023, 7, 1023 }, [1, 7]);

        OracleFiles.AssertAgrees(network.forward(padded[.., ..4]).Pooled, network.forward(padded).Pooled, "pooled text");
    }

    [Theory]
    [InlineData("text_encoder", 123_060_480, 196)]
    [InlineData("text_encoder_2", 694_659_840, 517)]
    public void At_the_true_size_every_name_and_shape_is_that_of_the_published_weights(string encoder, long parameters, int tensors)
    {
        using var network = new ClipTextEncoder(encoder == "text_encoder"
            ? new(49_408, 77, 768, 3072, 12, 12, TextActivation.QuickGelu, 1e-5, ProjectionWidth: null)
            : new(49_408, 77, 1280, 5120, 32, 20, TextActivation.Gelu, 1e-5, ProjectionWidth: 1280), Placement.Shapes);
        var published = JsonNode.Parse(File.ReadAllText(OracleFiles.PathOf("sdxl", "sdxl-base-tensors.json")))![encoder]!["shapes"]!.AsObject();

        var found = network.named_parameters().Select(parameter => $"{parameter.name} [{string.Join(',', parameter.parameter.shape)}]").ToList();

        Assert.Equal(published.Select(tensor => $"{tensor.Key} {tensor.Value!.ToJsonString()}").Order(), found.Order());
        Assert.Equal((parameters, tensors), (network.parameters().Sum(parameter => parameter.numel()), found.Count));
    }

    [Fact]
    public void In_half_precision_it_computes_in_half_precision()
    {
        using var scope = NewDisposeScope();
        using var network = new ClipTextEncoder(new(8, 4, 6, 12, 2, 3, TextActivation.QuickGelu, 1e-5, ProjectionWidth: 5), new(CPU, ScalarType.Float16));
        foreach (var parameter in network.parameters())
        {
            parameter.fill_(0.5f);
        }

        var encoding = network.forward(tensor(new long[] { 1, 2, 7, 7 }, [1, 4]));

        Assert.Equal((ScalarType.Float16, ScalarType.Float16), (encoding.Sequence.dtype, encoding.Pooled.dtype));
        Assert.Equal([1L, 5], encoding.Pooled.shape);
    }

    private static ClipTextEncoder Load(SafetensorsFile file)
    {
        var arguments = JsonNode.Parse(file.Metadata["arguments"])!.AsObject();
        arguments["architectures"] = new JsonArray(file.Metadata["network"]);
        var network = new ClipTextEncoder(TextEncoderConfig.Read(ConfigReader.Parse(arguments.ToJsonString(), "arguments")), new(CPU, ScalarType.Float32));
        StrictLoading.Load(file, [.. network.named_parameters().Select(parameter => (parameter.name, (Tensor)parameter.parameter))], "weights.");
        return network;
    }
}
