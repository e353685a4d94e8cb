using DisBack.Contracts.Specs;
using DisBack.Diffusion;
using Microsoft.Extensions.Configuration;

namespace DisBack.Silo;

/// <summary>Reads the settings, and refuses what it does not know: a misspelt time-out must not be a default in disguise.</summary>
internal static class SiloConfiguration
{
    public const string Prefix = "DISBACK_";

    /// <exception cref="DisBackException">A key is unknown, a value cannot be read, or the settings contradict one another.</exception>
    public static SiloSettings Read(IConfiguration configuration)
    {
        var settings = new SiloSettings
        {
            Role = Value(configuration, nameof(SiloSettings.Role), new SiloSettings().Role),
            Name = Value(configuration, nameof(SiloSettings.Name), new SiloSettings().Name),
        };
        Bind(configuration, nameof(SiloSettings.Cluster), settings.Cluster);
        Bind(configuration, nameof(SiloSettings.Endpoints), settings.Endpoints);
        Bind(configuration, nameof(SiloSettings.Blobs), settings.Blobs);
        Bind(configuration, nameof(SiloSettings.Worker), settings.Worker);
        Bind(configuration, nameof(SiloSettings.Detection), settings.Detection);
        Bind(configuration, nameof(SiloSettings.Training), settings.Training);
        Bind(configuration, nameof(SiloSettings.Retry), settings.Retry);
        Bind(configuration, nameof(SiloSettings.Supervision), settings.Supervision);
        return SiloSettingsValidation.Problem(settings) is { } problem ? throw new DisBackException(problem) : settings;
    }

    private static T Value<T>(IConfiguration configuration, string key, T otherwise)
    {
        try
        {
            return configuration.GetValue(key, otherwise)!;
        }
        catch (InvalidOperationException e)
        {
            throw Unreadable(key, e);
        }
    }

    private static void Bind(IConfiguration configuration, string section, object target)
    {
        RefuseUnknown(configuration.GetSection(section), target);
        try
        {
            configuration.GetSection(section).Bind(target);
        }
        catch (InvalidOperationException e)
        {
            throw Unreadable(section, e);
        }
    }

    private static void RefuseUnknown(IConfigurationSection section, object target)
    {
        var known = target.GetType().GetProperties();
        foreach (var given in section.GetChildren())
        {
            if (known.FirstOrDefault(property => property.Name.Equals(given.Key, StringComparison.OrdinalIgnoreCase)) is not { } property)
            {
                var meant = NearestName.Of(given.Key, known.Select(one => one.Name)) is { } near ? $"did you mean '{section.Path}:{near}'?" : $"it has {string.Join(", ", known.Select(one => one.Name))}.";
                throw new DisBackException($"There is no setting '{given.Path}'; {meant}");
            }
            if (given.GetChildren().Any() && property.GetValue(target) is { } nested) RefuseUnknown(given, nested);
        }
    }

    private static DisBackException Unreadable(string key, InvalidOperationException e) =>
        new($"The setting '{key}' cannot be read: {e.Message.TrimEnd('.')}; correct it in appsettings.json, in the {Prefix} variables or on the command line.", e);
}
