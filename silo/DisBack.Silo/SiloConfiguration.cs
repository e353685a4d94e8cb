using DisBack.Contracts.Specs;
using DisBack.Diffusion;
using DisBack.Orchestration.Training;
using Microsoft.Extensions.Configuration;

namespace DisBack.Silo;

/// <summary>Reads the settings, and refuses what it does not know: a misspelt time-out must not be a default in disguise.</summary>
internal static class SiloConfiguration
{
    public const string Prefix = "DISBACK_";

    /// <summary>What else may stand beside the settings: it is read by the host, or tells a supervised silo that it is one.</summary>
    private static readonly string[] Others = ["Logging", "AllowedHosts", Supervised.Variable[Prefix.Length..]];

    /// <summary>The sources of settings, the later over the earlier. Variables without the prefix are none: a machine has a NAME of its own.</summary>
    public static void SetSources(IConfigurationBuilder configuration, string[] arguments)
    {
        configuration.Sources.Clear();
        configuration.AddJsonFile(Path.Combine(AppContext.BaseDirectory, "appsettings.json")).AddEnvironmentVariables(Prefix).AddCommandLine(arguments);
    }

    /// <exception cref="DisBackException">A key is unknown, a value cannot be read, or the settings contradict one another.</exception>
    public static SiloSettings Read(IConfiguration configuration)
    {
        RefuseMisspelt(configuration);
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

    /// <summary>Variables with our prefix may be meant for other programs, as long as no setting resembles them.</summary>
    private static void RefuseMisspelt(IConfiguration configuration)
    {
        var known = typeof(SiloSettings).GetProperties().Where(property => property.CanWrite).Select(property => property.Name).ToList();
        foreach (var given in configuration.GetChildren().Where(given => !known.Concat(Others).Contains(given.Key, StringComparer.OrdinalIgnoreCase)))
        {
            var near = NearestName.Of(given.Key, known);
            if (near is null && !given.GetChildren().Any()) continue;
            throw new DisBackException($"There is no setting '{given.Key}'; {(near is null ? $"there are {string.Join(", ", known)}." : $"did you mean '{near}'?")}");
        }
    }

    private static void RefuseUnknown(IConfigurationSection section, object target)
    {
        // The scratch folder of the training is that of the worker.
        var known = target.GetType().GetProperties().Where(property => property.CanWrite && (property.DeclaringType, property.Name) != (typeof(TrainingOptions), nameof(TrainingOptions.Scratch))).ToList();
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
