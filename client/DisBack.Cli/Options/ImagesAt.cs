using DisBack.Specs.Data;

namespace DisBack.Cli.Options;

/// <summary>The data set that a command line names by a path alone.</summary>
internal static class ImagesAt
{
    /// <summary>A packed file, an archive, CIFAR-10, an IDX file, or a folder of pictures.</summary>
    /// <exception cref="DisBackException">The options cannot be those of such a data set.</exception>
    public static DatasetSettings Of(string path, string? labels, int? resolution, int? channels)
    {
        var settings = new DatasetSettings
        {
            Source = SourceOf(path, labels),
            Path = path,
            LabelsPath = labels,
            Resolution = resolution,
            Channels = channels,
        };
        settings.Require();
        return settings;
    }

    private static DatasetSource SourceOf(string path, string? labels) => Path.GetExtension(path).ToLowerInvariant() switch
    {
        ".safetensors" => DatasetSource.Packed,
        ".zip" => DatasetSource.Zip,
        ".bin" => DatasetSource.Cifar10,
        _ when File.Exists(path) || labels is not null => DatasetSource.Idx,
        _ when File.Exists(Path.Combine(path, "data_batch_1.bin")) => DatasetSource.Cifar10,
        _ => DatasetSource.Folder,
    };
}
