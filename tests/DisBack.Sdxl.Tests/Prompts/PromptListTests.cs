using DisBack.Sdxl.Prompts;
using DisBack.Sdxl.Tests.Encodings;

namespace DisBack.Sdxl.Tests.Prompts;

/// <summary>Prompts are read from text files and from columns of Parquet files, whoever made them.</summary>
public sealed class PromptListTests : IDisposable
{
    private readonly string _folder = Directory.CreateTempSubdirectory("disback-prompts-").FullName;

    public void Dispose() => Directory.Delete(_folder, recursive: true);

    [Fact]
    public void A_text_file_and_a_column_of_the_same_prompts_are_the_same_list()
    {
        File.WriteAllText(In("prompts.txt"), "\uFEFFa fox\r\n\n  zwei Füchse  \na fox");
        // A name of a file that would be a pattern, and one of a column that would end a quotation.
        ParquetFiles.Write(In("o[d]d*'.parquet"), "SELECT * FROM (VALUES (1, ' a fox', 'x'), (2, NULL, 'x'), (3, 'zwei Füchse', 'x'), (4, ' ', 'x'), "
            + "(5, 'a fox', 'x')) t(n, \"the \"\"prompt\"\"\", other)");

        Assert.Equal(["a fox", "zwei Füchse", "a fox"], PromptList.Read(In("prompts.txt")));
        Assert.Equal(["a fox", "zwei Füchse", "a fox"], PromptList.Read(In("o[d]d*'.parquet"), "the \"prompt\""));
    }

    [Fact]
    public void A_column_longer_than_a_vector_of_the_reader_is_read_whole_and_in_order()
    {
        ParquetFiles.Write(In("long.parquet"), "SELECT 'prompt ' || i AS text FROM range(300000) t(i)");

        var prompts = PromptList.Read(In("long.parquet"), "text");

        Assert.Equal(300_000, prompts.Count);
        Assert.Equal("prompt 123456", prompts[123_456]);
    }

    [Fact]
    public void What_has_no_prompts_is_refused_in_a_sentence()
    {
        File.WriteAllText(In("empty.txt"), "\n \n");
        File.WriteAllBytes(In("latin.txt"), [0x61, 0xe4, 0x0a]);
        ParquetFiles.Write(In("some.parquet"), "SELECT 1 AS n, 'a' AS prompt, 'b' AS style, [1] AS list");
        ParquetFiles.Write(In("none.parquet"), "SELECT NULL::VARCHAR AS prompt");
        File.WriteAllBytes(In("cut.parquet"), File.ReadAllBytes(In("some.parquet"))[..^20]);

        Refused("has no prompt: write one on each line", "empty.txt");
        Refused("no text in UTF-8", "latin.txt");
        Refused("There is no file", "absent.txt");
        Refused("is no Parquet file and has no columns", "empty.txt", "prompt");
        Refused("its columns of texts are 'prompt', 'style'", "some.parquet");
        Refused("no column of texts 'n': name one of 'prompt', 'style'", "some.parquet", "n");
        Refused("no column of texts 'Prompt'", "some.parquet", "Prompt");
        Refused("The column 'prompt' of", "none.parquet", "prompt");
        Refused("no readable Parquet file", "cut.parquet", "prompt");
    }

    /// <summary>Found by the fuzzer: a column says that none of its texts is missing, and all are.</summary>
    [Fact]
    public void What_a_file_says_of_its_rows_is_not_believed()
    {
        byte[] file = Convert.FromBase64String(
            "UEFSMRUAFZgGFfgBLBVQFQAVBhUGAAAotS/9YIwAlQMApAMCAAAAUAAAAAAAAA//IDAxMjM0NTY3ODkGMTAxMjM0NTY3ODkyMDEyMzQ1Njc4OTMwMTIzNDU2Nzg5JyDw1U"
                + "XKFVakXGFFyi1I2CLlCitSrrAi5RYkrMhyhRUpV1iRLbcFZySMCDnCEiFHWBGBRKoDFQIZLDUAGA1kdWNrZGJfc2NoZW1hFQIAFQwlAhgGcHJvbXB0JQAAFlAZHBkcJgAc"
                + "FQwZFQAZGAZwcm9tcHQVDBZQFr4GFp4CJgg8GAVmb3ggORgFZm94IDAWACgFZm94IDkYBWZveCAwEREAAAAWvgYWUCYIFp4CACgoRHVja0RCIHZlcnNpb24gdjEuNS42IC"
                + "hidWlsZCAwNjljYzlmOWI1KRkcHAAAAKkAAABQQVIx");
        File.WriteAllBytes(In("wrong.parquet"), file);

        Refused("The column 'prompt' of", "wrong.parquet", "prompt");
    }

    [Fact]
    public void A_short_file_of_much_text_is_refused()
    {
        // A million rows of a text of 1,000 characters are a few kilobytes of Parquet.
        ParquetFiles.Write(In("bomb.parquet"), "SELECT repeat('a', 1000) AS prompt FROM range(1000000)");

        Assert.InRange(new FileInfo(In("bomb.parquet")).Length, 1, 1 << 20);
        Refused("has more than 268,435,456 characters", "bomb.parquet", "prompt");
    }

    private void Refused(string sentence, string file, string? column = null) => Assert.Contains(
        sentence, Assert.Throws<DisBackException>(() => PromptList.Read(In(file), column)).Message, StringComparison.Ordinal);

    private string In(string name) => Path.Combine(_folder, name);
}
