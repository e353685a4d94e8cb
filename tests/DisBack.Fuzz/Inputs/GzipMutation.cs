using System.IO.Compression;

namespace DisBack.Fuzz.Inputs;

/// <summary>Changes files that may come gzipped: as they are, before they are compressed, or after.</summary>
internal static class GzipMutation
{
    private const int LongestRun = 96 << 20;

    /// <summary>A changed file.</summary>
    public static byte[] Of(Random random, IReadOnlyList<byte[]> seeds) => random.Next(1000) switch
    {
        < 400 => ByteMutation.Of(random, seeds),
        < 700 => Zipped(ByteMutation.Of(random, seeds)),
        < 998 => ByteMutation.Of(random, [.. seeds.Select(Zipped)]),
        // Little that becomes much.
        _ => Zipped([.. ByteMutation.Of(random, seeds), .. new byte[random.Next(LongestRun)]]),
    };

    private static byte[] Zipped(byte[] bytes)
    {
        using var zipped = new MemoryStream();
        using (var gzip = new GZipStream(zipped, CompressionLevel.Fastest))
        {
            gzip.Write(bytes);
        }
        return zipped.ToArray();
    }
}
