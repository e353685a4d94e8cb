using System.CommandLine;
using System.CommandLine.Parsing;
using System.Globalization;
using DisBack.Cli.Installations;
using DisBack.Cli.Names;
using DisBack.Cli.Options;
using DisBack.Cli.Prompts;
using DisBack.Cli.Students;
using DisBack.Cli.Terminal;
using DisBack.Diffusion.Pictures;
using static TorchSharp.torch;

namespace DisBack.Cli.Commands;

/// <summary><c>disback sample RUN</c>: new pictures from a student or a teacher; with <c>--model</c> pictures of prompts.</summary>
internal static class SampleCommand
{
    private const string FileName = "samples.png";
    private const int MostColumns = 1000;

    /// <summary>Images drawn at a time, whatever their number: it bounds the memory.</summary>
    private const long Batch = 100;

    public static Command Create(Session session)
    {
        var name = new Argument<string?>("RUN")
        {
            Arity = ArgumentArity.ZeroOrOne,
            Description = "Name, id or unique beginning of a run, teacher/NAME for a teacher, or a student.safetensors file.",
        }.CompletedWith(KnownNames.StudentsAsync);
        var count = Arguments.Count(100, "How many pictures; of each prompt one unless given.");
        var columns = Arguments.Positive(
            new Option<int>("--columns") { Description = $"Pictures in a row, at most {MostColumns}.", DefaultValueFactory = _ => 10 }, MostColumns);
        var seed = new Option<long>("--seed") { Description = "Seed of the noise.", DefaultValueFactory = _ => 0 };
        var label = new Option<int?>("--class") { Description = "Only this class, from 0; all of them in turn unless given.", HelpName = "N" };
        var output = new Option<string>("--output", "-o", "--out")
        {
            Description = $"The file to write, .png, .jpg or .jpeg, or the folder for {FileName}, and for each picture of a prompt.",
            HelpName = "FILE",
            DefaultValueFactory = _ => FileName,
        };
        var command = new Command("sample", "Draws pictures with a student, one network evaluation each; of a run that is not complete with the student of "
            + "its newest checkpoint.")
        {
            name, count, columns, seed, label, output,
        };
        var prompts = new PromptOptions();
        prompts.AddTo(command, name, label);
        command.Validators.Add(result =>
        {
            if (result.GetValue(name) is null && result.Children.All(child => child is not OptionResult { Option.Name: PromptOptions.Model }))
            {
                result.AddError("Name a RUN, or a model with --model.");
            }
        });
        command.SetAction(async (parsed, cancellation) =>
        {
            var file = PictureFile.Of(parsed.GetRequiredValue(output), FileName, output.Name);
            await using var installation = Installation.Of(parsed, session);
            if (prompts.AreGiven(parsed))
            {
                var folder = UserPath.Expand(parsed.GetRequiredValue(output));
                var separate = Directory.Exists(folder) ? folder : null;
                return (int)(await prompts.RegisteredAsync(parsed, installation, cancellation) is { } model
                    ? await new RegisteredDrawing(session, prompts, parsed, installation).RunAsync(
                        model, Given(count) ?? 1, parsed.GetValue(seed), Given(columns), file, separate, cancellation)
                    : new PromptDrawing(session, prompts, parsed).Run(Given(count) ?? 1, parsed.GetValue(seed), Given(columns), file, separate));
            }
            using var student = await StudentSource.OpenAsync(installation, parsed.GetValue(name)!, teacher: false, cancellation);
            var wanted = parsed.GetValue(count);
            using var grid = new ImageGrid(wanted, student.Shape, parsed.GetValue(columns), file.Format);
            for (long first = 0; first < wanted; first += Batch)
            {
                cancellation.ThrowIfCancellationRequested();
                using var scope = NewDisposeScope();
                grid.Add(student.Draw(parsed.GetValue(seed), first, Math.Min(Batch, wanted - first), parsed.GetValue(label)));
            }
            file.Write(grid);
            session.Screen.Line(string.Create(
                CultureInfo.InvariantCulture, $"{wanted} pictures{(student.Maker is { } maker ? $" of {maker}," : "")} are in {file.Path}."));
            return (int)ExitCode.Ok;

            int? Given(Option<int> option) => parsed.GetResult(option) is { Implicit: false } ? parsed.GetValue(option) : null;
        });
        return command;
    }
}
