namespace DisBack.Architecture.Tests;

/// <summary>No line is longer than 160 characters; the analyzer that holds this in the build passes over comments and strings that it cannot wrap.</summary>
public sealed class LineLengthTests
{
    private const int Longest = 160;

    [Fact]
    public void Lines_fit()
    {
        var files = Repository.SourceFiles().ToList();
        Assert.NotEmpty(files);
        var tooLong = files.SelectMany(file => File.ReadLines(file).Index()
            .Where(line => line.Item.Length > Longest)
            .Select(line => $"{file}:{line.Index + 1}"));
        Assert.Empty(tooLong);
    }
}
