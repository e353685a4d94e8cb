using DisBack.Specs.Networks;
using static TorchSharp.torch;

namespace DisBack.Diffusion.Networks;

/// <summary>The constructors of networks by their settings, whose names in a spec are listed with <see cref="NetworkSettings"/>.</summary>
internal static class NetworkRegistry
{
    private static readonly Dictionary<Type, Func<NetworkSettings, Generator, Denoiser>> s_constructors = new()
    {
        [typeof(SongUnetSettings)] = Of<SongUnetSettings>((settings, init) =>
            new PreconditionedUNet(settings, (channels, masks) => new SongUNet(settings, channels, masks, init))),
        [typeof(DhariwalUnetSettings)] = Of<DhariwalUnetSettings>((settings, init) =>
            new PreconditionedUNet(settings, (channels, masks) => new DhariwalUNet(settings, channels, masks, init))),
        [typeof(TextUnetSettings)] = Of<TextUnetSettings>((settings, init) => new TextDenoiser(settings, init)),
    };

    /// <summary>The settings that a network can be built from.</summary>
    public static IReadOnlyCollection<Type> Settings => s_constructors.Keys;

    /// <summary>Builds the network of some settings.</summary>
    /// <exception cref="DisBackException">No constructor is registered for them.</exception>
    public static Denoiser Create(NetworkSettings settings, Generator init) =>
        s_constructors.TryGetValue(settings.GetType(), out var construct)
            ? construct(settings, init)
            : throw new DisBackException($"This build cannot make networks of {settings.GetType().Name}; it can make those of "
                + $"{string.Join(", ", s_constructors.Keys.Select(type => type.Name))}.");

    private static Func<NetworkSettings, Generator, Denoiser> Of<T>(Func<T, Generator, Denoiser> construct)
        where T : NetworkSettings => (settings, init) => construct((T)settings, init);
}
