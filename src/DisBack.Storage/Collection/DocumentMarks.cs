using System.Text.Json;
using DisBack.Storage.Blobs;
using DisBack.Storage.Documents;

namespace DisBack.Storage.Collection;

/// <summary>Reads the documents of a store and marks the contents that they mention, again and again, each version of a document once.</summary>
internal sealed class DocumentMarks(IBlobStore blobs, IEnumerable<string> stored)
{
    private readonly Dictionary<string, string> _read = new(StringComparer.Ordinal);
    private readonly SortedDictionary<string, string> _damaged = new(StringComparer.Ordinal);
    private readonly ContentMarks _marks = new(stored);

    /// <summary>What is wrong with documents that are no valid JSON.</summary>
    public IReadOnlyCollection<string> Damaged => _damaged.Values;

    /// <summary>Who mentions a content.</summary>
    public ContentMarks.Mark? Of(string digest) => _marks.Of(digest);

    /// <summary>Reads every document that was not read yet in its version of now. What was mentioned once stays marked.</summary>
    /// <exception cref="StorageException">One cannot be read, so nobody knows what it mentions.</exception>
    public async Task ReadAsync(CancellationToken cancellation)
    {
        await foreach (var found in blobs.ListAsync(StateNames.Root, cancellation))
        {
            if (_read.GetValueOrDefault(found.Name) == found.ETag)
            {
                continue;
            }
            // One that was deleted since it was listed mentions nothing any more.
            if (await blobs.ReadAsync(found.Name, cancellation) is not { } document)
            {
                continue;
            }
            _marks.Add(StateNames.Describe(found.Name), document.Content.ToMemory().Span);
            _read[found.Name] = document.ETag;
            _damaged.Remove(found.Name);
            if (DamageOf(document.Content) is { } damage)
            {
                _damaged[found.Name] = $"The document '{found.Name}' in {blobs.Location} is no valid JSON: {damage.TrimEnd('.')}; what is left of it is "
                    + "searched for digests, but what it has lost is not, so restore it from a copy first.";
            }
        }
    }

    private static string? DamageOf(BinaryData content)
    {
        try
        {
            using var json = JsonDocument.Parse(content.ToMemory());
            return null;
        }
        catch (JsonException e)
        {
            return e.Message;
        }
    }
}
