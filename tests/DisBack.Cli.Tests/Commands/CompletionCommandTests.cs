using System.Diagnostics;
using DisBack.Cli.Terminal;
using DisBack.Contracts.Documents;
using DisBack.Storage.Blobs;
using DisBack.Storage.Documents;

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
    [InlineData("disback --data DATA show dig", "digits-00000001/0000 digits-00000002/0000")]
    [InlineData("disback --data DATA watch shapes", "shapes-00000003/0000")]
    [InlineData("disback --data DATA cancel teacher/t", "teacher/tiny")]
    [InlineData("disback --data DATA delete trajectory/", "trajectory/digits")]
    [InlineData("disback --data DATA sample teacher/d", "teacher/digits")]
    [InlineData("disback --data DATA teacher show t", "tiny")]
    [InlineData("disback --data DATA trajectory export d", "digits")]
    [InlineData("disback --data DATA list --name dig", "digits digits-00000001/0000 digits-00000002/0000")]
    [InlineData("disback --data DATA list --tag k", "kept")]
    [InlineData("disback --data DATA show nothing", "")]
    [InlineData("disback --data DATA/a-file show d", "")]
    [InlineData("disback --cluster http://127.0.0.1:9 show d", "")]
    [InlineData("disback --cluster nonsense show d", "")]
    public async Task Bash_completes_with_it(string line, string completed)
    {
        line = line.Replace("DATA", await DataAsync(), StringComparison.Ordinal);
        var script = Path.Combine(_home, "script");
        await File.WriteAllTextAsync(script, (await Shell.RunAsync("completion", "bash")).Output + $$"""
            PATH="$1:$PATH"
            COMP_LINE='{{line}}' COMP_POINT={{line.Length}} COMP_WORDS=({{line}}) COMP_CWORD={{line.Count(c => c == ' ')}}
            _disback
            echo "${COMPREPLY[*]}"
            """, TestContext.Current.CancellationToken);
        Assert.Equal(completed, (await RunAsync("bash", "--norc", script, Path.GetDirectoryName(Programs.DisBack)!)).Trim());
    }

    [Fact]
    public async Task Fish_completes_with_it()
    {
        Assert.SkipUnless(File.Exists("/usr/bin/fish"), "There is no fish here; 'apt-get install fish' brings it.");
        var script = Path.Combine(_home, "script");
        await File.WriteAllTextAsync(script, (await Shell.RunAsync("completion", "fish")).Output + $"""
            set -x PATH {Path.GetDirectoryName(Programs.DisBack)} $PATH
            complete -C "disback --data {await DataAsync()} show sha"
            """, TestContext.Current.CancellationToken);
        Assert.Equal("shapes-00000003/0000", (await RunAsync("fish", "--no-config", script)).Trim());
    }

    /// <summary>A data folder with three runs, a teacher, a trajectory, and a file that is none.</summary>
    private async Task<string> DataAsync()
    {
        var blobs = new FolderBlobStore(Path.Combine(_home, "data"));
        await WriteAsync(DocumentNames.Trial, "digits-00000001/0000", new TrialDocument { Id = "digits-00000001/0000", Name = "digits", Tags = ["kept"] });
        await WriteAsync(DocumentNames.Trial, "digits-00000002/0000", new TrialDocument { Id = "digits-00000002/0000", Name = "digits" });
        await WriteAsync(DocumentNames.Trial, "shapes-00000003/0000", new TrialDocument { Id = "shapes-00000003/0000", Name = "shapes" });
        await WriteAsync(DocumentNames.Teacher, "tiny", new TeacherDocument { Id = "tiny" });
        await WriteAsync(DocumentNames.Trajectory, new string('a', 64), new TrajectoryDocument { Id = new string('a', 64), Name = "digits" });
        await File.WriteAllTextAsync(Path.Combine(blobs.Location, "a-file"), "", TestContext.Current.CancellationToken);
        return blobs.Location;

        Task<string> WriteAsync<T>(string kind, string key, T document) where T : class => blobs.WriteAsync(
            StateNames.Of(DocumentNames.Service, kind, key, kind), StateDocument.Write(document), BlobCondition.None, TestContext.Current.CancellationToken);
    }

    private async Task<string> RunAsync(string program, params string[] arguments)
    {
        var start = new ProcessStartInfo(program == "disback" ? Programs.DisBack : program, arguments)
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
