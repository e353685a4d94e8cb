using DisBack.Diffusion.Files;
using static TorchSharp.torch;

namespace DisBack.Diffusion.Networks;

/// <summary>A network in one safetensors file: its settings as JSON in the metadata, its state under EDM's names.</summary>
public static class DenoiserFile
{
    /// <summary>The metadata field that holds <see cref="NetworkSettings.ToJson"/>.</summary>
    public const string SettingsKey = "network";

    /// <summary>Writes a network and, beside its settings, more metadata.</summary>
    /// <exception cref="DisBackException">The file cannot be written.</exception>
    public static void Save(string path, Denoiser denoiser, IReadOnlyDictionary<string, string>? metadata = null)
    {
        var fields = new Dictionary<string, string>(metadata ?? new Dictionary<string, string>()) { [SettingsKey] = denoiser.Settings.ToJson() };
        SafetensorsFile.Write(path, [.. denoiser.State()], fields);
    }

    /// <summary>Rebuilds a network from its settings and loads its state by exact agreement.</summary>
    /// <exception cref="DisBackException">The file is damaged, does not say which network it holds, or holds another state than that network's.</exception>
    public static Denoiser Load(string path)
    {
        using var file = SafetensorsFile.Open(path);
        if (!file.Metadata.TryGetValue(SettingsKey, out var json))
            throw new DisBackException($"The file '{path}' has no network settings in its metadata field '{SettingsKey}': import it with the settings it was trained with.");
        using var init = new Generator(0);
        var denoiser = Denoiser.Create(NetworkSettings.FromJson(json, path), init);
        try
        {
            StrictLoading.Load(file, denoiser.State());
            return denoiser;
        }
        catch
        {
            denoiser.Dispose();
            throw;
        }
    }
}
