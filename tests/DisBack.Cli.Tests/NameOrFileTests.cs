using DisBack.Client;

namespace DisBack.Cli.Tests;

/// <summary>A file in the working folder never stands before what is registered, and never before part of its name without a word.</summary>
public sealed class NameOrFileTests : IDisposable
{
    private readonly string _file = $"file-{Guid.NewGuid():N}";

    public NameOrFileTests() => File.WriteAllText(_file, "");

    public void Dispose() => File.Delete(_file);

    [Fact]
    public async Task What_is_registered_comes_before_a_file_of_its_name() => Assert.False(await MeansFileAsync(_file, _file, _file + "-long"));

    [Fact]
    public async Task A_file_that_is_called_like_nothing_registered_is_meant() => Assert.True(await MeansFileAsync(_file, "digits"));

    [Fact]
    public async Task A_file_that_is_called_like_the_beginning_of_a_name_is_refused_with_both()
    {
        var message = (await Assert.ThrowsAsync<NotFoundException>(() => MeansFileAsync(_file, _file + "-long"))).Message;
        Assert.Equal($"'{_file}' is a file here and the beginning of the run '{_file}-long'; write './{_file}' or all of the name.", message);
    }

    [Theory]
    [InlineData("./digits")]
    [InlineData("../digits")]
    [InlineData("~/digits")]
    [InlineData("/digits")]
    [InlineData("digits.safetensors")]
    public async Task A_path_is_a_file_whatever_is_registered(string text) => Assert.True(await MeansFileAsync(text, text));

    [Fact]
    public async Task What_is_neither_is_looked_up_by_its_name() => Assert.False(await MeansFileAsync("nothing-like-that"));

    private static Task<bool> MeansFileAsync(string text, params string[] names) =>
        NameOrFile.MeansFileAsync(text, () => Task.FromResult<IEnumerable<string>>(names), "run");
}
