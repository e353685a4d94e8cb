namespace DisBack.Client;

/// <summary>Tells whether a text means something registered or a file, where both can be given: what is registered comes first.</summary>
public static class NameOrFile
{
    private const string Weights = ".safetensors";
    private static readonly string[] s_starts = ["./", "../", "~/"];

    /// <summary>Whether a text can only mean a file: it is rooted, begins with <c>./</c>, <c>../</c> or <c>~/</c>, or ends as weights do.</summary>
    public static bool IsPath(string text) => Path.IsPathRooted(text) || text.EndsWith(Weights, StringComparison.OrdinalIgnoreCase)
        || s_starts.Any(start => text.StartsWith(start, StringComparison.Ordinal));

    /// <summary>Whether a text means a file: it can mean nothing else, or there is such a file and nothing registered is called so.</summary>
    /// <param name="text">What the user wrote.</param>
    /// <param name="names">Every registered name and id; asked for only where there is such a file.</param>
    /// <param name="kind">What is registered, in the singular, for messages: <c>run</c>.</param>
    /// <exception cref="NotFoundException">There is such a file, and something registered begins so: both are named.</exception>
    public static async Task<bool> MeansFileAsync(string text, Func<Task<IEnumerable<string>>> names, string kind)
    {
        if (IsPath(text))
        {
            return true;
        }
        if (!File.Exists(text))
        {
            return false;
        }
        var like = (await names()).Where(name => name.StartsWith(text, StringComparison.OrdinalIgnoreCase)).ToList();
        return like.Count > 0 && !like.Contains(text, StringComparer.Ordinal)
            ? throw new NotFoundException($"'{text}' is a file here and the beginning of the {kind} '{like[0]}'; write './{text}' or all of the name.")
            : like.Count == 0;
    }
}
