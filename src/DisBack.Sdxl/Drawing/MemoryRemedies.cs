using static TorchSharp.torch;

namespace DisBack.Sdxl.Drawing;

/// <summary>What makes a drawing fit into less memory.</summary>
internal static class MemoryRemedies
{
    /// <summary>Below it, SDXL draws no sensible picture.</summary>
    private const int LeastSide = 512;

    private const int SideStep = 64;

    /// <summary>Each has its variants, the mildest first.</summary>
    private static readonly Func<MemoryEstimate, IEnumerable<Change>>[] s_remedies = [Released, Halved, Fewer, Smaller];

    /// <summary>The remedies of which one is enough, each in words; where none is, those that are enough together; nothing where all are not.</summary>
    /// <param name="estimate">What does not fit.</param>
    /// <param name="fits">Whether another does.</param>
    public static IReadOnlyList<string> For(MemoryEstimate estimate, Func<MemoryEstimate, bool> fits)
    {
        var alone = s_remedies.Select(remedy => remedy(estimate).FirstOrDefault(change => fits(change.Result))).OfType<Change>().ToArray();
        return alone.Length > 0 ? [.. alone.Select(change => change.Words)] : Together(estimate, fits);
    }

    private static string[] Together(MemoryEstimate estimate, Func<MemoryEstimate, bool> fits)
    {
        var words = new List<string>();
        foreach (var remedy in s_remedies)
        {
            var changes = remedy(estimate).ToArray();
            if ((changes.FirstOrDefault(change => fits(change.Result)) ?? changes.LastOrDefault()) is { } change)
            {
                words.Add(change.Words);
                estimate = change.Result;
            }
            if (fits(estimate))
            {
                return [string.Join(" with ", words)];
            }
        }
        return [];
    }

    private static IEnumerable<Change> Released(MemoryEstimate now) =>
        now.KeepsLoaded ? [new("networks that are released after use", now with { KeepsLoaded = false })] : [];

    private static IEnumerable<Change> Halved(MemoryEstimate now) => now.Placement.Type == ScalarType.Float32
        ? [new("bfloat16", now with { Placement = now.Placement with { Type = ScalarType.BFloat16 } })]
        : [];

    private static IEnumerable<Change> Fewer(MemoryEstimate now) => Enumerable.Range(1, now.Batch - 1).Reverse()
        .Select(batch => new Change($"a batch of {batch}", now with { Request = now.Request with { Batch = batch } }));

    /// <summary>Of nearly the same proportions.</summary>
    private static IEnumerable<Change> Smaller(MemoryEstimate now)
    {
        var (height, width) = (now.Request.Height, now.Request.Width);
        var shorter = Math.Min(height, width);
        for (var side = (shorter - 1) / SideStep * SideStep; side >= LeastSide; side -= SideStep)
        {
            var request = now.Request with { Height = Scaled(height), Width = Scaled(width) };
            yield return new($"{request.Width} x {request.Height} pixels", now with { Request = request });

            int Scaled(int length) => (int)((long)length * side / shorter) / SideStep * SideStep;
        }
    }

    private sealed record Change(string Words, MemoryEstimate Result);
}
