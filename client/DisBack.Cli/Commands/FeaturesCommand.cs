using System.CommandLine;
using System.Globalization;
using DisBack.Cli.Terminal;
using DisBack.Diffusion.Metrics;

namespace DisBack.Cli.Commands;

/// <summary><c>disback features</c>: the small network whose features FID compares.</summary>
internal static class FeaturesCommand
{
    public static Command Create(Session session) => new("features", "The feature network of FID: train.") { Train(session) };

    private static Command Train(Session session)
    {
        var output = new Argument<string>("FILE") { Description = "The safetensors file to write." };
        var seed = new Option<long>("--seed") { Description = "Decides split, first weights, batches and augmentation.", DefaultValueFactory = _ => 0 };
        var steps = new Option<int>("--steps") { Description = "Training steps; the shipped weights took 3,000.", DefaultValueFactory = _ => 3000 };
        var command = new Command("train", "Trains the digit classifier whose features are the default of FID.") { output, seed, steps };
        command.SetAction(parsed =>
        {
            var file = parsed.GetRequiredValue(output);
            var accuracy = DigitClassifierTraining.Train(parsed.GetValue(seed), parsed.GetValue(steps), file,
                (step, loss) => session.Screen.Line(string.Create(CultureInfo.InvariantCulture, $"step {step}  loss {Texts.Number(loss)}")));
            session.Screen.Line(string.Create(CultureInfo.InvariantCulture, $"{file}: {accuracy:P2} of the held-out digits are recognised."));
        });
        return command;
    }
}
