namespace DisBack.Specs.Networks;

/// <summary>The maps of a network that halves its resolution level by level, and doubles its channels.</summary>
internal static class FeatureMaps
{
    private const int SmallestResolution = 4;

    /// <summary>Channels and resolutions, the largest map first, down to one of at least 4 x 4 that cannot be halved further.</summary>
    /// <param name="width">Channels of the largest map.</param>
    /// <param name="resolution">Its resolution.</param>
    /// <param name="mostMult">A map has at most so many times as many channels.</param>
    public static IReadOnlyList<(int Channels, int Resolution)> Of(int width, int resolution, int mostMult)
    {
        var maps = new List<(int, int)>();
        for (var mult = 1; ; mult *= 2)
        {
            maps.Add((width * Math.Min(mult, mostMult), resolution));
            if (resolution % 2 != 0 || resolution / 2 < SmallestResolution)
            {
                return maps;
            }
            resolution /= 2;
        }
    }
}
