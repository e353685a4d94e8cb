using System.CommandLine;
using System.Globalization;
using DisBack.Cli.Installations;
using DisBack.Cli.Options;
using DisBack.Cli.Terminal;
using DisBack.Diffusion.Pictures;

namespace DisBack.Cli.Commands;

/// <summary><c>disback sample RUN</c>: new pictures from a student.</summary>
internal static class SampleCommand
{
    public static Command Create(Session session)
    {
        var name = new Argument<string>("RUN") { Description = "Name, id or unique beginning of a run, or a student.safetensors file." };
        var count = Arguments.Count(100, "How many pictures.");
        var columns = Arguments.Positive(new Option<int>("--columns") { Description = "Pictures in a row.", DefaultValueFactory = _ => 10 });
        var seed = new Option<long>("--seed") { Description = "Seed of the noise.", DefaultValueFactory = _ => 0 };
        var output = new Option<string>("--output", "-o")
        {
            Description = "The PNG file to write.",
            HelpName = "FILE",
            DefaultValueFactory = _ => "samples.png",
        };
        var command = new Command("sample", "Draws pictures with a student, one network evaluation each.") { name, count, columns, seed, output };
        command.SetAction(async (parsed, cancellation) =>
        {
            var file = Path.GetFullPath(parsed.GetRequiredValue(output));
            if (!Directory.Exists(Path.GetDirectoryName(file)))
            {
                throw new DisBackException($"The picture cannot be written to '{file}': there is no such folder; make it, or name another file with --output.");
            }
            await using var installation = Installation.Of(parsed, session);
            using var student = await StudentSource.OpenAsync(installation, parsed.GetRequiredValue(name), teacher: false, cancellation);
            using var images = student.Draw(parsed.GetValue(seed), 0, parsed.GetValue(count));
            await File.WriteAllBytesAsync(file, ImageGrid.Png(images, parsed.GetValue(columns)), cancellation);
            session.Screen.Line(string.Create(CultureInfo.InvariantCulture, $"{images.shape[0]} pictures are in {file}."));
            return (int)ExitCode.Ok;
        });
        return command;
    }
}
