using DisBack.Specs.Reading;

namespace DisBack.Client;

/// <summary>Finds what a user means: an id, a name, or the beginning of either, as long as it means one thing.</summary>
public static class Lookup
{
    private const int MaxCandidates = 8;

    /// <summary>The one item that <paramref name="text"/> stands for. A whole id or name wins over longer ones that begin with it.</summary>
    /// <param name="text">What the user wrote.</param>
    /// <param name="items">All there is.</param>
    /// <param name="names">Every id and name of an item, the one to show first.</param>
    /// <param name="kind">What the items are, in the singular, for messages: <c>run</c>.</param>
    /// <exception cref="NotFoundException">Nothing matches (the nearest name is suggested), or several items do (they are listed).</exception>
    public static T Find<T>(string text, IReadOnlyCollection<T> items, Func<T, IEnumerable<string>> names, string kind)
    {
        var list = kind == "run" ? "list" : $"{kind} list";
        // Every name begins with nothing: an empty variable of a script would mean the only run there is.
        if (string.IsNullOrWhiteSpace(text))
        {
            throw new NotFoundException($"The name of the {kind} is empty; give one, the command '{list}' shows what there is.");
        }
        var found = items.Where(i => names(i).Contains(text, StringComparer.Ordinal)).ToList();
        if (found.Count == 0)
        {
            found = [.. items.Where(i => names(i).Any(n => n.StartsWith(text, StringComparison.OrdinalIgnoreCase)))];
        }
        if (found.Count == 1)
        {
            return found[0];
        }
        if (found.Count > 1)
        {
            var listed = string.Join(", ", found.Take(MaxCandidates).Select(i => names(i).First())) + (found.Count > MaxCandidates ? ", ..." : "");
            throw new NotFoundException($"'{text}' means {found.Count} {kind}s: {listed}; write more of one.");
        }
        var nearest = NearestName.Of(text, items.SelectMany(names));
        throw new NotFoundException(items.Count == 0
            ? $"There is no {kind} '{text}': there are none here; check --data or --cluster."
            : nearest is null
                ? $"There is no {kind} '{text}'; the command '{list}' shows what there is."
                : $"There is no {kind} '{text}'; did you mean '{nearest}'?");
    }
}
