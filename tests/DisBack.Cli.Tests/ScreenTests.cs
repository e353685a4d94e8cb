using DisBack.Cli.Terminal;

namespace DisBack.Cli.Tests;

/// <summary>A question is answered by a person, and by nobody else.</summary>
public sealed class ScreenTests
{
    [Theory]
    [InlineData("y\n", true)]
    [InlineData(" YES \n", true)]
    [InlineData("\n", false)]
    [InlineData("yesterday\n", false)]
    [InlineData("", false)]
    public async Task Only_yes_is_yes(string typed, bool expected)
    {
        using var error = new StringWriter();
        var screen = new Screen(TextWriter.Null, error, live: false) { Input = new StringReader(typed) };

        Assert.Equal(expected, await screen.AskAsync("Delete it?", TestContext.Current.CancellationToken));
        Assert.Equal("Delete it? [y/N] ", error.ToString());
    }

    [Fact]
    public async Task Where_nobody_types_nothing_is_asked() =>
        Assert.Null(await new Screen(TextWriter.Null, TextWriter.Null, live: false).AskAsync("Delete it?", TestContext.Current.CancellationToken));
}
