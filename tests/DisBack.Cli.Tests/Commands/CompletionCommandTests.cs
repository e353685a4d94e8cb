using System.Diagnostics;
using DisBack.Cli.Terminal;

namespace DisBack.Cli.Tests.Commands;

public sealed class CompletionCommandTests : IDisposable
{
    private readonly string _home = Directory.CreateTempSubdirectory("disback-home-").FullName;

    public void Dispose() => Directory.Delete(_home, recursive: true);

    [Theory]
    [InlineData("bash", ".local/share/bash-completion/completions/disback")]
    [InlineData("zsh", ".zfunc/_disback")]
    [InlineData("fish", ".config/fish/completions/disback.fish")]
    public async Task It_is_written_where_the_shell_looks_and_repeating_it_changes_nothing(string shell, string file)
    {
        var path = Path.Combine(_home, file);
        Assert.Contains($"The completion for {shell} is written to {path}", await RunAsync("disback", "completion", "install", shell));
        Assert.Equal((await Shell.RunAsync("completion", shell)).Output, await File.ReadAllTextAsync(path, TestContext.Current.CancellationToken));
        Assert.Contains($"The completion for {shell} is in {path} already", await RunAsync("disback", "completion", "install", shell));
    }

    [Fact]
    public async Task Another_shell_is_refused_with_the_ones_that_are_known()
    {
        var result = await Shell.RunAsync("completion", "install", "tcsh");
        Assert.Equal(ExitCode.Usage, result.Code);
        Assert.Contains("'fish'", result.Error, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("disback sam", "sample")]
    [InlineData("disback list --status pau", "paused")]
    public async Task Bash_completes_with_it(string line, string completed)
    {
        var script = Path.Combine(_home, "script");
        await File.WriteAllTextAsync(script, (await Shell.RunAsync("completion", "bash")).Output + $$"""
            PATH="$1:$PATH"
            COMP_LINE='{{line}}' COMP_POINT={{line.Length}} COMP_WORDS=({{line}}) COMP_CWORD={{line.Count(c => c == ' ')}}
            _disback
            echo "${COMPREPLY[*]}"
            """, TestContext.Current.CancellationToken);
        Assert.Equal(completed, (await RunAsync("bash", "--norc", script, AppContext.BaseDirectory)).Trim());
    }

    private async Task<string> RunAsync(string program, params string[] arguments)
    {
        var start = new ProcessStartInfo(program == "disback" ? Path.Combine(AppContext.BaseDirectory, program) : program, arguments)
        {
            RedirectStandardOutput = true,
        };
        start.Environment["HOME"] = _home;
        foreach (var variable in new[] { "XDG_DATA_HOME", "XDG_CONFIG_HOME", "ZDOTDIR", "BASH_COMPLETION_USER_DIR" })
        {
            start.Environment.Remove(variable);
        }
        using var process = Process.Start(start)!;
        return await process.StandardOutput.ReadToEndAsync(TestContext.Current.CancellationToken);
    }
}
