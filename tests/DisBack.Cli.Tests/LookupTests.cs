using DisBack.Client;

namespace DisBack.Cli.Tests;

public sealed class LookupTests
{
    private static readonly string[][] s_runs =
    [
        ["digits-0a1b2c3d/0000", "digits"],
        ["digits-long-99aabbcc/0000", "digits-long"],
        ["smoke-0a1b2c3d/0000", "smoke"],
        ["smoke-ffffffff/0000", "smoke"],
    ];

    [Theory]
    [InlineData("digits-0a1b2c3d/0000", "digits-0a1b2c3d/0000")]
    [InlineData("digits", "digits-0a1b2c3d/0000")]
    [InlineData("digits-l", "digits-long-99aabbcc/0000")]
    [InlineData("SMOKE-F", "smoke-ffffffff/0000")]
    public void A_whole_name_an_id_and_a_unique_beginning_are_found(string text, string id) => Assert.Equal(id, Find(text));

    [Theory]
    [InlineData("smoke", "'smoke' means 2 runs: smoke-0a1b2c3d/0000, smoke-ffffffff/0000; write more of one.")]
    [InlineData("digits-", "'digits-' means 2 runs: digits-0a1b2c3d/0000, digits-long-99aabbcc/0000; write more of one.")]
    [InlineData("digist", "There is no run 'digist'; did you mean 'digits'?")]
    [InlineData("", "The name of the run is empty; give one, the command 'list' shows what there is.")]
    [InlineData(" ", "The name of the run is empty; give one, the command 'list' shows what there is.")]
    [InlineData("cifar", "There is no run 'cifar'; the command 'list' shows what there is.")]
    public void What_is_not_one_thing_is_explained(string text, string message) =>
        Assert.Equal(message, Assert.Throws<NotFoundException>(() => Find(text)).Message);

    [Fact]
    public void An_empty_folder_is_called_that()
        => Assert.Equal(
            "There is no run 'x': there are none here; check --data or --cluster.",
            Assert.Throws<NotFoundException>(() => Lookup.Find("x", [], (string s) => [s], "run")).Message);

    private static string Find(string text) => Lookup.Find(text, s_runs, r => r, "run")[0];
}
