using DisBack.Diffusion.Files;
using DisBack.Specs.Data;
using DisBack.Specs.Files;
using static TorchSharp.torch;

namespace DisBack.Diffusion.Data;

/// <summary>
/// A data set as one safetensors file (<see cref="DatasetFacts"/>): immutable, named by its digest, and read where a run trains without decoding anybody's
/// pictures. Equal images and classes make equal bytes, wherever they came from.
/// </summary>
public static class PackedImages
{
    /// <summary>Reads the data set that settings describe, image by image, and writes it as one file.</summary>
    /// <param name="settings">A data set of this machine.</param>
    /// <param name="output">The file to make or replace.</param>
    /// <returns>What was packed, and sentences about what was not.</returns>
    /// <exception cref="DisBackException">The data set cannot be read, or the file cannot be written; nothing was changed.</exception>
    public static (DatasetFacts Facts, IReadOnlyList<string> Notes) Write(DatasetSettings settings, string output)
    {
        if (settings.Source is DatasetSource.Folder or DatasetSource.Zip)
        {
            return WritePictures(settings, output);
        }
        using var data = ImageDataset.Load(settings);
        var facts = new DatasetFacts(data.Count, data.Channels, data.Resolution, data.LabelCount);
        List<TensorSource> tensors = [SafetensorsFile.Source(DatasetFacts.Images, data.Images)];
        if (data.Labels is { } labels)
        {
            tensors.Add(SafetensorsFile.Source(DatasetFacts.Labels, labels));
        }
        SafetensorsFile.Write(output, tensors, facts.ToMetadata());
        return (facts, []);
    }

    /// <summary>What a packed file holds; the images are not read.</summary>
    /// <exception cref="DisBackException">The file is no packed data set, or not the one that the settings describe.</exception>
    public static DatasetFacts Facts(DatasetSettings settings)
    {
        using var file = SafetensorsFile.Open(settings.Path!);
        return DatasetFacts.Read(file.Header, file.Path).Require(settings, file.Path);
    }

    /// <summary>Images uint8 [N,C,R,R] and labels int64 [N] of a packed file, with the number of classes.</summary>
    internal static (Tensor Images, Tensor? Labels, int LabelCount) Read(DatasetSettings settings)
    {
        using var file = SafetensorsFile.Open(settings.Path!);
        var facts = DatasetFacts.Read(file.Header, file.Path).Require(settings, file.Path);
        using var scope = NewDisposeScope();
        var labels = facts.Classes == 0 ? null : file.Read(DatasetFacts.Labels);
        if (labels is not null && (labels.min().item<long>() < 0 || labels.max().item<long>() >= facts.Classes))
        {
            throw new DisBackException($"'{file.Path}' has a label outside of its {facts.Classes} classes: pack the data set again.");
        }
        return (file.Read(DatasetFacts.Images).MoveToOuterDisposeScope(), labels?.MoveToOuterDisposeScope(), facts.Classes);
    }

    private static (DatasetFacts Facts, IReadOnlyList<string> Notes) WritePictures(DatasetSettings settings, string output)
    {
        using var pictures = ImageDataset.PicturesOf(settings);
        var channels = settings.Channels ?? 3;
        var side = settings.Resolution ?? pictures.FirstSide();
        var facts = new DatasetFacts(pictures.Count, channels, side, pictures.ClassCount);
        List<TensorSource> tensors =
        [
            new(DatasetFacts.Images, ElementType.U8, [facts.Count, channels, side, side], stream =>
            {
                foreach (var image in pictures.Images(settings.Resolution, channels))
                {
                    using (image)
                    {
                        stream.Write(image.bytes);
                    }
                }
            }),
        ];
        using var labels = pictures.Labels is { } known ? tensor(known.ToArray()) : null;
        if (labels is not null)
        {
            tensors.Add(SafetensorsFile.Source(DatasetFacts.Labels, labels));
        }
        SafetensorsFile.Write(output, tensors, facts.ToMetadata());
        return (facts, pictures.Notes);
    }
}
