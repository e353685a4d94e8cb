using DisBack.Specs.Data;

namespace DisBack.Cli.Options;

/// <summary>The data set that a command line names by a path alone.</summary>
internal static class ImagesAt
{
    /// <summary>A packed file, an IDX file, or a folder of pictures.</summary>
    /// <exception cref="DisBackException">The options cannot be those of such a data set.</exception>
    public static DatasetSettings Of(string path, string? labels, int? resolution, int? channels)
    {
        var settings = new DatasetSettings
        {
            Source = path.EndsWith(".safetensors", StringComparison.OrdinalIgnoreCase) ? DatasetSource.Packed
                : File.Exists(path) || labels is not null ? DatasetSource.Idx
                : DatasetSource.Folder,
            Path = path,
            LabelsPath = labels,
            Resolution = resolution,
            Channels = channels,
        };
        settings.Require();
        return settings;
    }
}
