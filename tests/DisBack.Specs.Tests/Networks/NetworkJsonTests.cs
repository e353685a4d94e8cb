using DisBack.Specs.Experiments;
using DisBack.Specs.Networks;
using DisBack.Specs.Reading;

namespace DisBack.Specs.Tests.Networks;

/// <summary>The text in weights files keeps its form for good: digests of teachers, nodes and students depend on it.</summary>
public sealed class NetworkJsonTests
{
    /// <summary>As version 0.1.0 wrote them, when one record held the options of both families.</summary>
    public static TheoryData<string, string> Written => new()
    {
        {
            "song-unet",
            OneLine("""
                {"precond":"edm","model_type":"song-unet","img_resolution":14,"img_channels":1,"label_dim":10,"augment_dim":0,
                "model_channels":16,"channel_mult":[1,2],"channel_mult_emb":4,"num_blocks":1,"attn_resolutions":[7],"dropout":0,
                "label_dropout":0,"embedding_type":"fourier","channel_mult_noise":2,"encoder_type":"residual","decoder_type":"standard",
                "resample_filter":[1,3,3,1],"sigma_data":0.5,"sigma_max":70,"beta_d":19.9,"beta_min":0.1,"epsilon_t":1E-05,
                "time_steps":1000,"c1":0.001,"c2":0.008}
                """)
        },
        {
            "dhariwal-unet",
            OneLine("""
                {"precond":"iddpm","model_type":"dhariwal-unet","img_resolution":64,"img_channels":3,"label_dim":1000,"augment_dim":0,
                "model_channels":192,"channel_mult":[1,2,3,4],"channel_mult_emb":4,"num_blocks":3,"attn_resolutions":[32,16,8],
                "dropout":0.1,"label_dropout":0,"embedding_type":"positional","channel_mult_noise":1,"encoder_type":"standard",
                "decoder_type":"standard","resample_filter":[1,1],"sigma_data":0.5,"beta_d":19.9,"beta_min":0.1,"epsilon_t":1E-05,
                "time_steps":1000,"c1":0.001,"c2":0.008}
                """)
        },
    };

    [Theory, MemberData(nameof(Written))]
    public void Text_of_version_0_1_0_comes_back_byte_for_byte(string family, string text)
    {
        var settings = NetworkJson.FromJson(text, "a file");
        Assert.IsType(family == "song-unet" ? typeof(SongUnetSettings) : typeof(DhariwalUnetSettings), settings);
        Assert.Equal(text, settings.ToJson());
    }

    [Fact]
    public void A_stored_spec_of_version_0_1_0_is_read_and_a_spec_in_YAML_knows_only_its_own_options()
    {
        var stored = OneLine("""
            {"name":"adm","network":{"model_type":"dhariwal-unet","img_resolution":8,"channel_mult":[1],
            "encoder_type":"standard","resample_filter":[1,1]}}
            """);
        Assert.Equal(8, SpecJson.FromJson<TeacherSpec>(stored).Network.Shape.Height);
        var error = Assert.Throws<SpecException>(() => SpecReader.Parse<TeacherSpec>("name: adm\nnetwork: {model_type: dhariwal-unet, "
            + "encoder_type: skip}\n", "a.yaml"));
        Assert.Contains("there is no key 'encoder_type' in 'network'", error.Message, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("")]
    [InlineData("[]")]
    [InlineData("null")]
    [InlineData("{\"model_type\":\"vit\"}")]
    [InlineData("{\"model_type\":\"song-unet\",\"depth\":3}")]
    [InlineData("{\"model_type\":\"song-unet\",\"dropout\":0,\"dropout\":0}")]
    [InlineData("{\"model_type\":\"song-unet\",\"precond\":\"\\ud800\"}")]
    public void Text_that_is_no_network_is_refused_by_its_origin(string text) => Assert.Contains(
        "'teacher.safetensors'",
        Assert.Throws<DisBackException>(() => NetworkJson.FromJson(text, "teacher.safetensors")).Message,
        StringComparison.Ordinal);

    [Theory]
    [InlineData("{\"model_type\":\"song-unet\",\"depth\":3}", "have the field 'depth', which no network of this version has")]
    [InlineData("{\"model_type\":\"vit\"}", "name no 'model_type' of this version: it is one of song-unet, dhariwal-unet")]
    public void What_is_unknown_is_named_in_the_words_of_the_file(string text, string named) =>
        Assert.Contains(named, Assert.Throws<DisBackException>(() => NetworkJson.FromJson(text, "a")).Message, StringComparison.Ordinal);

    [Theory]
    [InlineData("song-unet")]
    [InlineData("dhariwal-unet")]
    public void EDMs_precision_field_is_passed_over(string family)
    {
        var settings = NetworkJson.FromJson($"{{\"model_type\":\"{family}\",\"use_fp16\":true}}", "a");
        Assert.DoesNotContain("fp16", settings.ToJson(), StringComparison.Ordinal);
    }

    [Fact]
    public void A_filter_of_thousands_of_taps_is_refused_before_it_is_squared()
    {
        var settings = new SongUnetSettings { ResampleFilter = [.. Enumerable.Repeat(1.0, 10_000)] };
        Assert.Contains("at most 64", Assert.Throws<DisBackException>(settings.Validate).Message, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData(1.4)]
    [InlineData(1e300)]
    public void A_probability_above_one_is_refused(double probability) => Assert.Contains(
        "LabelDropout",
        Assert.Throws<DisBackException>(() => new SongUnetSettings { LabelDropout = probability }.Validate()).Message,
        StringComparison.Ordinal);

    private static string OneLine(string text) => text.Replace("\n", "", StringComparison.Ordinal);
}
