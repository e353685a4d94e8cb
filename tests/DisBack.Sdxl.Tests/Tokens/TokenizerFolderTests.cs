using DisBack.Diffusion.Tests.Oracles;
using DisBack.Sdxl.Tokens;

namespace DisBack.Sdxl.Tests.Tokens;

/// <summary>A tokenizer is read in full from its folder, or the file that is damaged is named.</summary>
public sealed class TokenizerFolderTests : IDisposable
{
    private readonly string _folder = Directory.CreateTempSubdirectory("tokenizer").FullName;

    public TokenizerFolderTests()
    {
        foreach (var file in Directory.EnumerateFiles(Mini("tokenizer_2")))
        {
            File.Copy(file, Path.Combine(_folder, Path.GetFileName(file)));
        }
    }

    public void Dispose() => Directory.Delete(_folder, recursive: true);

    [Fact]
    public void The_padding_and_the_length_are_those_of_the_folder()
    {
        Assert.Equal([1022, 1023, 1023], ClipTokenizer.Open(Mini("tokenizer")).Encode("").Ids.Take(3));
        Assert.Equal([1022, 1023, 0], ClipTokenizer.Open(_folder).Encode("").Ids.Take(3));

        Change("tokenizer_config.json", "77", "5");
        Assert.Equal([1022, 0, 0, 0, 1023], ClipTokenizer.Open(_folder).Encode("!!!!").Ids);
    }

    [Fact]
    public void A_special_token_may_be_an_object_or_a_text()
    {
        var expected = ClipTokenizer.Open(_folder).Encode("a dog!").Ids;
        Change("special_tokens_map.json", "\"pad_token\": \"!\"", "\"pad_token\": {\"content\": \"!\", \"lstrip\": false}");

        Assert.Equal(expected, ClipTokenizer.Open(_folder).Encode("a dog!").Ids);
    }

    [Fact]
    public void What_the_vocabulary_does_not_have_is_the_unknown_token()
    {
        var expected = ClipTokenizer.Open(_folder).Encode("a <|endoftext|> b").Ids;
        Change("vocab.json", "\"^</w>\"", "\"never\"");

        Assert.Equal(expected, ClipTokenizer.Open(_folder).Encode("a ^ b").Ids);
    }

    [Theory]
    [InlineData("vocab.json", "\"!\": 0", "\"!\": 1")]
    [InlineData("vocab.json", "\"!\": 0", "\"!\": 1.5")]
    [InlineData("vocab.json", "\"!\": 0", "\"#\": 0")]
    [InlineData("vocab.json", "{", "[")]
    [InlineData("merges.txt", "i n\n", "i\n")]
    [InlineData("merges.txt", "i n\n", "i n g\n")]
    [InlineData("merges.txt", "i n\n", "i \u4eac\n")]
    [InlineData("merges.txt", "t h\n", "i n\n")]
    [InlineData("special_tokens_map.json", "\"pad_token\": \"!\"", "\"pad_token\": \"[PAD]\"")]
    [InlineData("special_tokens_map.json", "\"pad_token\": \"!\"", "\"pad_token\": 0")]
    [InlineData("special_tokens_map.json", "bos_token", "begin")]
    [InlineData("special_tokens_map.json", "\"pad_token\": \"!\"", "\"pad_token\": \"\\ud800\"")]
    [InlineData("tokenizer_config.json", "77", "1")]
    [InlineData("tokenizer_config.json", "77", "2147483647")]
    public void What_is_damaged_is_named(string file, string intact, string damaged)
    {
        Change(file, intact, damaged);

        var message = Assert.Throws<DisBackException>(() => ClipTokenizer.Open(_folder)).Message;
        Assert.StartsWith($"'{Path.Combine(_folder, file)}' is no part of a tokenizer", message, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("vocab.json")]
    [InlineData("merges.txt")]
    [InlineData("special_tokens_map.json")]
    [InlineData("tokenizer_config.json")]
    public void What_is_missing_is_named(string file)
    {
        File.Delete(Path.Combine(_folder, file));

        Assert.Contains(file, Assert.Throws<DisBackException>(() => ClipTokenizer.Open(_folder)).Message, StringComparison.Ordinal);
    }

    private static string Mini(string tokenizer) => OracleFiles.PathOf("sdxl", Path.Combine("mini", tokenizer));

    private void Change(string file, string intact, string damaged)
    {
        var path = Path.Combine(_folder, file);
        var text = File.ReadAllText(path);
        var at = text.IndexOf(intact, StringComparison.Ordinal);
        File.WriteAllText(path, text[..at] + damaged + text[(at + intact.Length)..]);
    }
}
