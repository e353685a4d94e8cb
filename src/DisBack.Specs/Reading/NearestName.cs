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
        var wanted = written.ToLowerInvariant();
        (string? Name, double Distance) nearest = (null, double.PositiveInfinity);
        // The distance takes tens of kilobytes, and a network can have thousands of names: most are too far away by their letters alone.
        var byLetters = candidates.Select(name => (Name: name, Letters: name.ToLowerInvariant()))
            .Select(c => (c.Name, c.Letters, Least: LeastDistance(wanted, c.Letters)))
            .OrderBy(c => c.Least);
        foreach (var (name, letters, least) in byLetters)
        {
            if (least > nearest.Distance)
            {
                break;
            }
            var distance = s_distance.Distance(wanted, letters);
            if (distance < nearest.Distance || (distance == nearest.Distance && string.CompareOrdinal(name, nearest.Name) < 0))
            {
                nearest = (name, distance);
            }
        }
        return nearest.Name is { } found && nearest.Distance <= Math.Max(1, Math.Max(found.Length, written.Length) / 3) ? found : null;
    }

    /// <summary>As many edits as there are at least: none takes away more than one surplus letter of each text. Only those of ASCII are counted.</summary>
    private static int LeastDistance(string a, string b)
    {
        Span<int> surplus = stackalloc int[128];
        surplus.Clear();
        foreach (var letter in a.Where(char.IsAscii))
        {
            surplus[letter]++;
        }
        foreach (var letter in b.Where(char.IsAscii))
        {
            surplus[letter]--;
        }
        var (more, fewer) = (0, 0);
        foreach (var count in surplus)
        {
            (more, fewer) = (more + Math.Max(count, 0), fewer - Math.Min(count, 0));
        }
        return Math.Max(more, fewer);
    }
}
