using DisBack.Sdxl.Tokens;

namespace DisBack.Sdxl.Tests.Tokens;

/// <summary>Texts that look alike become one, although globalization is invariant here.</summary>
public sealed class PromptNormalizerTests
{
    [Theory]
    [InlineData("cafe\u0301", "café")]
    [InlineData("o\u0302\u0323", "ộ")]
    [InlineData("\u1112\u1161\u11ab", "한")]
    [InlineData("\u212b", "å")]
    [InlineData("\u0130", "i\u0307")]
    [InlineData("ΣΑΣ", "σασ")]
    [InlineData("GROẞE", "große")]
    [InlineData("\U00010400", "\U00010428")]
    [InlineData("ﬁne Ｆ½", "ﬁne ｆ½")]
    public void Characters_are_composed_and_in_lower_case_one_by_one(string text, string expected) =>
        Assert.Equal(expected, new PromptNormalizer().Normalize(text));
}
