using DisBack.Contracts.Specs;
using DisBack.Diffusion;
using Microsoft.Extensions.Configuration;

namespace DisBack.Contracts.Hosting;

/// <summary>Binds settings, and refuses names that nothing has: a misspelt time-out must not be a default in disguise.</summary>
public static class StrictSettings
{
    /// <summary>The prefix of environment variables that are settings.</summary>
    public const string Prefix = "DISBACK_";

    /// <summary>Sets the properties of an object from a section.</summary>
    /// <exception cref="DisBackException">A key is unknown, or a value cannot be read.</exception>
    public static void Bind(IConfiguration configuration, string section, object target)
    {
        RefuseUnknown(configuration.GetSection(section), target);
        try
        {
            configuration.GetSection(section).Bind(target);
        }
        catch (InvalidOperationException e)
        {
            throw new DisBackException($"The setting '{section}' cannot be read: {e.Message.TrimEnd('.')}; correct it in appsettings.json, in the {Prefix} variables or on the command line.", e);
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
}
