using F23.StringSimilarity;

namespace DisBack.Specs.Reading;

/// <summary>Finds what a mistyped name probably meant.</summary>
public static class NearestName
{
    /// <summary>Nobody mistypes a name into something this long, and the distance takes time with the length.</summary>
    private const int Longest = 100;

    private static readonly Damerau s_distance = new();

    /// <summary>
    /// The candidate nearest to <paramref name="written"/> by edit distance, or null if even that one differs in more than a third of its letters.
    /// </summary>
    public static string? Of(string written, IEnumerable<string> candidates)
    {
        if (written.Length > Longest)
        {
            return null;
        }
        var nearest = candidates.Select(name => (Name: name, Distance: s_distance.Distance(written.ToLowerInvariant(), name.ToLowerInvariant())))
            .OrderBy(c => c.Distance).ThenBy(c => c.Name, StringComparer.Ordinal).FirstOrDefault();
        return nearest.Name is { } found && nearest.Distance <= Math.Max(1, Math.Max(found.Length, written.Length) / 3) ? found : null;
    }
}
