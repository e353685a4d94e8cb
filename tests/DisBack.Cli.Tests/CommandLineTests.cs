using DisBack.Cli.Terminal;
using DisBack.Client;
using DisBack.Contracts.Documents;
using DisBack.Specs.Reading;
using DisBack.Storage;
using DisBack.Storage.Documents;
using DisBack.Storage.Local;

namespace DisBack.Cli.Tests;

public sealed class CommandLineTests
{
    [Theory]
    [InlineData("lsit", "disback: There is no 'lsit' here; did you mean 'list'?\nRun 'disback --help' for what there is.\n")]
    [InlineData("list --jsno", "disback: There is no '--jsno' here; did you mean '--json'?\nRun 'disback list --help' for what there is.\n")]
    [InlineData("trajectory shw", "disback: There is no 'shw' here; did you mean 'show'?\nRun 'disback trajectory --help' for what there is.\n")]
    public async Task A_wrong_command_line_is_answered_with_what_was_probably_meant(string line, string error)
        => Assert.Equal(new Shell.Result(ExitCode.Usage, "", error), await Shell.RunAsync(line.Split(' ')));

    [Theory]
    [InlineData("cancel ?", "RUN is empty; give one.")]
    [InlineData("tag a b ?", "TAG is empty; give one.")]
    [InlineData("run ?", "SPEC is empty; give one.")]
    [InlineData("teacher train ?", "SPEC is empty; give one.")]
    [InlineData("model delete ?", "MODEL is empty; give one.")]
    [InlineData("sample a -o ?", "--output is empty; give one, or leave it out.")]
    [InlineData("teacher import a.safetensors --name ?", "--name is empty; give one, or leave it out.")]
    [InlineData("list --data ?", "--data is empty; give one, or leave it out.")]
    [InlineData("sample a --class x", "--class is 'x'; expected a whole number.")]
    [InlineData("list --limit 1.5", "--limit is '1.5'; expected a whole number.")]
    [InlineData("sample a -n 99999999999", "--count is '99999999999'; expected a whole number.")]
    public async Task An_empty_variable_of_a_script_and_what_is_no_number_are_refused(string line, string sentence)
    {
        var result = await Shell.RunAsync([.. line.Split(' ').Select(word => word == "?" ? "" : word)]);
        Assert.Equal(ExitCode.Usage, result.Code);
        Assert.StartsWith($"disback: {sentence}\n", result.Error, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("list --status 5", "cancelled", "pending")]
    [InlineData("list --status done", "cancelled", "pending")]
    [InlineData("schema 0", "experiment", "teacher")]
    [InlineData("completion install 0", "bash", "fish")]
    public async Task A_choice_that_there_is_not_is_refused_in_one_line_with_the_ones_there_are(string line, string one, string other)
    {
        var result = await Shell.RunAsync(line.Split(' '));
        Assert.Equal(ExitCode.Usage, result.Code);
        var sentence = result.Error.Split('\n')[0];
        Assert.Contains($"'{one}'", sentence, StringComparison.Ordinal);
        Assert.Contains($"'{other}'", sentence, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("--channels 1", "--channels")]
    [InlineData("--no-mirror", "--no-mirror")]
    [InlineData("--labels x", "--labels")]
    public async Task Options_about_images_that_are_not_given_are_refused(string options, string named)
    {
        var result = await Shell.RunAsync(["features", "train", "out.safetensors", .. options.Split(' ')]);
        Assert.Equal(ExitCode.Usage, result.Code);
        Assert.Contains($"{named} is about --images, which is not given.", result.Error, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("--images absent", "There is no folder absent")]
    [InlineData("--images absent --labels labels.idx", "There is no file 'absent'")]
    [InlineData("--images absent --resolution 2000", "resolution is 2000: only 4 to 1024 are possible")]
    public async Task A_classifier_is_trained_on_the_images_that_are_named(string options, string expected)
    {
        var result = await Shell.RunAsync(["features", "train", "out.safetensors", .. options.Split(' ')]);
        Assert.Equal(ExitCode.Invalid, result.Code);
        Assert.Contains(expected, result.Error, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("pause")]
    [InlineData("cancel")]
    [InlineData("resume")]
    [InlineData("watch")]
    [InlineData("logs")]
    [InlineData("why")]
    [InlineData("show")]
    [InlineData("sample")]
    [InlineData("evaluate")]
    [InlineData("checkpoint list")]
    [InlineData("checkpoint verify")]
    public async Task A_name_that_means_several_runs_is_refused_with_all_of_them(string verb)
    {
        var folder = Directory.CreateTempSubdirectory("disback-several-").FullName;
        try
        {
            foreach (var id in new[] { "twin-00000000/0000", "twin-11111111/0000" })
            {
                var document = Path.Combine(folder, StateNames.Of(DocumentNames.Service, DocumentNames.Trial, id, DocumentNames.Trial));
                Directory.CreateDirectory(Path.GetDirectoryName(document)!);
                var trial = new TrialDocument { Id = id, Name = "twin", Run = new RunRecord { Status = RunStatus.Running } };
                await File.WriteAllBytesAsync(document, StateDocument.Write(trial).ToArray(), TestContext.Current.CancellationToken);
            }
            foreach (var text in new[] { "twin", "tw" })
            {
                Assert.Equal(
                    new Shell.Result(ExitCode.NotFound, "", $"disback: '{text}' means 2 runs: twin-00000000/0000, twin-11111111/0000; write more of one.\n"),
                    await Shell.RunAsync([.. verb.Split(' '), text, "--data", folder]));
            }
        }
        finally
        {
            Directory.Delete(folder, recursive: true);
        }
    }

    [Fact]
    public async Task A_list_that_leaves_out_what_is_damaged_says_so_in_words_and_by_its_exit_code()
    {
        var folder = Directory.CreateTempSubdirectory("disback-list-").FullName;
        try
        {
            var document = Path.Combine(folder, StateNames.Of(DocumentNames.Service, DocumentNames.Trial, "a-00000000/0000", DocumentNames.Trial));
            Directory.CreateDirectory(Path.GetDirectoryName(document)!);
            await File.WriteAllTextAsync(document, "{\"id\": ", TestContext.Current.CancellationToken);
            var result = await Shell.RunAsync("list", "--data", folder);
            Assert.Equal(ExitCode.Storage, result.Code);
            Assert.Contains("restore it from a copy", result.Error, StringComparison.Ordinal);
            Assert.DoesNotContain("no runs", result.Output, StringComparison.Ordinal);
        }
        finally
        {
            Directory.Delete(folder, recursive: true);
        }
    }

    [Fact]
    public async Task Help_lists_every_exit_code()
    {
        var help = (await Shell.RunAsync("--help")).Output;
        Assert.All(Enum.GetValues<ExitCode>(), code => Assert.Contains($"  {(int)code,3}  ", help, StringComparison.Ordinal));
    }

    public static TheoryData<Exception, string, int> Failures => new()
    {
        { new SpecException([new SpecProblem(new SpecLocation("a.yaml", 2, 3), "wrong")]), "a.yaml:2:3: wrong\n", 3 },
        { new DisBackException("The file is broken."), "disback: The file is broken.\n", 3 },
        { new NotFoundException("There is no run 'x'."), "disback: There is no run 'x'.\n", 4 },
        { new StorageException("The disk is full."), "disback: The disk is full.\n", 8 },
        { new AggregateException(new StorageException("The disk is full.")), "disback: The disk is full.\n", 8 },
        { new IOException("No space left on device : '/x'"), "disback: No space left on device : '/x'\n", 8 },
        {
            new InvalidOperationException("Odd."),
            "disback: unexpected InvalidOperationException: Odd. Set DISBACK_TRACE=1 to see where, and please report it.\n",
            1 },
    };

    [Theory, MemberData(nameof(Failures))]
    public void A_failure_is_one_sentence_and_an_exit_code(Exception failure, string sentence, int code)
    {
        using var error = new StringWriter { NewLine = "\n" };
        Assert.Equal(code, (int)CommandLine.Explain(failure, error));
        Assert.Equal(sentence, error.ToString());
    }

    [Fact]
    public void A_held_data_folder_has_an_exit_code_of_its_own()
        => Assert.Equal(ExitCode.DataFolderInUse, CommandLine.Explain(new DataFolderInUseException("/data", null), TextWriter.Null));
}
