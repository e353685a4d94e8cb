using DisBack.Cli.Terminal;
using DisBack.Diffusion.Pictures;

namespace DisBack.Cli.Tests.Commands;

/// <summary>Pictures of prompts, with a model of SDXL's structure and random weights.</summary>
public sealed class PromptSampleTests : IDisposable
{
    private static readonly string s_model = Path.Combine(AppContext.BaseDirectory, "sdxl");

    private readonly string _folder = Directory.CreateTempSubdirectory("disback-prompts-").FullName;

    private static CancellationToken Cancellation => TestContext.Current.CancellationToken;

    public void Dispose() => Directory.Delete(_folder, recursive: true);

    [Fact]
    public async Task One_picture_is_the_file_and_says_what_it_was_drawn_from()
    {
        var (code, text, error) = await SampleAsync(
            "--unet", Path.Combine(s_model, "SDXL_DisBack.bin"), "--lora", $"{Path.Combine(AppContext.BaseDirectory, "lora-kohya.safetensors")}=0.5",
            "--prompt", "A photo of a dog.", "--seed", "7", "--size", "96x64", "--out", In("dog.png"));

        Assert.Equal((ExitCode.Ok, ""), (code, error));
        Assert.Contains("A LoRA adapts 368 of 368 modules.", text, StringComparison.Ordinal);
        Assert.Contains($"1 picture, as a student in one step at 399, in {In("dog.png")}.", text, StringComparison.Ordinal);
        var texts = PngText.Read(await File.ReadAllBytesAsync(In("dog.png"), Cancellation), "dog.png");
        Assert.Equal("A photo of a dog.", texts["prompt"]);
        Assert.Equal("7", texts["seed"]);
        Assert.Equal("96x64", texts["size"]);
        Assert.Equal("original 96x64, cropped at 0,0, target 96x64", texts["size condition"]);
        Assert.Equal(("sdxl", "SDXL_DisBack.bin", "lora-kohya.safetensors (0.5)"), (texts["model"], texts["unet"], texts["lora"]));
    }

    [Fact]
    public async Task Several_are_a_grid_and_in_a_folder_each_is_a_file_that_draws_again_alone()
    {
        await File.WriteAllTextAsync(In("prompts.txt"), "a dog\n\n two cats \n", Cancellation);

        var (code, text, _) = await SampleAsync("--prompts", In("prompts.txt"), "-n", "2", "--steps", "4", "--size", "64", "--out", _folder);
        var again = await SampleAsync("--prompt", "two cats", "--seed", "1", "--steps", "4", "--size", "64", "--out", In("again.png"));

        Assert.Equal((ExitCode.Ok, ExitCode.Ok), (code, again.Code));
        Assert.Contains("4 pictures, as a student in 4 steps at 999, 749, 499, 249, each in a file", text, StringComparison.Ordinal);
        Assert.Equal(
            ["00000.png", "00001.png", "00002.png", "00003.png", "again.png", "samples.png"],
            Directory.GetFiles(_folder, "*.png").Select(Path.GetFileName).Order());
        Assert.Equal(await File.ReadAllBytesAsync(In("again.png"), Cancellation), await File.ReadAllBytesAsync(In("00003.png"), Cancellation));
        Assert.Equal("a dog\ntwo cats", PngText.Read(await File.ReadAllBytesAsync(In("samples.png"), Cancellation), "samples.png")["prompt"]);
    }

    [Fact]
    public async Task A_teacher_is_guided_and_led_away_from_a_negative_prompt()
    {
        string[] teacher = ["--prompt", "a dog", "--size", "64", "--guidance", "7.5", "--steps", "3"];

        var (code, text, _) = await SampleAsync([.. teacher, "--out", In("a.png")]);
        await SampleAsync([.. teacher, "--negative", "", "--out", In("b.png")]);

        Assert.Equal(ExitCode.Ok, code);
        Assert.Contains("as a teacher in 3 Euler steps with guidance 7.5", text, StringComparison.Ordinal);
        Assert.NotEqual(await File.ReadAllBytesAsync(In("a.png"), Cancellation), await File.ReadAllBytesAsync(In("b.png"), Cancellation));
    }

    [Fact]
    public async Task What_the_model_is_told_of_the_size_is_in_the_users_hands()
    {
        var (code, _, error) = await SampleAsync(
            "--prompt", "a dog", "--size", "64", "--original-size", "512x256", "--crop", "8,16", "--target-size", "96x48", "--out", In("x.png"));

        Assert.Equal((ExitCode.Ok, ""), (code, error));
        Assert.Equal(
            "original 512x256, cropped at 8,16, target 96x48",
            PngText.Read(await File.ReadAllBytesAsync(In("x.png"), Cancellation), "x.png")["size condition"]);
    }

    [Fact]
    public async Task Tokens_without_effect_are_told_of()
    {
        var (code, _, error) = await SampleAsync(
            "--prompt", string.Join(' ', Enumerable.Repeat("!", 80)), "--size", "64", "--out", In("x.png"));

        Assert.Equal(ExitCode.Ok, code);
        Assert.StartsWith("The last 5 tokens of '! ! !", error, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Pictures_that_are_decoded_in_tiles_are_told_of()
    {
        var (code, _, error) = await SampleAsync("--prompt", "a dog", "--size", "520", "--out", In("x.png"));

        Assert.Equal(ExitCode.Ok, code);
        Assert.Contains("decoded in tiles", error, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("Give --prompt, or --prompts")]
    [InlineData("Give --prompt, or --prompts", "--prompt", "a", "--prompts", "b")]
    [InlineData("RUN is not for --model", "smoke", "--prompt", "a")]
    [InlineData("--class is not for --model", "--prompt", "a", "--class", "1")]
    [InlineData("give one of them", "--prompt", "a", "--guidance", "2", "--timesteps", "399")]
    [InlineData("leave --steps out", "--prompt", "a", "--steps", "2", "--timesteps", "399")]
    [InlineData("at least 1", "--prompt", "a", "--batch", "0")]
    [InlineData("'fp8' not recognized", "--prompt", "a", "--precision", "fp8")]
    public async Task Options_that_contradict_one_another_are_refused(string sentence, params string[] options)
    {
        var (code, _, error) = await SampleAsync(options);

        Assert.Equal(ExitCode.Usage, code);
        Assert.Contains(sentence, error, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("--size is 'wide'", "--size", "wide")]
    [InlineData("multiples of 8", "--size", "100x64")]
    [InlineData("--crop is '1'", "--crop", "1")]
    [InlineData("must fall", "--timesteps", "249", "499")]
    [InlineData("Only guidance leads away", "--negative", "blurry")]
    [InlineData("There is no file", "--lora", "nothing.safetensors")]
    public async Task What_cannot_be_drawn_is_refused(string sentence, params string[] options)
    {
        var (code, _, error) = await SampleAsync(["--prompt", "a", "--out", In("x.png"), .. options]);

        Assert.Equal(ExitCode.Invalid, code);
        Assert.Contains(sentence, error, StringComparison.Ordinal);
        Assert.Empty(Directory.GetFiles(_folder));
    }

    [Fact]
    public async Task Options_of_a_model_without_one_are_refused()
    {
        var (code, _, error) = await Shell.RunAsync("sample", "smoke", "--prompt", "a");

        Assert.Equal(ExitCode.Usage, code);
        Assert.Contains("--prompt is about --model", error, StringComparison.Ordinal);
    }

    private string In(string name) => Path.Combine(_folder, name);

    private static Task<Shell.Result> SampleAsync(params string[] options) => Shell.RunAsync(["sample", "--model", s_model, .. options]);
}
