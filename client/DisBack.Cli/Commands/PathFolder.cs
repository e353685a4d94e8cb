using System.Globalization;
using System.Text.RegularExpressions;
using DisBack.Contracts.Documents;

namespace DisBack.Cli.Commands;

/// <summary>Nodes of a trajectory as files in a folder: in DisBack's form, or in that of the paper's reference code.</summary>
/// <remarks>Reference code: <c>checkpoint_model_024100/pytorch_model_1.bin</c>, with the score network under <c>fake_unet.</c>.</remarks>
internal static partial class PathFolder
{
    private const string ReferenceFile = "pytorch_model_1.bin";

    /// <summary>The name of a node's file in DisBack's form.</summary>
    public static string FileOf(NodeRef node) => string.Create(CultureInfo.InvariantCulture, $"node-{node.Index:D3}-step-{node.Step:D7}.safetensors");

    /// <summary>The name of a node's file in the reference code's form.</summary>
    public static string ReferenceFileOf(NodeRef node) =>
        Path.Combine(string.Create(CultureInfo.InvariantCulture, $"checkpoint_model_{node.Step:D6}"), ReferenceFile);

    /// <summary>The files of a folder, in the order of their steps.</summary>
    /// <exception cref="DisBackException">It holds no node, nodes in both forms, two of one step, or a checkpoint without its file.</exception>
    public static IReadOnlyList<(long Step, string File)> Read(string folder)
    {
        if (!Directory.Exists(folder))
        {
            throw new DisBackException($"There is no folder '{folder}': check the path.");
        }
        var ours = Matching(Directory.EnumerateFiles(folder), NodeName());
        var theirs = Matching(Directory.EnumerateDirectories(folder), CheckpointName())
            .ConvertAll(node => node with { Path = Path.Combine(node.Path, ReferenceFile) });
        if (ours.Count > 0 == theirs.Count > 0)
        {
            throw new DisBackException($"'{folder}' holds {(ours.Count > 0 ? "nodes in two forms" : "no node")}: name a folder that 'trajectory export' "
                + $"wrote, or one with checkpoint_model_NNNNNN/{ReferenceFile} in it.");
        }
        if (theirs.Find(node => !File.Exists(node.Path)).Path is { } missing)
        {
            throw new DisBackException($"There is no '{missing}': remove its folder, or bring the file.");
        }
        List<(long Step, string File)> nodes = [.. (ours.Count > 0 ? ours : theirs).OrderBy(node => node.Step)];
        return nodes.Zip(nodes.Skip(1)).FirstOrDefault(pair => pair.First.Step == pair.Second.Step) is { First.File: { } twice }
            ? throw new DisBackException($"Two nodes are of the step of '{twice}': leave one.")
            : nodes;
    }

    private static List<(long Step, string Path)> Matching(IEnumerable<string> paths, Regex name) =>
    [
        .. from path in paths
           let match = name.Match(Path.GetFileName(path))
           where match.Success
           select (long.Parse(match.Groups["step"].Value, CultureInfo.InvariantCulture), path),
    ];

    [GeneratedRegex("^node-[0-9]+-step-(?<step>[0-9]{1,15})\\.safetensors$")]
    private static partial Regex NodeName();

    [GeneratedRegex("^checkpoint_model_(?<step>[0-9]{1,15})$")]
    private static partial Regex CheckpointName();
}
