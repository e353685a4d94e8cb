using DisBack.Diffusion.Pictures;
using DisBack.Specs.Files;

namespace DisBack.Sdxl.Pictures;

/// <summary>What lies at a path that somebody named.</summary>
internal static class PictureSource
{
    private const string Tar = ".tar", Safetensors = ".safetensors";

    /// <summary>Pictures with captions, or the files of shards that hold latents already: one of both.</summary>
    /// <exception cref="DisBackException">There is none of it.</exception>
    public static (ICaptionedPictures? Pictures, IReadOnlyList<string>? Latents) At(string path)
    {
        if (!Directory.Exists(path))
        {
            return Path.GetExtension(path).ToLowerInvariant() switch
            {
                // Whoever opens it says what is wrong with it.
                Tar when RegularFile.Is(path) => (new TarShards([path]), null),
                Safetensors => (null, [path]),
                _ => throw new DisBackException($"'{path}' is no folder and no .tar or .safetensors file: name pictures with their captions."),
            };
        }
        string[] tars = Files(Tar), tensors = Files(Safetensors);
        var pictures = Directory.EnumerateFiles(path).Any(PictureReader.Reads);
        return (tars.Length > 0, tensors.Length > 0, pictures) switch
        {
            (true, false, false) => (new TarShards(tars), null),
            (false, true, false) => (null, tensors),
            (false, false, true) => (new CaptionedFolder(path), null),
            (false, false, false) => throw new DisBackException(
                $"'{path}' holds no picture ({PictureReader.Extensions}), no .tar and no .safetensors file: check the path."),
            _ => throw new DisBackException($"'{path}' holds more than one of pictures, .tar and .safetensors files: put each kind into a folder of its own."),
        };

        string[] Files(string extension) =>
            [.. Directory.GetFiles(path).Where(file => file.EndsWith(extension, StringComparison.OrdinalIgnoreCase)).Order(StringComparer.Ordinal)];
    }
}
