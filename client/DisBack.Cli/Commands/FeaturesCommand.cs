using System.CommandLine;
using System.Diagnostics;
using System.Globalization;
using DisBack.Cli.Options;
using DisBack.Cli.Terminal;
using DisBack.Diffusion.Features;
using DisBack.Specs.Data;

namespace DisBack.Cli.Commands;

/// <summary><c>disback features</c>: the small networks whose features FID compares.</summary>
internal static class FeaturesCommand
{
    private const int PictureResolution = 32;

    public static Command Create(Session session) => new("features", "The feature network of FID: train.") { Train(session) };

    private static Command Train(Session session)
    {
        var output = new Argument<string>("FILE") { Description = "The safetensors file to write." };
        var images = new Option<string?>("--images")
        {
            Description = "Train on these images instead of the shipped digits: a folder with a folder of pictures for each class, a packed or an IDX file.",
            HelpName = "FOLDER",
        };
        var labels = new Option<string?>("--labels") { Description = "The IDX file of labels, for --images with an IDX file.", HelpName = "FILE" };
        var resolution = new Option<int?>("--resolution")
        {
            Description = $"Height and width of the --images in pixels; {PictureResolution} unless given.",
        };
        var channels = new Option<int?>("--channels") { Description = "1 for grey, 3 for RGB, of the --images; 3 unless given, 1 for an IDX file." };
        var noMirror = new Option<bool>("--no-mirror") { Description = "Never mirror the --images: for letters, digits and the like." };
        var seed = new Option<long>("--seed") { Description = "Decides split, first weights, batches and augmentation.", DefaultValueFactory = _ => 0 };
        var steps = Arguments.Positive(new Option<int>("--steps")
        {
            Description = "Training steps; the shipped weights took 3,000.",
            DefaultValueFactory = _ => 3000,
        });
        var command = new Command("train", "Trains the digit classifier whose features are the default of FID, or with --images one of other images.")
        {
            output,
            images,
            labels,
            resolution,
            channels,
            noMirror,
            seed,
            steps,
        };
        command.Validators.Add(result =>
        {
            Option[] ofImages = [labels, resolution, channels, noMirror];
            if (result.GetValue(images) is null && ofImages.FirstOrDefault(option => result.GetResult(option) is { Implicit: false }) is { } idle)
            {
                result.AddError($"{idle.Name} is about --images, which is not given.");
            }
        });
        command.SetAction(parsed =>
        {
            var file = parsed.GetRequiredValue(output);
            var (began, last) = (Stopwatch.GetTimestamp(), parsed.GetValue(steps));
            var accuracy = parsed.GetValue(images) is { } path
                ? ClassifierTraining.Train(Images(path), !parsed.GetValue(noMirror), parsed.GetValue(seed), last, file, Show)
                : ClassifierTraining.TrainDigits(parsed.GetValue(seed), last, file, Show);
            var kind = parsed.GetValue(images) is null ? "digits" : "images";
            session.Screen.Line(string.Create(CultureInfo.InvariantCulture, $"{file}: {accuracy:P2} of the held-out {kind} are recognised."));

            DatasetSettings Images(string path) => ImagesAt.Of(
                path,
                parsed.GetValue(labels),
                parsed.GetValue(resolution) ?? (path.EndsWith(".safetensors", StringComparison.OrdinalIgnoreCase) ? null : PictureResolution),
                parsed.GetValue(channels));

            void Show(int step, double loss) => session.Screen.Line(string.Create(
                CultureInfo.InvariantCulture,
                $"step {step:N0} of {last:N0}  loss {Texts.Number(loss)}  {Texts.Duration(Stopwatch.GetElapsedTime(began) / step * (last - step))} left"));
        });
        return command;
    }
}
