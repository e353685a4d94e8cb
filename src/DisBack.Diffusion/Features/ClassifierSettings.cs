using System.Globalization;

namespace DisBack.Diffusion.Features;

/// <summary>The form of an <see cref="ImageClassifier"/>, as the metadata of its file says it.</summary>
/// <param name="Channels">1 for grey images, 3 for RGB.</param>
/// <param name="Resolution">Height and width in pixels that images are averaged to.</param>
/// <param name="Width">Channels of every convolution.</param>
/// <param name="Features">Length of a feature vector.</param>
/// <param name="Classes">Number of classes that it tells apart.</param>
internal sealed record ClassifierSettings(int Channels, int Resolution, int Width, int Features, int Classes)
{
    /// <summary>The classifier of digits whose weights are inside this assembly: about 56,000 parameters.</summary>
    public static readonly ClassifierSettings Digits = new(1, 14, 32, 64, 10);

    private const string NetworkKey = "network";
    private const string Network = "image classifier";

    /// <summary>Files of the digit classifier are older than the other keys and have none of them.</summary>
    private const string DigitNetwork = "digit classifier, 14x14 grey, 64 features";

    /// <summary>Convolutions halve the resolution until it is no larger than this.</summary>
    private const int LastResolution = 4;

    /// <summary>The resolution that each convolution leaves: the first keeps it, each further one halves it, rounding up.</summary>
    public IReadOnlyList<int> Resolutions
    {
        get
        {
            List<int> resolutions = [Resolution];
            while (resolutions[^1] > LastResolution)
            {
                resolutions.Add((resolutions[^1] + 1) / 2);
            }
            return resolutions;
        }
    }

    /// <summary>Names and shapes of the layers' weights; their biases are as long as the first extent.</summary>
    public IEnumerable<(string Layer, long[] Shape)> Layers
    {
        get
        {
            for (var i = 1; i <= Resolutions.Count; i++)
            {
                yield return ($"conv{i}", [Width, i == 1 ? Channels : Width, 3, 3]);
            }
            yield return ("features", [Features, (long)Width * Resolutions[^1] * Resolutions[^1]]);
            yield return ("classes", [Classes, Features]);
        }
    }

    /// <summary>The memory that one image takes on its way, before and after each activation function.</summary>
    public long ActivationBytes => Resolutions.Sum(side => 2L * side * side * Width * sizeof(float));

    /// <summary>Whether the metadata of a file are those of an image classifier.</summary>
    public static bool Describe(IReadOnlyDictionary<string, string> metadata) =>
        metadata.TryGetValue(NetworkKey, out var network) && network is Network or DigitNetwork;

    /// <summary>Reads the settings in the metadata of a file.</summary>
    /// <param name="metadata">Those of a file that <see cref="Describe"/> accepts.</param>
    /// <param name="path">What to call the file in messages.</param>
    /// <exception cref="DisBackException">A setting is missing, is no number, or is out of bounds.</exception>
    public static ClassifierSettings Read(IReadOnlyDictionary<string, string> metadata, string path)
    {
        if (metadata[NetworkKey] == DigitNetwork)
        {
            return Digits;
        }
        var settings = new ClassifierSettings(Number("channels"), Number("resolution"), Number("width"), Number("features"), Number("classes"));
        settings.Validate($"The feature network {path}");
        return settings;

        int Number(string key) =>
            metadata.TryGetValue(key, out var text) && int.TryParse(text, NumberStyles.None, CultureInfo.InvariantCulture, out var number)
            ? number
            : throw new DisBackException($"The metadata of {path} give no whole number as {key} of its classifier: train it again with "
                + "'disback features train'.");
    }

    /// <summary>The metadata that <see cref="Read"/> reads.</summary>
    public IEnumerable<KeyValuePair<string, string>> ToMetadata()
    {
        if (this == Digits)
        {
            return [new(NetworkKey, DigitNetwork)];
        }
        return
        [
            new(NetworkKey, Network),
            new("channels", Text(Channels)),
            new("resolution", Text(Resolution)),
            new("width", Text(Width)),
            new("features", Text(Features)),
            new("classes", Text(Classes)),
        ];

        static string Text(int number) => number.ToString(CultureInfo.InvariantCulture);
    }

    /// <summary>Refuses a classifier that cannot work or would be of absurd size, before anything of its size is allocated.</summary>
    /// <param name="owner">What a message begins with.</param>
    /// <exception cref="DisBackException">A setting is out of bounds.</exception>
    public void Validate(string owner)
    {
        if (Channels is not (1 or 3))
        {
            throw new DisBackException($"{owner} has a classifier of {Channels} channels: only 1 (grey) or 3 (RGB) are possible.");
        }
        Within("resolution", Resolution, 4, 1024);
        Within("width", Width, 1, 1024);
        Within("features", Features, 1, 16_384);
        Within("classes", Classes, 2, 100_000);

        void Within(string key, int value, int least, int most)
        {
            if (value < least || value > most)
            {
                throw new DisBackException($"{owner} has a classifier whose {key} is {value}: only {least} to {most} are possible.");
            }
        }
    }
}
