namespace DisBack.Search.Importance;

/// <summary>Numbers in bins of about equal size, by their ranks.</summary>
internal static class RankBins
{
    /// <summary>The bin of each number; there are at most the square root of how many numbers there are, and equal numbers share one.</summary>
    /// <param name="numbers">The numbers.</param>
    /// <param name="least">The fewest numbers of a bin, unless there is one bin only.</param>
    public static int[] Of(IReadOnlyList<double> numbers, int least)
    {
        var bins = new int[numbers.Count];
        if (numbers.Count == 0)
        {
            return bins;
        }
        var most = Math.Max(1, (int)Math.Sqrt(numbers.Count));
        // A few numbers, as those of a grid, are bins as they are.
        var areFew = numbers.Distinct().Count() <= most;
        int[] order = [.. Enumerable.Range(0, numbers.Count).OrderBy(index => numbers[index])];
        var starts = new List<int> { 0 };
        for (var rank = 1; rank < order.Length; rank++)
        {
            var isNew = numbers[order[rank]] != numbers[order[rank - 1]];
            var isDue = areFew || rank * most / order.Length > starts[^1] * most / order.Length;
            if (isNew && isDue && rank - starts[^1] >= least && order.Length - rank >= least)
            {
                starts.Add(rank);
            }
            bins[order[rank]] = starts.Count - 1;
        }
        return bins;
    }
}
