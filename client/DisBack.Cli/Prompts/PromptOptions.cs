using System.CommandLine;
using System.Text.RegularExpressions;
using DisBack.Cli.Installations;
using DisBack.Cli.Names;
using DisBack.Cli.Options;
using DisBack.Contracts.Documents;
using DisBack.Diffusion;
using DisBack.Diffusion.TextToImage.Layers;
using DisBack.Sdxl.Drawing;
using DisBack.Sdxl.Models;
using DisBack.Sdxl.Prompts;
using DisBack.Specs.Reading;
using static TorchSharp.torch;

namespace DisBack.Cli.Prompts;

/// <summary>The options of <c>disback sample</c> with which pictures of texts are drawn.</summary>
internal sealed class PromptOptions
{
    /// <summary>The option without which there is no other.</summary>
    public const string Model = "--model";

    private const string Fp32 = "fp32", Fp16 = "fp16", Bf16 = "bf16";

    private readonly Option<string?> _model = Text(
        Model, "DIR|NAME", "Draw pictures of prompts with this model: a folder of SDXL's kind as diffusers lays it out, or with --cluster a registered one.")
        .CompletedWith(KnownNames.ModelsAsync);

    private readonly Option<string[]> _prompt = Texts("--prompt", "TEXT", "What a picture is to show; may be repeated.");
    private readonly Option<string?> _prompts = Text("--prompts", "FILE", "A text file with a prompt on each line, or a Parquet file.");
    private readonly Option<string?> _column = Text("--column", "NAME", "The column of a Parquet file of prompts.");
    private readonly Option<string?> _negative = Text("--negative", "TEXT", "What guidance is to lead away from.");
    private readonly Option<string?> _unet = Text("--unet", "FILE", "Weights for the model's UNet: a student's, safetensors or .bin.");
    private readonly Option<string[]> _lora = Texts("--lora", "FILE[=STRENGTH]", "A LoRA for the model; may be repeated.");
    private readonly Option<bool> _keepLora = new("--keep-lora") { Description = "Compute each LoRA beside the weights instead of merging it into them." };
    private readonly Option<int?> _steps = new("--steps")
    {
        Description = "Evaluations of the UNet; as many as the student was trained with, or one; 30 with --guidance.",
    };

    private readonly Option<int[]> _timesteps = new("--timesteps")
    {
        Description = "The student's own time steps, for example 999 749 499 249; what its file says unless given, or 399.",
        HelpName = "N",
        AllowMultipleArgumentsPerToken = true,
        DefaultValueFactory = _ => [],
    };

    private readonly Option<double?> _guidance = new("--guidance")
    {
        Description = "Draw with a teacher, by Euler's method with guidance of this scale.",
        HelpName = "SCALE",
    };

    private readonly Option<string?> _size = Text("--size", "WIDTHxHEIGHT", "Of the pictures, in pixels; that of the model's training unless given.");
    private readonly Option<string?> _originalSize = Text("--original-size", "WIDTHxHEIGHT", "What the model is told: the size before a picture was scaled.");
    private readonly Option<string?> _crop = Text("--crop", "TOP,LEFT", "What the model is told: what was cut off.");
    private readonly Option<string?> _targetSize = Text("--target-size", "WIDTHxHEIGHT", "What the model is told: the size of a picture.");
    private readonly Option<int> _batch = Arguments.Positive(
        new Option<int>("--batch") { Description = "Pictures that are drawn at a time.", DefaultValueFactory = _ => 1 });

    private readonly Option<string> _device = new("--device")
    {
        Description = "Where the model computes: cpu, cuda or cuda:N.",
        HelpName = "DEVICE",
        DefaultValueFactory = _ => "cpu",
    };

    private readonly Option<string?> _precision = new("--precision")
    {
        Description = "How the model computes; fp32 on the CPU and bf16 elsewhere unless given.",
    };


    public PromptOptions() => _precision.AcceptOnlyFromAmong(Fp32, Fp16, Bf16);

    private IReadOnlyList<Option> OfModel =>
    [
        _prompt, _prompts, _column, _negative, _unet, _lora, _keepLora, _steps, _timesteps, _guidance, _size, _originalSize, _crop, _targetSize, _batch,
        _device, _precision,
    ];

    /// <summary>Adds them to a command.</summary>
    /// <param name="command">The command.</param>
    /// <param name="others">What of the command is not for a model: symbols that must not be given with it.</param>
    public void AddTo(Command command, params IReadOnlyList<Symbol> others)
    {
        command.Add(_model);
        foreach (var option in OfModel)
        {
            command.Add(option);
        }
        command.Validators.Add(result =>
        {
            if (result.GetValue(_model) is null)
            {
                if (OfModel.FirstOrDefault(option => result.GetResult(option) is { Implicit: false }) is { } idle)
                {
                    result.AddError($"{idle.Name} is about --model, which is not given.");
                }
            }
            else if (others.FirstOrDefault(other => IsGiven(result, other)) is { } misplaced)
            {
                result.AddError($"{misplaced.Name} is not for --model; leave one of them out.");
            }
            else if (result.GetValue(_prompt)!.Length == 0 == result.GetValue(_prompts) is null)
            {
                result.AddError("Give --prompt, or --prompts with a file of them.");
            }
            else if (result.GetValue(_column) is not null && result.GetValue(_prompts) is null)
            {
                result.AddError("--column is about --prompts, which is not given.");
            }
            else if (result.GetValue(_guidance) is not null && result.GetValue(_timesteps)!.Length > 0)
            {
                result.AddError("--timesteps are a student's and --guidance is a teacher's; give one of them.");
            }
            else if (result.GetValue(_steps) is not null && result.GetValue(_timesteps)!.Length > 0)
            {
                result.AddError("--timesteps say how many steps there are; leave --steps out.");
            }
        });
    }

    /// <summary>Whether pictures of prompts are to be drawn.</summary>
    public bool AreGiven(ParseResult parsed) => parsed.GetValue(_model) is not null;

    /// <summary>The name of the registered model that is meant; null if it is a folder of this machine.</summary>
    /// <param name="parsed">What the user wrote.</param>
    /// <param name="installation">Where models are registered.</param>
    /// <param name="cancellation">Stops the look.</param>
    /// <remarks>On a cluster a path is told from a name by its separator, <c>./NAME</c>; in a data folder what is a folder here is one.</remarks>
    public async Task<string?> RegisteredAsync(ParseResult parsed, Installation installation, CancellationToken cancellation)
    {
        var text = parsed.GetRequiredValue(_model)!;
        var isName = Regex.IsMatch(text, SpecName.Pattern)
            && (installation.Folder is null || (!Directory.Exists(text) && await installation.Archive.ModelAsync(text, cancellation) is not null));
        if (isName && new Option[] { _unet, _lora, _keepLora }.FirstOrDefault(option => parsed.GetResult(option) is { Implicit: false }) is { } ofFolder)
        {
            throw new DisBackException($"{ofFolder.Name} is for the model of a folder, and '{text}' is a registered one: add it to a model with 'disback model "
                + $"add', or name the folder ./{text}.");
        }
        return isName ? text : null;
    }

    /// <summary>What the user named as the model, and what it is added to; for the texts in a picture.</summary>
    public IEnumerable<KeyValuePair<string, string>> Names(ParseResult parsed) => PictureTexts.Names(
        Path.GetFileName(Path.TrimEndingDirectorySeparator(Path.GetFullPath(UserPath.Expand(parsed.GetValue(_model)!)))),
        parsed.GetValue(_unet) is { } unet ? Path.GetFileName(unet) : null,
        [.. parsed.GetRequiredValue(_lora).Select(AdapterOption.Of).Select(lora => (Path.GetFileName(lora.Path), lora.Strength))],
        Precision(parsed));

    /// <summary>The model.</summary>
    /// <exception cref="DisBackException">There is no such device, no such model, or an adapter does not fit.</exception>
    public TextToImage Open(ParseResult parsed)
    {
        var source = new ModelSource(ModelFolder.Open(UserPath.Expand(parsed.GetValue(_model)!)))
        {
            UNet = parsed.GetValue(_unet) is { } unet ? UserPath.Expand(unet) : null,
            Adapters = [.. parsed.GetRequiredValue(_lora).Select(AdapterOption.Of)],
            KeepsAdapters = parsed.GetValue(_keepLora),
        };
        var type = Precision(parsed) switch
        {
            Fp16 => ScalarType.Float16,
            Bf16 => ScalarType.BFloat16,
            _ => ScalarType.Float32,
        };
        return new(source, new Placement(Devices.Open(parsed.GetRequiredValue(_device)), type));
    }

    /// <summary>What is to be drawn.</summary>
    /// <param name="parsed">What the user wrote.</param>
    /// <param name="model">The model, which knows what is usual.</param>
    /// <param name="count">Pictures of each prompt.</param>
    /// <param name="seed">Seed of the first of them.</param>
    /// <exception cref="DisBackException">It cannot be drawn.</exception>
    public PictureRequest Request(ParseResult parsed, TextToImage model, int count, long seed)
    {
        var (width, height) = parsed.GetValue(_size) is { } size ? PictureSize.Of(size, _size.Name) : (model.UsualSide, model.UsualSide);
        var request = new PictureRequest
        {
            Prompts = PromptsOf(parsed),
            NegativePrompt = parsed.GetValue(_negative),
            Count = count,
            Seed = seed,
            Height = height,
            Width = width,
            Size = Told(parsed, width, height),
            Batch = parsed.GetValue(_batch),
            Sampling = (parsed.GetValue(_guidance), parsed.GetRequiredValue(_timesteps)) switch
            {
                ({ } guidance, _) => new SamplingPlan.Teacher(parsed.GetValue(_steps) ?? SamplingPlan.Teacher.UsualSteps, guidance),
                (_, { Length: > 0 } timesteps) => new SamplingPlan.Student(timesteps),
                _ => new SamplingPlan.Student(model.StudentTimesteps(parsed.GetValue(_steps))),
            },
        };
        request.Check();
        return request;
    }

    /// <summary>What is to be drawn with a registered model, which is elsewhere and knows there what is usual.</summary>
    /// <param name="parsed">What the user wrote.</param>
    /// <param name="model">The model's name.</param>
    /// <param name="count">Pictures of each prompt.</param>
    /// <param name="seed">Seed of the first of them.</param>
    /// <exception cref="DisBackException">It cannot be drawn.</exception>
    public DrawingRequest RequestFor(ParseResult parsed, string model, int count, long seed)
    {
        (int Width, int Height)? size = parsed.GetValue(_size) is { } text ? PictureSize.Of(text, _size.Name) : null;
        var isTold = new Option[] { _originalSize, _crop, _targetSize }.Any(option => parsed.GetResult(option) is { Implicit: false });
        if (isTold && size is null)
        {
            throw new DisBackException($"What a registered model is told of the size is said beside the size itself: give {_size.Name} as well.");
        }
        var request = new DrawingRequest
        {
            Model = model,
            Prompts = [.. PromptsOf(parsed)],
            NegativePrompt = parsed.GetValue(_negative),
            Count = count,
            Seed = seed,
            Width = size?.Width,
            Height = size?.Height,
            Told = isTold && Told(parsed, size!.Value.Width, size.Value.Height) is { } told
                ? new ToldSize(told.OriginalHeight, told.OriginalWidth, told.CropTop, told.CropLeft, told.TargetHeight, told.TargetWidth)
                : null,
            Steps = parsed.GetValue(_steps),
            Timesteps = [.. parsed.GetRequiredValue(_timesteps)],
            Guidance = parsed.GetValue(_guidance),
            Batch = parsed.GetValue(_batch),
            Device = parsed.GetRequiredValue(_device),
            Precision = parsed.GetValue(_precision),
        };
        request.Check();
        return request;
    }

    private IReadOnlyList<string> PromptsOf(ParseResult parsed) =>
        parsed.GetValue(_prompts) is { } file
            ? PromptList.Read(UserPath.Expand(file), parsed.GetValue(_column))
            : parsed.GetRequiredValue(_prompt);

    private SizeCondition Told(ParseResult parsed, int width, int height)
    {
        var (top, left) = parsed.GetValue(_crop) is { } crop ? PictureSize.Crop(crop, _crop.Name) : (0, 0);
        var (originalWidth, originalHeight) = Size(_originalSize);
        var (targetWidth, targetHeight) = Size(_targetSize);
        return new(originalHeight, originalWidth, top, left, targetHeight, targetWidth);

        (int Width, int Height) Size(Option<string?> option) =>
            parsed.GetValue(option) is { } text ? PictureSize.Of(text, option.Name) : (width, height);
    }

    private string Precision(ParseResult parsed) => parsed.GetValue(_precision) ?? (parsed.GetValue(_device) == "cpu" ? Fp32 : Bf16);

    private static bool IsGiven(System.CommandLine.Parsing.CommandResult result, Symbol symbol) => symbol switch
    {
        Option option => result.GetResult(option) is { Implicit: false },
        Argument argument => result.GetResult(argument) is { Tokens.Count: > 0 },
        _ => false,
    };

    private static Option<string?> Text(string name, string value, string description) => new(name) { Description = description, HelpName = value };

    private static Option<string[]> Texts(string name, string value, string description) =>
        new(name) { Description = description, HelpName = value, DefaultValueFactory = _ => [] };
}
