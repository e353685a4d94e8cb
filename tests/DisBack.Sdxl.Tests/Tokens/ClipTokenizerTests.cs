using System.Text.Json;
using DisBack.Diffusion.Tests.Oracles;

namespace DisBack.Sdxl.Tests.Tokens;

/// <summary>Prompts become the ids that the models have been trained with.</summary>
public sealed class ClipTokenizerTests
{
    private const long Begin = 49_406, End = 49_407, Exclamation = 0;

    [Fact]
    public void Both_tokenizers_agree_with_the_published_ones_on_every_prompt()
    {
        using var oracle = JsonDocument.Parse(File.ReadAllBytes(OracleFiles.PathOf("sdxl", "tokenizer-ids.json")));
        var rows = oracle.RootElement.GetProperty("rows").EnumerateArray().ToList();

        Assert.Equal(61, rows.Count);
        Assert.All(rows, row =>
        {
            var prompt = row.GetProperty("prompt").GetString()!;
            Assert.Equal(Padded(row, "tokenizer", End), ClipVocabulary.First.Encode(prompt).Ids);
            Assert.Equal(Padded(row, "tokenizer_2", Exclamation), ClipVocabulary.Second.Encode(prompt).Ids);
        });
    }

    [Theory]
    [InlineData(74, 0)]
    [InlineData(75, 0)]
    [InlineData(76, 1)]
    [InlineData(200, 125)]
    public void A_prompt_that_is_too_long_keeps_its_end_mark_and_says_what_is_lost(int words, int cutOff)
    {
        var prompt = ClipVocabulary.First.Encode(string.Join(' ', Enumerable.Repeat("dog", words)));

        Assert.Equal(77, prompt.Ids.Count);
        Assert.Equal((Begin, End), (prompt.Ids[0], prompt.Ids[^1]));
        Assert.Equal(words - cutOff, prompt.Ids.Count(id => id == 1929));
        Assert.Equal(cutOff, prompt.CutOff);
    }

    [Fact]
    public void The_last_character_that_is_read_costs_no_time_even_of_marks_alone_and_one_more_is_refused()
    {
        Assert.True(ClipVocabulary.First.Encode(string.Concat(Enumerable.Repeat("\u0301\u0323", 1 << 13))).CutOff > 0);

        Assert.Contains("16,385 characters", Assert.Throws<DisBackException>(() => ClipVocabulary.First.Encode(new('a', (1 << 14) + 1))).Message,
            StringComparison.Ordinal);
    }

    [Fact]
    public void Half_a_surrogate_is_a_replacement_character() =>
        Assert.Equal(ClipVocabulary.First.Encode("a \ufffd b").Ids, ClipVocabulary.First.Encode("a \ud800 b").Ids);

    private static IEnumerable<long> Padded(JsonElement row, string tokenizer, long padding)
    {
        var ids = row.GetProperty(tokenizer).EnumerateArray().Select(id => id.GetInt64()).ToList();
        return ids.Concat(Enumerable.Repeat(padding, 77 - ids.Count));
    }
}
