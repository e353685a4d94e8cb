using DisBack.Diffusion.Pictures;
using static TorchSharp.torch;

namespace DisBack.Diffusion.Tests.Pictures;

/// <summary>What a picture was drawn from is in its file, and the picture is what it was.</summary>
public sealed class PngTextTests
{
    private static readonly byte[] s_plain = Plain();

    [Fact]
    public void Texts_of_any_language_come_back_and_the_picture_is_unchanged()
    {
        using var scope = NewDisposeScope();
        (string Keyword, string Text)[] texts = [("prompt", "a café at night, 夜のカフェ 🌙\nsecond line"), ("seed", "42"), ("negative prompt", "")];

        var written = Written(texts);

        Assert.Equal(texts, PngText.Read(written, "picture.png").Select(text => (text.Key, text.Value)));
        Assert.True(PictureReader.Read(written, "written").equal(PictureReader.Read(s_plain, "plain")).all().item<bool>());
        Assert.Empty(PngText.Read(s_plain, "plain"));
    }

    /// <summary>Keyword "Title", no language, text "Hi": the chunk as another program (Python's zlib for the checksum) makes it.</summary>
    [Fact]
    public void A_text_is_a_chunk_of_the_standard_right_after_the_header()
    {
        var written = Written(("Title", "Hi"));

        // Signature of 8 bytes, header of 25.
        Assert.Equal("0000000C69545874" + "5469746C65" + "0000000000" + "4869" + "A7AFA656", Convert.ToHexString(written.AsSpan(33, 24)));
        Assert.Equal(s_plain, written[..33].Concat(written[57..]));
    }

    [Fact]
    public void Texts_are_added_to_those_that_are_there_and_the_newest_counts()
    {
        using var target = new MemoryStream();
        PngText.Write(Written(("seed", "1"), ("prompt", "a dog")), [new("seed", "2")], target);

        var texts = PngText.Read(target.ToArray(), "picture.png");

        Assert.Equal((2, "2", "a dog"), (texts.Count, texts["seed"], texts["prompt"]));
    }

    [Fact]
    public void A_compressed_text_of_another_program_is_passed_over()
    {
        byte[] body = [.. "Comment"u8, 0, 1, 0, 0, 0, 1, 2, 3];

        Assert.Empty(PngText.Read(With(PngChunk.Make("iTXt"u8, body)), "picture.png"));
    }

    [Fact]
    public void Text_beyond_the_bound_is_neither_written_nor_read()
    {
        var texts = ("prompt", new string('x', PngText.MostBytes));
        Assert.Contains("more than 1,048,576 bytes", Assert.Throws<DisBackException>(() => Written(texts)).Message, StringComparison.Ordinal);

        byte[] body = [.. "prompt"u8, 0, 0, 0, 0, 0, .. new byte[PngText.MostBytes]];
        Assert.Contains("picture.png carries more than 1,048,576 bytes", Error(With(PngChunk.Make("iTXt"u8, body))), StringComparison.Ordinal);
    }

    [Fact]
    public void Damage_is_named_wherever_it_is()
    {
        var written = Written(("prompt", "a dog"));
        for (var length = 0; length < written.Length; length++)
        {
            Assert.Contains(length < 8 ? "is no PNG" : "is truncated", Error(written[..length]), StringComparison.Ordinal);
        }
        // Within the text's type, body and checksum.
        written[50] ^= 1;
        Assert.Contains("is damaged in a text", Error(written), StringComparison.Ordinal);
        Assert.Contains("is damaged in a text", Error(With(PngChunk.Make("iTXt"u8, [.. "prompt"u8, 0, 0, 0, 0, 0, 0xff]))), StringComparison.Ordinal);
        Assert.Contains("is damaged in a text", Error(With(PngChunk.Make("iTXt"u8, "prompt"u8))), StringComparison.Ordinal);
        Assert.Contains("is damaged in a text", Error(With(PngChunk.Make("iTXt"u8, [.. "prompt"u8, 0, 0, 0, 1]))), StringComparison.Ordinal);
    }

    [Fact]
    public void A_text_that_no_PNG_can_carry_is_refused()
    {
        Assert.Contains("a NUL character", Refusal("a\0b"), StringComparison.Ordinal);
        Assert.Contains("half of a character at position 1", Refusal("a\ud83c"), StringComparison.Ordinal);

        static string Refusal(string text) => Assert.Throws<DisBackException>(() => Written(("prompt", text))).Message;
    }

    [Theory]
    [InlineData("")]
    [InlineData(" prompt")]
    [InlineData("pr\nompt")]
    [InlineData("prömpt")]
    public void A_keyword_that_no_PNG_can_have_is_refused(string keyword) =>
        Assert.Throws<ArgumentException>(() => Written((keyword, "text")));

    [Fact]
    public void Texts_are_written_into_a_PNG_alone() =>
        Assert.Throws<ArgumentException>(() => PngText.Write("GIF89a"u8, [], Stream.Null));

    private static string Error(byte[] png) => Assert.Throws<DisBackException>(() => PngText.Read(png, "picture.png")).Message;

    private static byte[] With(byte[] chunk) => [.. s_plain[..33], .. chunk, .. s_plain[33..]];

    private static byte[] Written(params (string Keyword, string Text)[] texts)
    {
        using var target = new MemoryStream();
        PngText.Write(s_plain, texts.Select(text => KeyValuePair.Create(text.Keyword, text.Text)), target);
        return target.ToArray();
    }

    private static byte[] Plain()
    {
        using var pictures = rand([1, 3, 9, 7], generator: new Generator(1));
        return ImageGrid.Png(pictures, columns: 1, scale: 1, margin: 0);
    }
}
