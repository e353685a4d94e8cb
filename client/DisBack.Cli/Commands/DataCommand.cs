using System.CommandLine;
using System.Globalization;
using DisBack.Cli.Options;
using DisBack.Cli.Terminal;
using DisBack.Diffusion.Data;

namespace DisBack.Cli.Commands;

/// <summary><c>disback data</c>: images as one file that clusters and other machines read.</summary>
internal static class DataCommand
{
    public static Command Create(Session session) => new("data", "Data sets: pack, shapes.") { Pack(session), ShapesCommand.Create(session) };

    private static Command Pack(Session session)
    {
        var path = new Argument<string>("PATH")
        {
            Description = "Pictures in a folder, in one folder for each class or in a ZIP file; CIFAR-10 in its binary version; an IDX file.",
        };
        var file = new Argument<string>("FILE") { Description = "The safetensors file to write." };
        var labels = new Option<string?>("--labels") { Description = "The IDX file of labels.", HelpName = "FILE" };
        var resolution = new Option<int?>("--resolution")
        {
            Description = "Pixels to crop and average the images to; needed unless all are squares of one size.",
            HelpName = "N",
        };
        var channels = new Option<int?>("--channels") { Description = "1 for grey, 3 for RGB; usually 3 for a folder and 1 for IDX.", HelpName = "1|3" };
        var command = new Command("pack", "Packs images into one file; a spec names it with 'source: packed'.") { path, file, labels, resolution, channels };
        command.SetAction(parsed =>
        {
            var settings = ImagesAt.Of(
                parsed.GetRequiredValue(path), parsed.GetValue(labels), parsed.GetValue(resolution), parsed.GetValue(channels));
            var (facts, notes) = PackedImages.Write(settings, parsed.GetRequiredValue(file));
            foreach (var note in notes)
            {
                session.Screen.Error.WriteLine($"disback: {note}");
            }
            session.Screen.Line(string.Create(
                CultureInfo.InvariantCulture,
                $"{parsed.GetRequiredValue(file)}: {facts.Count} images of {facts.Channels}x{facts.Resolution}x{facts.Resolution} (channels, height, width) in "
                    + $"{facts.Classes} classes."));
        });
        return command;
    }
}
