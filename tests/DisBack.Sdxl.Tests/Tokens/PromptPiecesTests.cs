using DisBack.Sdxl.Tokens;

namespace DisBack.Sdxl.Tests.Tokens;

/// <summary>A prompt falls apart where CLIP's pattern takes it apart.</summary>
public sealed class PromptPiecesTests
{
    [Theory]
    [InlineData("it's \"'s don't", "it|'s|\"'|s|don|'t")]
    [InlineData("48k, f/1.8", "4|8|k|,|f|/|1|.|8")]
    [InlineData("a\u00a0b\u2028c\u3000", "a|b|c")]
    [InlineData("\U00010428\U0001d7d9x", "\U00010428|\U0001d7d9|x")]
    [InlineData("wow!?! <|end|>a", "wow|!|?|!|<|end|>|a")]
    public void Pieces_are_letters_or_one_number_or_the_rest(string text, string expected)
    {
        var pieces = new PromptPieces(new HashSet<string> { "!", "<|end|>" }).PreTokenize(text).Select(piece => text.Substring(piece.Offset, piece.Length));

        Assert.Equal(expected.Replace("<|end|>", "END", StringComparison.Ordinal).Split('|').Select(piece => piece == "END" ? "<|end|>" : piece), pieces);
    }
}
