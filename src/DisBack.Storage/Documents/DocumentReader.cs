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
