using System.Reflection;
using DisBack.Contracts.Documents;
using DisBack.Specs.Files;
using DisBack.Specs.Networks;
using DisBack.Storage;

namespace DisBack.Client;

/// <summary>Finds the weights that a spec calls its teacher, and brings them into the content store of an installation.</summary>
/// <remarks>
/// Shipped teachers are resources of this assembly: <c>{name}.safetensors</c>, with <c>{name}.json</c> beside it that says how they were made.
/// </remarks>
/// <param name="archive">The installation.</param>
/// <param name="check">
/// Refuses a file that is no network with an exception; null is <see cref="CheckHeader"/>, which needs no libtorch. Whoever has it can load the weights
/// strictly.
/// </param>
public sealed class TeacherLibrary(IArchive archive, Action<string>? check = null)
{
    private const string Extension = ".safetensors";
    private const string Resources = "Teachers/";

    private static readonly Assembly s_assembly = typeof(TeacherLibrary).Assembly;

    /// <summary>The names of the shipped teachers.</summary>
    public static IReadOnlyList<string> Shipped { get; } =
        [.. s_assembly.GetManifestResourceNames()
            .Where(n => n.StartsWith(Resources, StringComparison.Ordinal) && n.EndsWith(Extension, StringComparison.Ordinal))
            .Select(n => n[Resources.Length..^Extension.Length])];

    /// <summary>The file of a shipped teacher; the caller disposes it.</summary>
    public static Stream OpenShipped(string shipped) => s_assembly.GetManifestResourceStream($"{Resources}{shipped}{Extension}")!;

    /// <summary>How a shipped teacher was made, as JSON: seed, digest of its spec, digest of its weights.</summary>
    public static string ManifestOf(string shipped)
    {
        using var reader = new StreamReader(s_assembly.GetManifestResourceStream($"{Resources}{shipped}.json")!);
        return reader.ReadToEnd();
    }

    /// <summary>The weights of a teacher, in the content store.</summary>
    /// <param name="teacher">
    /// The name of a shipped or a registered teacher, the beginning of a digest of weights, or a safetensors file (<see cref="NameOrFile"/>).
    /// </param>
    /// <param name="cancellation">Stops the copying.</param>
    /// <exception cref="NotFoundException">There is no such teacher.</exception>
    /// <exception cref="DisBackException">The file is not that of a network.</exception>
    public async Task<ContentRef> ResolveAsync(string teacher, CancellationToken cancellation = default)
    {
        if (await NameOrFile.MeansFileAsync(teacher, NamesAsync, "teacher"))
        {
            // Checked before it is submitted: a run keeps the weights it was submitted with.
            (check ?? CheckHeader)(teacher);
            return await archive.Content.PutAsync(teacher, cancellation: cancellation);
        }
        return await ResolveStoredAsync(teacher, cancellation);

        async Task<IEnumerable<string>> NamesAsync() => [.. Shipped, .. (await archive.TeachersAsync(cancellation)).SelectMany(Names)];
    }

    /// <summary>The weights of a teacher that is shipped or registered: for those who may not name files of this machine.</summary>
    /// <param name="teacher">
    /// The name of a shipped or a registered teacher, the beginning of a digest of its weights, or the name of stored content (<see cref="ContentRef.Name"/>).
    /// </param>
    /// <param name="cancellation">Stops the copying.</param>
    /// <exception cref="NotFoundException">There is no such teacher.</exception>
    public async Task<ContentRef> ResolveStoredAsync(string teacher, CancellationToken cancellation = default)
    {
        if (Shipped.Contains(teacher, StringComparer.Ordinal))
        {
            await using var weights = OpenShipped(teacher);
            return await archive.Content.PutAsync(await BinaryData.FromStreamAsync(weights, cancellation), cancellation);
        }
        if (ContentRef.DigestIn(teacher) is { } digest)
        {
            return await archive.Content.FindAsync(digest, cancellation)
                ?? throw new NotFoundException($"There is no teacher '{teacher}'; send its weights to contents/{digest} first.");
        }
        var known = await archive.TeachersAsync(cancellation);
        if (Shipped.Count > 0 && known.Count == 0)
        {
            throw new NotFoundException($"There is no teacher '{teacher}'; shipped: {string.Join(", ", Shipped)}. Train one with 'disback teacher train' or "
                + "import one with 'disback teacher import'.");
        }
        var found = Lookup.Find(teacher, known, Names, "teacher");
        return found.Weights ?? throw new DisBackException($"The teacher '{found.Id}' has no weights yet: its training is "
            + $"{found.Run.Status.ToString().ToLowerInvariant()}; repeat its 'disback teacher train'.");
    }

    /// <summary>Refuses a file whose header is not sound or does not say which network it holds.</summary>
    /// <param name="path">A safetensors file.</param>
    /// <exception cref="DisBackException">The file cannot be read, or is not that of a network.</exception>
    public static void CheckHeader(string path)
    {
        using var file = RegularFile.Open(path);
        NetworkMetadata.Read(SafetensorsHeader.Read(file, file.Length, path).Metadata, path).Validate();
    }

    /// <summary>Which network stored weights are of. Weights on this machine are verified whole; of others only the header travels.</summary>
    /// <exception cref="StorageException">They are missing or damaged.</exception>
    /// <exception cref="DisBackException">They are not those of a network.</exception>
    public async Task<NetworkSettings> NetworkOfAsync(ContentRef weights, CancellationToken cancellation = default)
    {
        if (archive.Content.LocalPathOf(weights) is not null)
        {
            await archive.Content.VerifyAsync(weights, cancellation);
        }
        await using var file = await archive.Content.OpenAsync(weights, cancellation);
        return NetworkMetadata.Read(SafetensorsHeader.Read(file, weights.Length, weights.ToString()).Metadata, weights.ToString());
    }

    internal static IEnumerable<string> Names(TeacherDocument teacher) => teacher.Weights is { } weights ? [teacher.Id, weights.Digest] : [teacher.Id];
}
