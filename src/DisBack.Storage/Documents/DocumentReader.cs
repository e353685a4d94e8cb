using System.Runtime.CompilerServices;
using DisBack.Storage.Blobs;

namespace DisBack.Storage.Documents;

/// <summary>A grain's document as it was last written.</summary>
/// <param name="Key">The grain's key.</param>
/// <param name="State">The document.</param>
/// <param name="LastModified">When it was written.</param>
public sealed record Document<T>(string Key, T State, DateTimeOffset LastModified);

/// <summary>What a listing says about a grain's document.</summary>
/// <param name="Key">The grain's key.</param>
/// <param name="ETag">Another one whenever the document is written.</param>
/// <param name="LastModified">When it was written, by the clock of the store.</param>
public sealed record DocumentInfo(string Key, string ETag, DateTimeOffset LastModified);

/// <summary>What is new among documents.</summary>
/// <param name="Position">What the next look is told to look only at what has changed since this one; null looks at everything.</param>
/// <param name="IsWhole">Every document was looked at, so what is not found is no more.</param>
/// <param name="Found">Documents that are there, with their grain types: all of them, or those that may have changed.</param>
/// <param name="Gone">Of those that may have changed the ones that are no more.</param>
public sealed record DocumentLook(
    string? Position, bool IsWhole, IReadOnlyList<(string GrainType, DocumentInfo Info)> Found, IReadOnlyList<(string GrainType, string Key)> Gone);

/// <summary>Reads grain documents without waking grains: for lists, charts and a read model that can be rebuilt.</summary>
/// <param name="blobs">Where the documents lie.</param>
/// <param name="serviceId">The Orleans service id that wrote them.</param>
public sealed class DocumentReader(IBlobStore blobs, string serviceId)
{
    /// <summary>One document; null if the grain has none.</summary>
    /// <exception cref="CorruptDocumentException">It is not valid JSON of that shape.</exception>
    public async Task<T?> ReadAsync<T>(string grainType, string key, string stateName, CancellationToken cancellation = default)
        where T : class
    {
        var name = StateNames.Of(serviceId, grainType, key, stateName);
        return await blobs.ReadAsync(name, cancellation) is { } blob ? StateDocument.Parse<T>(blobs.Location, name, blob.Content) : null;
    }

    /// <summary>A document's version, without reading it; null if the grain has none.</summary>
    public async Task<DocumentInfo?> FindAsync(string grainType, string key, string stateName, CancellationToken cancellation = default) =>
        await blobs.FindAsync(StateNames.Of(serviceId, grainType, key, stateName), cancellation) is { } blob
            ? new(key, blob.ETag, blob.LastModified)
            : null;

    /// <summary>Looks for documents that are new, changed or gone, without reading them.</summary>
    /// <param name="grainTypes">Their grain types, which are also their state names.</param>
    /// <param name="since">The position of an earlier look; null is none.</param>
    /// <param name="again">Documents to look at although nothing may have happened to them.</param>
    /// <param name="cancellation">Stops the look.</param>
    public async Task<DocumentLook> LookAsync(
        IReadOnlyCollection<string> grainTypes,
        string? since,
        IReadOnlyCollection<(string GrainType, string Key)> again,
        CancellationToken cancellation = default)
    {
        // The position comes first: what changes while the documents are looked at is looked at again.
        var changes = await blobs.ChangesAsync(since, cancellation);
        var found = new List<(string, DocumentInfo)>();
        var gone = new List<(string, string)>();
        if (changes.Names is not { } names)
        {
            foreach (var grainType in grainTypes)
            {
                found.AddRange(await FindAllAsync(grainType, grainType, cancellation).Select(info => (grainType, info)).ToListAsync(cancellation));
            }
            return new(changes.Position, true, found, gone);
        }
        var changed =
            from name in names
            from grainType in grainTypes
            let parsed = StateNames.Parse(serviceId, grainType, name)
            where parsed is var (_, stateName) && stateName == grainType
            select (GrainType: grainType, parsed.Value.Key);
        foreach (var (grainType, key) in changed.Union(again))
        {
            if (await FindAsync(grainType, key, grainType, cancellation) is { } info)
            {
                found.Add((grainType, info));
            }
            else
            {
                gone.Add((grainType, key));
            }
        }
        return new(changes.Position, false, found, gone);
    }

    /// <summary>Which documents there are of a grain type, without reading them: what a copy of them needs to know to read only what has changed.</summary>
    public async IAsyncEnumerable<DocumentInfo> FindAllAsync(
        string grainType,
        string stateName,
        [EnumeratorCancellation] CancellationToken cancellation = default)
    {
        await foreach (var found in blobs.ListAsync(StateNames.Prefix(serviceId, grainType), StateNames.Leaf(stateName), cancellation))
        {
            if (StateNames.Parse(serviceId, grainType, found.Name) is var (key, _))
            {
                yield return new(key, found.ETag, found.LastModified);
            }
        }
    }

    /// <summary>The documents of all grains of a type whose keys start with <paramref name="keyPrefix"/>, in the order of their escaped keys.</summary>
    /// <exception cref="CorruptDocumentException">One of them is not valid JSON of that shape.</exception>
    public async IAsyncEnumerable<Document<T>> ListAsync<T>(
        string grainType, string stateName, string keyPrefix = "", [EnumeratorCancellation] CancellationToken cancellation = default)
        where T : class
    {
        await foreach (var found in blobs.ListAsync(StateNames.Prefix(serviceId, grainType, keyPrefix), cancellation))
        {
            // A document that was cleared since it was listed is no longer one.
            if (StateNames.Parse(serviceId, grainType, found.Name) is var (key, name) && name == stateName
                && await blobs.ReadAsync(found.Name, cancellation) is { } blob
                && StateDocument.Parse<T>(blobs.Location, found.Name, blob.Content) is { } state)
            {
                yield return new(key, state, found.LastModified);
            }
        }
    }
}
