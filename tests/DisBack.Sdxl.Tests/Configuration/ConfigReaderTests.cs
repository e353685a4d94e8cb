using DisBack.Sdxl.Configuration;

namespace DisBack.Sdxl.Tests.Configuration;

/// <summary>What a model is built from is read in full or refused by name.</summary>
public sealed class ConfigReaderTests
{
    [Fact]
    public void What_is_asked_for_is_read_and_notes_and_nulls_are_left()
    {
        var config = Read("""
            {"_class_name":"UNet2DConditionModel","width":3,"scale":0.5,"flag":true,"name":"silu","depth":[1,2],"heads":8,"unused":null,"kind":"text_time"}
            """);

        Assert.Equal(3, config.Int("width"));
        Assert.Equal(0.5, config.Double("scale"));
        Assert.True(config.Bool("flag"));
        Assert.Equal("silu", config.Text("name"));
        Assert.Equal([1, 2], config.Ints("depth", 2));
        Assert.Equal([8, 8], config.Ints("heads", 2));
        Assert.Equal(7, config.Int("absent", 7));
        config.Only("kind", "text_time");
        config.Only("absent", "text_time");
        config.Finish();
    }

    [Fact]
    public void A_setting_that_nobody_asked_for_is_refused_by_its_name()
    {
        var message = Assert.Throws<DisBackException>(Read("""{"class_embed_type":"timestep"}""").Finish).Message;

        Assert.Equal("'class_embed_type' of 'config.json' is \"timestep\", and this build knows no such setting: it would draw something else than the model.",
            message);
    }

    [Fact]
    public void A_setting_without_a_name_is_refused() =>
        Assert.Contains("'' of 'config.json' is 1, and this build knows no such setting",
            Assert.Throws<DisBackException>(Read("""{"":1}""").Finish).Message, StringComparison.Ordinal);

    [Fact]
    public void What_is_far_too_long_is_refused_before_it_is_parsed() =>
        Assert.Contains("1,048,577 characters", Assert.Throws<DisBackException>(() => Read(new string(' ', (1 << 20) + 1))).Message, StringComparison.Ordinal);

    [Fact]
    public void Another_value_of_a_setting_with_one_value_is_refused() =>
        Assert.Contains("'act' of 'config.json' is \"gelu\", and this build knows only \"silu\"",
            Assert.Throws<DisBackException>(() => Read("""{"act":"gelu"}""").Only("act", "silu")).Message, StringComparison.Ordinal);

    [Theory]
    [InlineData("{}", "'width' is missing")]
    [InlineData("""{"width":"wide"}""", "'width' of 'config.json' is \"wide\", which is no whole number")]
    [InlineData("""{"width":1.5}""", "'width' of 'config.json' is 1.5, which is no whole number")]
    [InlineData("[]", "is no object")]
    [InlineData("{", "is no JSON")]
    [InlineData("""{"width":1,"width":2}""", "is no JSON")]
    [InlineData("""{"width":1,"alphas":{"a":1,"a":2}}""", "is no JSON")]
    [InlineData("""{"width":1,"name":"\ud800"}""", "is no JSON")]
    [InlineData("""{"width":1,"list":[{"\ud800":1}]}""", "is no JSON")]
    public void What_is_missing_or_damaged_is_named(string json, string expected) =>
        Assert.Contains(expected, Assert.Throws<DisBackException>(() => Read(json).Int("width")).Message, StringComparison.Ordinal);

    [Fact]
    public void Numbers_by_names_are_read_whole()
    {
        Assert.Equal(new Dictionary<string, double> { ["a"] = 1, ["b"] = 0.5 }, Read("""{"alphas":{"a":1,"b":0.5}}""").Numbers("alphas"));
        Assert.Empty(Read("{}").Numbers("alphas"));
        Assert.Contains("'alphas' of 'config.json' is {\"a\":null}, which is no object of numbers",
            Assert.Throws<DisBackException>(() => Read("""{"alphas":{"a":null}}""").Numbers("alphas")).Message, StringComparison.Ordinal);
    }

    private static ConfigReader Read(string json) => ConfigReader.Parse(json, "config.json");
}
