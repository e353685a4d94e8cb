using System.IO.Compression;
using System.Text.Json;
using DisBack.Diffusion.Files;
using DisBack.Diffusion.Pictures;

namespace DisBack.Diffusion.Data;

/// <summary>
/// A ZIP file of pictures with their classes in <c>dataset.json</c>, as EDM and StyleGAN keep data sets:
/// <c>{"labels": [["00000/img00000000.png", 6], ...]}</c>; without that file or with null there are no classes. In ordinal order of names.
/// </summary>
internal static class ImageArchive
{
    private const string LabelsName = "dataset.json";
    private const string Advice = "make it again, for example with EDM's dataset_tool.py, or name a folder of pictures";
    private const int MostClasses = 1_000_000;

    /// <summary>Opens an archive; no picture is read yet, and the caller disposes it.</summary>
    /// <exception cref="DisBackException">The file is missing, is no ZIP file, holds no picture, or its labels do not belong to them.</exception>
    public static PictureSet Open(string path)
    {
        var archive = ArchiveFile.Open(path, Advice);
        try
        {
            List<string> hidden = [], others = [];
            var pictures = new Dictionary<string, ZipArchiveEntry>(StringComparer.Ordinal);
            ZipArchiveEntry? labels = null;
            foreach (var entry in archive.Entries.Where(entry => !entry.FullName.EndsWith('/')))
            {
                if (!entry.FullName.Split('/').All(PictureSet.IsShown))
                {
                    hidden.Add(entry.FullName);
                }
                else if (PictureReader.Reads(entry.FullName))
                {
                    if (!pictures.TryAdd(entry.FullName, entry))
                    {
                        throw archive.Wrong($"holds '{entry.FullName}' twice");
                    }
                }
                else if (entry.FullName == LabelsName)
                {
                    labels = entry;
                }
                else
                {
                    others.Add(entry.FullName);
                }
            }
            string[] names = [.. pictures.Keys.Order(StringComparer.Ordinal)];
            if (names.Length == 0)
            {
                throw new DisBackException($"{path} holds no picture ({PictureReader.Extensions}): check the path of the data set.");
            }
            var classes = labels is null ? null : LabelsOf(archive.Read(labels), archive);
            return new(
                [.. names.Select(name => $"{path}/{name}")],
                classes is null ? null : [.. names.Select(name => classes.TryGetValue(name, out var label)
                    ? label
                    : throw archive.Wrong($"has no label for '{name}' in {LabelsName}"))],
                name => PictureReader.Read(archive.Read(pictures[name[(path.Length + 1)..]]), name),
                archive)
            {
                Notes =
                [
                    .. PictureSet.Note($"{path}: hidden and system entries are passed over", hidden),
                    .. PictureSet.Note($"{path}: files of other kinds than {PictureReader.Extensions} are passed over", others),
                    .. PictureSet.Note($"{path}: {LabelsName} has labels of pictures that are not there", [.. classes?.Keys.Except(names) ?? []]),
                ],
            };
        }
        catch
        {
            archive.Dispose();
            throw;
        }
    }

    /// <summary>The class of each picture that has a label; null without labels.</summary>
    private static Dictionary<string, long>? LabelsOf(byte[] json, ArchiveFile archive)
    {
        try
        {
            using var document = JsonDocument.Parse(json);
            if (!document.RootElement.TryGetProperty("labels", out var labels) || labels.ValueKind == JsonValueKind.Null)
            {
                return null;
            }
            var known = new Dictionary<string, long>(StringComparer.Ordinal);
            foreach (var pair in labels.EnumerateArray())
            {
                if (pair.GetArrayLength() != 2 || pair[0].GetString() is not { } name
                    || pair[1].ValueKind != JsonValueKind.Number || !pair[1].TryGetInt64(out var label) || label is < 0 or >= MostClasses)
                {
                    throw archive.Wrong($"has the label {Short(pair.GetRawText())} in {LabelsName}, which is no name with the number of a class");
                }
                known[name] = label;
            }
            return known;
        }
        catch (Exception cause) when (cause is JsonException or InvalidOperationException)
        {
            throw archive.Wrong($"has a {LabelsName} that is not {{\"labels\": [[name, number of its class], ...]}}", cause);
        }

        static string Short(string text) => text.Length <= 80 ? text : $"{text[..80]}...";
    }
}
