using System.CommandLine;
using DisBack.Cli.Options;
using DisBack.Cli.Prompts;
using DisBack.Cli.Terminal;
using DisBack.Sdxl.Encodings;

namespace DisBack.Cli.Commands;

/// <summary><c>disback latents</c>: the real pictures of a run of SDXL's kind.</summary>
internal static class LatentsCommand
{
    public static Command Create(Session session) => new("latents", "Latents of pictures for runs: encode.") { Encode(session) };

    private static Command Encode(Session session)
    {
        var options = new EncodingOptions();
        var path = new Option<string>("--pictures")
        {
            Description = "A folder of pictures, each with its caption in a text file beside it; tar files as of webdataset; safetensors files of latents.",
            HelpName = "PATH",
            Required = true,
        };
        var size = Arguments.Positive(new Option<int>("--size")
        {
            Description = "Pixels to crop and average the pictures to; for SDXL 1024.",
            HelpName = "N",
            Required = true,
        });
        var seed = new Option<long?>("--seed")
        {
            Description = "Draw the latents with this seed; they are the means of what the autoencoder makes unless given.",
            HelpName = "N",
        };
        var command = new Command("encode", "Encodes pictures and their captions into one file; a spec names it with 'data: { source: latents }'.")
        {
            path, size, seed,
        };
        options.AddTo(command);
        command.SetAction(parsed =>
        {
            var output = options.Output(parsed);
            var encoding = new LatentEncoding(options.Model(parsed), options.Device(parsed));
            var (data, side) = (UserPath.Expand(parsed.GetRequiredValue(path)), parsed.GetValue(size));
            var settings = new LatentSettings(options.Type(parsed), parsed.GetValue(seed));
            new EncodingReport(session).Of(
                output, "latents", (progress, cancellation) => encoding.Write(data, side, output, settings, progress, cancellation));
        });
        return command;
    }
}
