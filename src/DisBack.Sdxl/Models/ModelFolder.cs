using DisBack.Diffusion.Files;
using DisBack.Sdxl.Configuration;
using DisBack.Sdxl.Tokens;

namespace DisBack.Sdxl.Models;

/// <summary>The folder of a model of Stable Diffusion XL's kind as diffusers lays it out: <c>model_index.json</c>, and a folder for each part.</summary>
public sealed class ModelFolder
{
    /// <summary>The file of a part's settings in its folder.</summary>
    internal const string Settings = "config.json";

    private const string Pipeline = "StableDiffusionXLPipeline", Index = "model_index.json", Scheduler = "scheduler",
        SchedulerFile = "scheduler_config.json";

    private ModelFolder(string path, bool zerosForAbsentPrompt) => (Path, ZerosForAbsentPrompt) = (path, zerosForAbsentPrompt);

    /// <summary>The folder, as it was named.</summary>
    public string Path { get; }

    /// <summary>Whether no negative prompt is zeros in place of the encoding of an empty text.</summary>
    internal bool ZerosForAbsentPrompt { get; }

    /// <summary>Opens a folder and checks what it says of its parts; none of them is read.</summary>
    /// <exception cref="DisBackException">It is no folder of such a model.</exception>
    public static ModelFolder Open(string path)
    {
        var index = System.IO.Path.Combine(path, Index);
        if (!File.Exists(index))
        {
            throw new DisBackException($"'{path}' has no file {Index}: name the folder of a model in the form of diffusers, as its save_pretrained writes it.");
        }
        var reader = ConfigReader.Open(index);
        if (reader.Text("_class_name") is var pipeline && pipeline != Pipeline)
        {
            throw new DisBackException($"'{index}' is of a {pipeline}, and this build draws with models of the {Pipeline}: name one of them.");
        }
        foreach (var part in ModelPart.All)
        {
            if (reader.Texts(part.Folder) is not [_, var name] || name != part.Class)
            {
                throw new DisBackException($"The part '{part.Folder}' in '{index}' is no {part.Class}: name the folder of a {Pipeline}.");
            }
        }
        return new(path, reader.Bool("force_zeros_for_empty_prompt", true));
    }

    /// <summary>
    /// The files that a drawing reads, as paths in the folder with slashes: settings, tokenizers, and of each part one set of weights. What else lies there,
    /// other variants above all, is not needed.
    /// </summary>
    /// <param name="half">Whether the variant of 16 bits is taken where there are both.</param>
    /// <param name="withUNet">Whether the weights of the denoiser are among them; they are not read where others take their place.</param>
    /// <exception cref="DisBackException">A part has no weights, or an index of them is damaged.</exception>
    public IReadOnlyList<string> FilesToDraw(bool half, bool withUNet)
    {
        var files = new List<string> { Index, $"{Scheduler}/{SchedulerFile}" };
        files.AddRange(from tokenizer in Tokenizers from file in TokenizerFolder.Files select $"{tokenizer}/{file}");
        foreach (var part in ModelPart.All)
        {
            files.Add($"{part.Folder}/{Settings}");
            if (part != ModelPart.UNet || withUNet)
            {
                var weights = PathOfWeights(part, half);
                files.Add($"{part.Folder}/{System.IO.Path.GetFileName(weights)}");
                files.AddRange(ShardedFile.ShardsOf(weights).Select(shard => $"{part.Folder}/{shard}"));
            }
        }
        return files;
    }

    /// <summary>The folders of its tokenizers.</summary>
    internal static IReadOnlyList<string> Tokenizers { get; } = ["tokenizer", "tokenizer_2"];

    /// <summary>A folder in it.</summary>
    internal string FolderOf(string name) => System.IO.Path.Combine(Path, name);

    /// <summary>The settings of the scheduler.</summary>
    internal ConfigReader SchedulerSettings() => ConfigReader.Open(System.IO.Path.Combine(FolderOf(Scheduler), SchedulerFile));

    /// <summary>The settings of a part.</summary>
    internal ConfigReader SettingsOf(ModelPart part) => ConfigReader.Open(System.IO.Path.Combine(FolderOf(part.Folder), Settings));

    /// <summary>The weights of a part, to be disposed of.</summary>
    /// <param name="part">Which.</param>
    /// <param name="half">Whether the variant of 16 bits is preferred where there are both.</param>
    /// <exception cref="DisBackException">There is no file of them, or it is damaged.</exception>
    internal TensorFile WeightsOf(ModelPart part, bool half) => WeightsFile.Open(PathOfWeights(part, half), prefix: "");

    private string PathOfWeights(ModelPart part, bool half)
    {
        var folder = FolderOf(part.Folder);
        return part.Files(half).Select(name => System.IO.Path.Combine(folder, name)).FirstOrDefault(File.Exists)
            ?? throw new DisBackException($"'{folder}' has no weights: put '{part.Stem}.safetensors' or '{part.Stem}.fp16.safetensors' there.");
    }
}
