using System.Text.Json;
using DisBack.Diffusion.Files;
using DisBack.Diffusion.Tests.Oracles;
using DisBack.Sdxl.Configuration;
using DisBack.Sdxl.Networks.Text;
using DisBack.Sdxl.Prompts;
using DisBack.Sdxl.Tests.Tokens;
using DisBack.Sdxl.Tokens;
using TorchSharp;
using static TorchSharp.torch;

namespace DisBack.Sdxl.Tests.Prompts;

/// <summary>Prompts become what the pipeline of diffusers gives its denoiser.</summary>
public sealed class PromptEncoderTests : IDisposable
{
    private static readonly string s_folder = OracleFiles.PathOf("sdxl", "mini");

    private readonly DisposeScope _scope = NewDisposeScope();
    private readonly SafetensorsFile _oracle = SafetensorsFile.Open(OracleFiles.PathOf("sdxl", "pipeline.safetensors"));
    private readonly ClipTokenizer _tokenizer = ClipTokenizer.Open(Path.Combine(s_folder, "tokenizer"));
    private readonly ClipTokenizer _tokenizer2 = ClipTokenizer.Open(Path.Combine(s_folder, "tokenizer_2"));
    private readonly ClipTextEncoder _network = Load("text_encoder");
    private readonly ClipTextEncoder _network2 = Load("text_encoder_2");

    public void Dispose()
    {
        _network.Dispose();
        _network2.Dispose();
        _oracle.Dispose();
        _scope.Dispose();
    }

    [Theory]
    [InlineData("prompts", "in.input_ids", "in.input_ids_2")]
    [InlineData("negative_prompts", "in.negative_input_ids", "in.negative_input_ids_2")]
    public void The_ids_of_the_model_folder_agree_with_diffusers(string prompts, string first, string second)
    {
        Assert.Equal(_oracle.Read(first).data<long>(), Texts(prompts).SelectMany(prompt => _tokenizer.Encode(prompt).Ids));
        Assert.Equal(_oracle.Read(second).data<long>(), Texts(prompts).SelectMany(prompt => _tokenizer2.Encode(prompt).Ids));
    }

    [Theory]
    [InlineData("prompts", "text.prompt_embeds", "text.text_embeds")]
    [InlineData("negative_prompts", "text.negative_prompt_embeds", "text.negative_text_embeds")]
    public void A_batch_of_prompts_is_encoded_as_diffusers_does(string prompts, string sequence, string pooled)
    {
        using var embedding = Encoder().Encode(Texts(prompts));

        OracleFiles.AssertAgrees(_oracle.Read(sequence), embedding.Sequence, sequence);
        OracleFiles.AssertAgrees(_oracle.Read(pooled), embedding.Pooled, pooled);
    }

    [Fact]
    public void Without_a_negative_prompt_there_are_zeros()
    {
        using var positive = Encoder().Encode("a", "b", "c");
        using var absent = Encoder().Absent(positive);

        Assert.Equal(positive.Sequence.shape, absent.Sequence.shape);
        Assert.Equal(positive.Pooled.shape, absent.Pooled.shape);
        Assert.Equal(0, absent.Sequence.count_nonzero().item<long>() + absent.Pooled.count_nonzero().item<long>());
    }

    [Fact]
    public void A_model_that_has_been_trained_so_is_told_an_empty_prompt_instead()
    {
        var encoder = Encoder(zerosForAbsent: false);
        using var positive = encoder.Encode("a", "b");
        using var absent = encoder.Absent(positive);
        using var empty = encoder.Encode("", "");

        OracleFiles.AssertAgrees(empty.Sequence, absent.Sequence, "sequence");
        OracleFiles.AssertAgrees(empty.Pooled, absent.Pooled, "pooled text");
        Assert.NotEqual(0, absent.Sequence.count_nonzero().item<long>());
    }

    [Fact]
    public void An_embedding_outlives_the_scopes_of_its_making_and_nothing_else_does()
    {
        var encoder = Encoder();
        var before = _scope.DisposablesView.Count;

        using var embedding = encoder.Encode("a dog");

        Assert.Equal(before + 2, _scope.DisposablesView.Count);
    }

    [Fact]
    public void A_tokenizer_of_another_model_is_refused()
    {
        Assert.Contains("49,408 tokens and prompts of 77, but the text encoder has room for 1,024 and 77",
            Assert.Throws<DisBackException>(() => new PromptReader(ClipVocabulary.First, _network)).Message, StringComparison.Ordinal);

        var longer = new ClipTokenizer(new Dictionary<string, int> { ["begin"] = 0, ["end"] = 1 }, [], new("begin", "end", "end", "end"), 78);
        Assert.Contains("2 tokens and prompts of 78", Assert.Throws<DisBackException>(() => new PromptReader(longer, _network)).Message,
            StringComparison.Ordinal);
    }

    private static ClipTextEncoder Load(string folder)
    {
        var config = TextEncoderConfig.Read(ConfigReader.Open(Path.Combine(s_folder, folder, "config.json")));
        var network = new ClipTextEncoder(config, new(CPU, ScalarType.Float32));
        using var file = SafetensorsFile.Open(Path.Combine(s_folder, folder, "model.safetensors"));
        StrictLoading.Load(file, [.. network.named_parameters().Select(parameter => (parameter.name, (Tensor)parameter.parameter))]);
        return network;
    }

    private PromptEncoder Encoder(bool zerosForAbsent = true) => new(new(_tokenizer, _network), new(_tokenizer2, _network2), zerosForAbsent);

    private string[] Texts(string prompts) => JsonSerializer.Deserialize<string[]>(_oracle.Metadata[prompts])!;
}
