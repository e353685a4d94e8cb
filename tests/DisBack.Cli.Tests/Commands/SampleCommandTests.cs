using DisBack.Cli.Terminal;
using DisBack.Diffusion.Pictures;
using DisBack.Distillation;
using DisBack.Distillation.Generators;
using static TorchSharp.torch;

namespace DisBack.Cli.Tests.Commands;

/// <summary>What is drawn, and where it goes.</summary>
public sealed class SampleCommandTests : IDisposable
{
    private readonly string _folder = Directory.CreateTempSubdirectory("disback-sample-").FullName;

    public void Dispose() => Directory.Delete(_folder, recursive: true);

    [Theory]
    [InlineData("x.png", "x.png", 0x89)]
    [InlineData("x.jpg", "x.jpg", 0xff)]
    [InlineData("x.JPEG", "x.JPEG", 0xff)]
    [InlineData(".", "samples.png", 0x89)]
    public async Task The_extension_says_which_picture_is_written(string output, string file, byte first)
    {
        var (code, text, error) = await SampleAsync("teacher/digits", "-n", "1", "-o", Path.Combine(_folder, output));
        Assert.Equal((ExitCode.Ok, ""), (code, error));
        Assert.Contains("1 pictures of the teacher, in 18 Heun steps,", text, StringComparison.Ordinal);
        Assert.Equal(first, (await File.ReadAllBytesAsync(Path.Combine(_folder, file), TestContext.Current.CancellationToken))[0]);
    }

    [Theory]
    [InlineData("x.gif", "'.gif'")]
    [InlineData("x", "no extension")]
    public async Task Another_extension_is_refused_with_the_ones_there_are(string output, string named)
    {
        var (code, _, error) = await SampleAsync("teacher/digits", "-o", Path.Combine(_folder, output));
        Assert.Equal(ExitCode.Invalid, code);
        Assert.Contains(named, error, StringComparison.Ordinal);
        Assert.Contains(".png, .jpg or .jpeg", error, StringComparison.Ordinal);
        Assert.Empty(Directory.GetFiles(_folder));
    }

    [Fact]
    public async Task A_path_below_the_home_folder_is_expanded()
    {
        var missing = $"no-such-folder-{Guid.NewGuid():N}";
        var (_, _, error) = await SampleAsync("teacher/digits", $"--output=~/{missing}/x.png");
        Assert.Contains(Path.Combine(Environment.GetFolderPath(Environment.SpecialFolder.UserProfile), missing), error, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("--columns", "1000000", ExitCode.Usage, "expected 1 to 1000")]
    [InlineData("-n", "0", ExitCode.Usage, "at least 1")]
    [InlineData("-n", "1000000", ExitCode.Invalid, "582 x 5,800,002 pixels")]
    [InlineData("-n", "20000", ExitCode.Invalid, "no side of a JPEG")]
    [InlineData("--class", "10", ExitCode.Invalid, "the network has the classes 0 to 9")]
    [InlineData("--class", "-1", ExitCode.Invalid, "the network has the classes 0 to 9")]
    public async Task What_fits_no_picture_or_is_no_class_is_refused(string option, string value, int code, string sentence)
    {
        var result = await SampleAsync("teacher/digits", option, value, "-o", Path.Combine(_folder, "x.jpg"));
        Assert.Equal((ExitCode)code, result.Code);
        Assert.Contains(sentence, result.Error, StringComparison.Ordinal);
        Assert.DoesNotContain("unexpected", result.Error, StringComparison.Ordinal);
    }

    [Fact]
    public async Task The_first_pictures_are_the_same_however_many_are_drawn()
    {
        var student = Student("s.safetensors");
        await SampleAsync(student, "-n", "100", "--columns", "10", "-o", Path.Combine(_folder, "100.png"));
        await SampleAsync(student, "-n", "210", "--columns", "10", "-o", Path.Combine(_folder, "210.png"));
        using var scope = NewDisposeScope();
        var (some, more) = (PictureReader.Read(Path.Combine(_folder, "100.png")), PictureReader.Read(Path.Combine(_folder, "210.png")));
        Assert.True(more.narrow(1, 0, some.shape[1]).eq(some).all().item<bool>());
    }

    [Fact]
    public async Task A_class_is_drawn_alone()
    {
        await SampleAsync("teacher/digits", "-n", "4", "--columns", "1", "-o", Path.Combine(_folder, "all.png"));
        await SampleAsync("teacher/digits", "-n", "4", "--columns", "1", "--class", "2", "-o", Path.Combine(_folder, "two.png"));
        using var scope = NewDisposeScope();
        var (all, two) = (PictureReader.Read(Path.Combine(_folder, "all.png")), PictureReader.Read(Path.Combine(_folder, "two.png")));
        // The third of all is a two as well, and of the same noise.
        bool[] same = [.. Enumerable.Range(0, 4).Select(row => all.narrow(1, row * 58, 58).eq(two.narrow(1, row * 58, 58)).all().item<bool>())];
        Assert.Equal([false, false, true, false], same);
    }

    [Fact]
    public async Task A_file_that_is_called_like_nothing_registered_is_meant()
    {
        Student("smoke");
        var here = Directory.GetCurrentDirectory();
        var relative = Path.GetRelativePath(here, Path.Combine(_folder, "smoke"));
        Assert.Equal(ExitCode.Ok, (await SampleAsync(relative, "-n", "1", "-o", Path.Combine(_folder, "x.png"))).Code);
    }

    private Task<Shell.Result> SampleAsync(string name, params string[] options) =>
        Shell.RunAsync(["sample", name, "--data", Path.Combine(_folder, "data"), .. options]);

    /// <summary>The shipped teacher as an untrained student, which is quicker to draw with.</summary>
    private string Student(string name)
    {
        var (weights, path) = (Path.Combine(_folder, "weights"), Path.Combine(_folder, name));
        using (var file = File.Create(weights))
        using (var shipped = Client.TeacherLibrary.OpenShipped("digits"))
        {
            shipped.CopyTo(file);
        }
        using var student = new DenoiserGenerator(NetworkFile.Open(weights), 2.5);
        using var scope = NewDisposeScope();
        using (var file = File.Create(path))
        {
            StudentFile.Write(file, student);
        }
        return path;
    }
}
