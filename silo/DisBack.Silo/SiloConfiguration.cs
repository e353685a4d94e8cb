using DisBack.Contracts.Hosting;
using Microsoft.Extensions.Configuration;

namespace DisBack.Silo;

/// <summary>Reads the settings, and refuses what cannot work.</summary>
internal static class SiloConfiguration
{
    /// <summary>The settings of a silo with these arguments, for a process that is none.</summary>
    /// <exception cref="DisBackException">A key is unknown, a value cannot be read, or the settings contradict one another.</exception>
    public static SiloSettings Read(string[] arguments)
    {
        var configuration = new ConfigurationBuilder();
        StrictSettings.SetSources(configuration, arguments);
        return Read(configuration.Build());
    }

    /// <exception cref="DisBackException">A key is unknown, a value cannot be read, or the settings contradict one another.</exception>
    public static SiloSettings Read(IConfiguration configuration)
    {
        var settings = new SiloSettings();
        StrictSettings.Bind(configuration, settings, "Logging", "AllowedHosts", Supervised.Variable[StrictSettings.Prefix.Length..]);
        return SiloSettingsValidation.Problem(settings) is { } problem ? throw new DisBackException(problem) : settings;
    }
}
