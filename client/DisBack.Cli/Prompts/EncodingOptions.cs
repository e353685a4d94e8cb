using System.CommandLine;
using DisBack.Cli.Options;
using DisBack.Diffusion;
using DisBack.Sdxl.Models;
using DisBack.Specs.Files;
using static TorchSharp.torch;

namespace DisBack.Cli.Prompts;

/// <summary>The options of whatever is encoded with a model.</summary>
internal sealed class EncodingOptions
{
    private const string Half = "float16", Single = "float32";

    private readonly Option<string> _model = new("--model")
    {
        Description = "The model to encode with: a folder of SDXL's kind as diffusers lays it out.",
        HelpName = "DIR",
        Required = true,
    };

    private readonly Option<string> _output = new("--output", "-o", "--out")
    {
        Description = "The safetensors file to write.",
        HelpName = "FILE",
        Required = true,
    };

    private readonly Option<string> _device = new("--device")
    {
        Description = "Where the model computes: cpu, cuda or cuda:N.",
        HelpName = "DEVICE",
        DefaultValueFactory = _ => "cpu",
    };

    private readonly Option<string> _type = new("--type") { Description = "How numbers are stored.", DefaultValueFactory = _ => Half };

    public EncodingOptions() => _type.AcceptOnlyFromAmong(Half, Single);

    /// <summary>Adds them to a command.</summary>
    public void AddTo(Command command)
    {
        command.Add(_model);
        command.Add(_output);
        command.Add(_type);
        command.Add(_device);
    }

    /// <summary>The model.</summary>
    /// <exception cref="DisBackException">There is none.</exception>
    public ModelFolder Model(ParseResult parsed) => ModelFolder.Open(UserPath.Expand(parsed.GetRequiredValue(_model)));

    /// <summary>The file to write.</summary>
    public string Output(ParseResult parsed) => UserPath.Expand(parsed.GetRequiredValue(_output));

    /// <summary>How numbers are stored.</summary>
    public ElementType Type(ParseResult parsed) => parsed.GetRequiredValue(_type) == Half ? ElementType.F16 : ElementType.F32;

    /// <summary>Where the model computes.</summary>
    /// <exception cref="DisBackException">There is no such device.</exception>
    public Device Device(ParseResult parsed) => Devices.Open(parsed.GetRequiredValue(_device));
}
