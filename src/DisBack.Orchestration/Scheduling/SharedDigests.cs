using System.Collections.Immutable;
using System.Runtime.InteropServices;

namespace DisBack.Orchestration.Scheduling;

/// <summary>
/// One copy of each digest that waiting requests name: every call brings strings of its own, and a hundred thousand trials of one trajectory all name its
/// nodes.
/// </summary>
internal sealed class SharedDigests
{
    private readonly Dictionary<string, (string Digest, int Uses)> _known = new(StringComparer.Ordinal);

    /// <summary>How many different ones are in use.</summary>
    public int Count => _known.Count;

    /// <summary>The same digests, as copies that others use too, until they are given back.</summary>
    public ImmutableArray<string> Take(ImmutableArray<string> digests) => digests.IsDefaultOrEmpty ? digests : [.. digests.Select(Take)];

    /// <summary>Ends one use of each.</summary>
    public void GiveBack(ImmutableArray<string> digests)
    {
        if (digests.IsDefault)
        {
            return;
        }
        foreach (var digest in digests)
        {
            var (_, uses) = _known[digest];
            if (uses == 1)
            {
                _known.Remove(digest);
            }
            else
            {
                _known[digest] = (digest, uses - 1);
            }
        }
    }

    private string Take(string digest)
    {
        ref var known = ref CollectionsMarshal.GetValueRefOrAddDefault(_known, digest, out var exists);
        known = (exists ? known.Digest : digest, known.Uses + 1);
        return known.Digest;
    }
}
