using DisBack.Cli.Terminal;
using DisBack.Contracts.Documents;
using DisBack.Specs.Experiments;
using DisBack.Specs.Reading;
using DisBack.Specs.Training;
using DisBack.Storage.Blobs;
using DisBack.Storage.Documents;

namespace DisBack.Cli.Tests.Commands;

/// <summary>Which runs <c>retry</c> chooses, and that it never chooses by nothing; nothing is hosted here.</summary>
public sealed class RetryCommandTests : IDisposable
{
    private readonly string _folder = Directory.CreateTempSubdirectory("disback-retry-").FullName;

    public void Dispose() => Directory.Delete(_folder, recursive: true);

    [Theory]
    [InlineData("Nothing says which runs to retry")]
    [InlineData("Nothing says which runs to retry", "--yes")]
    [InlineData("The filter of --where is empty", "--where", "", "--yes")]
    [InlineData("The filter of --where is empty", "--where", " ", "--cause", "storage")]
    [InlineData("'unlucky'", "--cause", "unlucky")]
    public async Task Without_a_selector_it_is_a_mistake(string expected, params string[] args)
    {
        await WriteAsync("one", RunStatus.Failed, FailureCause.Storage);

        var (code, output, error) = await RetryAsync(args);

        Assert.Equal((ExitCode.Usage, ""), (code, output));
        Assert.Contains(expected, error, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("4 failed runs (a-00000000/0000, b-00000000/0000, c-00000000/0000, ...)", "--where", "seconds >= 0")]
    [InlineData("2 failed runs (a-00000000/0000, b-00000000/0000)", "--cause", "storage")]
    [InlineData("3 failed runs (a-00000000/0000, b-00000000/0000, d-00000000/0000)", "--cause", "storage", "--cause", "out-of-memory")]
    [InlineData("3 failed runs (a-00000000/0000, b-00000000/0000, c-00000000/0000)", "--where", "name != 'd'")]
    [InlineData("2 failed runs (c-00000000/0000, a-00000000/0000)", "c", "a", "c")]
    [InlineData("2 failed runs (c-00000000/0000, a-00000000/0000)", "c", "a", "d", "--where", "name in ('a', 'b', 'c')")]
    [InlineData("2 failed runs (a-00000000/0000, b-00000000/0000)", "--where", "name = 'a' or name = 'b' or status = 'completed'")]
    public async Task What_is_given_must_all_hold_of_a_run_that_has_failed(string chosen, params string[] args)
    {
        await WriteAllAsync();

        var (code, output, error) = await RetryAsync(args);

        Assert.Equal((ExitCode.Usage, "", $"disback: There is no terminal to ask on whether to retry {chosen}; add --yes.\n"), (code, output, error));
    }

    [Theory]
    [InlineData("", "--cause", "lost")]
    [InlineData("", "--where", "name = 'nobody'")]
    [InlineData("", "a", "--cause", "diverged")]
    [InlineData("disback: whole-00000000/0000 is completed; only a run that has failed is retried.\n", "whole")]
    [InlineData("disback: resting-00000000/0000 is paused; only a run that has failed is retried.\n", "resting", "--cause", "storage")]
    public async Task Where_no_failed_run_is_like_that_nothing_happens(string expected, params string[] args)
    {
        await WriteAllAsync();

        var (code, output, error) = await RetryAsync([.. args, "--yes"]);

        Assert.Equal((ExitCode.Ok, "No run that has failed is like that; nothing was retried.\n", expected), (code, output, error));
        Assert.False(File.Exists(Path.Combine(_folder, "disback.lock")));
    }

    [Theory]
    [InlineData((int)ExitCode.Usage, "RUN is empty", "")]
    [InlineData((int)ExitCode.NotFound, "There is no run 'e'", "e")]
    [InlineData((int)ExitCode.NotFound, "means 2 runs", "wh")]
    [InlineData((int)ExitCode.Invalid, "no column 'nmae'", "--where", "nmae = 'a'")]
    [InlineData((int)ExitCode.Invalid, "--where asks the table 'runs'", "teacher/taught", "--where", "name = 'a'")]
    public async Task A_name_that_means_nothing_or_several_runs_and_a_wrong_filter_stop_all_of_it(int expected, string sentence, params string[] args)
    {
        await WriteAllAsync();
        await WriteAsync("which", RunStatus.Failed, FailureCause.Crash);
        var teacher = new TeacherDocument { Id = "taught", Run = new RunRecord { Status = RunStatus.Failed } };
        await WriteAsync(DocumentNames.Teacher, teacher.Id, teacher);

        var (code, output, error) = await RetryAsync(["a", .. args, "--yes"]);

        Assert.Equal(((ExitCode)expected, ""), (code, output));
        Assert.Contains(sentence, error, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Runs_of_two_devices_are_not_retried_by_one_process()
    {
        await WriteAsync("a", RunStatus.Failed, FailureCause.Storage);
        await WriteAsync("b", RunStatus.Failed, FailureCause.Storage, "cuda:1");

        var (code, _, error) = await RetryAsync("--cause", "storage", "--yes");

        Assert.Equal(ExitCode.Invalid, code);
        Assert.Contains("(cpu as a-00000000/0000, cuda:1 as b-00000000/0000)", error, StringComparison.Ordinal);
    }

    private async Task WriteAllAsync()
    {
        await WriteAsync("a", RunStatus.Failed, FailureCause.Storage);
        await WriteAsync("b", RunStatus.Failed, FailureCause.Storage);
        await WriteAsync("c", RunStatus.Failed, FailureCause.Crash);
        await WriteAsync("d", RunStatus.Failed, FailureCause.OutOfMemory);
        await WriteAsync("whole", RunStatus.Completed, null);
        await WriteAsync("resting", RunStatus.Paused, null);
    }

    private Task<string> WriteAsync(string name, RunStatus status, FailureCause? cause, string device = "cpu")
    {
        var trial = new TrialDocument
        {
            Id = $"{name}-00000000/0000",
            Name = name,
            Spec = SpecJson.Canonical(new ExperimentSpec { Name = name, Teacher = "taught", Hardware = new HardwareSettings { Device = device } }),
            Run = new RunRecord { Status = status, Cause = cause, Submitted = new DateTimeOffset(2026, 1, 1, 0, 0, name[0] % 60, TimeSpan.Zero) },
        };
        return WriteAsync(DocumentNames.Trial, trial.Id, trial);
    }

    private Task<string> WriteAsync<T>(string kind, string key, T document) => new FolderBlobStore(_folder).WriteAsync(
        StateNames.Of(DocumentNames.Service, kind, key, kind), StateDocument.Write(document), BlobCondition.None, TestContext.Current.CancellationToken);

    private async Task<(ExitCode Code, string Output, string Error)> RetryAsync(params string[] args)
    {
        var (code, output, error) = await Shell.RunAsync(["retry", .. args, "--data", _folder]);
        return (code, output, error);
    }
}
