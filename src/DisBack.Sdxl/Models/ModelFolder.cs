using DisBack.Diffusion.Files;
using DisBack.Sdxl.Configuration;

namespace DisBack.Sdxl.Models;

/// <summary>The folder of a model of Stable Diffusion XL's kind as diffusers lays it out: <c>model_index.json</c>, and a folder for each part.</summary>
public sealed class ModelFolder
{
    /// <summary>The file of a part's settings in its folder.</summary>
    internal const string Settings = "config.json";

    private const string Pipeline = "StableDiffusionXLPipeline", Index = "model_index.json";

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

    /// <summary>A folder in it.</summary>
    internal string FolderOf(string name) => System.IO.Path.Combine(Path, name);

    /// <summary>The settings of the scheduler.</summary>
    internal ConfigReader SchedulerSettings() => ConfigReader.Open(System.IO.Path.Combine(FolderOf("scheduler"), "scheduler_config.json"));

    /// <summary>The settings of a part.</summary>
    internal ConfigReader SettingsOf(ModelPart part) => ConfigReader.Open(System.IO.Path.Combine(FolderOf(part.Folder), Settings));

    /// <summary>The weights of a part, to be disposed of.</summary>
    /// <param name="part">Which.</param>
    /// <param name="half">Whether the variant of 16 bits is preferred where there are both.</param>
    /// <exception cref="DisBackException">There is no file of them, or it is damaged.</exception>
    internal TensorFile WeightsOf(ModelPart part, bool half)
    {
        var folder = FolderOf(part.Folder);
        var file = part.Files(half).Select(name => System.IO.Path.Combine(folder, name)).FirstOrDefault(File.Exists);
        return file is not null
            ? WeightsFile.Open(file, prefix: "")
            : throw new DisBackException($"'{folder}' has no weights: put '{part.Stem}.safetensors' or '{part.Stem}.fp16.safetensors' there.");
    }
}
