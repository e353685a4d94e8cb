using System.CommandLine;
using DisBack.Cli.Options;
using DisBack.Cli.Prompts;
using DisBack.Cli.Terminal;
using DisBack.Sdxl.Encodings;
using DisBack.Sdxl.Prompts;

namespace DisBack.Cli.Commands;

/// <summary><c>disback prompts</c>: the texts that a run of SDXL's kind draws its pictures of.</summary>
internal static class PromptsCommand
{
    public static Command Create(Session session) => new("prompts", "Prompts for runs: encode.") { Encode(session) };

    private static Command Encode(Session session)
    {
        var options = new EncodingOptions();
        var prompts = new Option<string>("--prompts")
        {
            Description = "A text file with a prompt on each line, or a Parquet file.",
            HelpName = "FILE",
            Required = true,
        };
        var column = new Option<string?>("--column") { Description = "The column of a Parquet file.", HelpName = "NAME" };
        var command = new Command("encode", "Encodes prompts into one file with a model's text encoders; a spec names it with 'conditions'.")
        {
            prompts, column,
        };
        options.AddTo(command);
        command.SetAction(parsed =>
        {
            var (model, output) = (options.Model(parsed), options.Output(parsed));
            var texts = PromptList.Read(UserPath.Expand(parsed.GetRequiredValue(prompts)), parsed.GetValue(column));
            var encoding = new PromptEncoding(model, options.Device(parsed));
            var type = options.Type(parsed);
            new EncodingReport(session).Of(
                output, "prompts", (progress, cancellation) => encoding.Write(texts, output, type, progress, cancellation));
        });
        return command;
    }
}
