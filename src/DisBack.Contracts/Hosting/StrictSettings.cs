using System.Collections;
using System.Reflection;
using DisBack.Specs.Reading;
using Microsoft.Extensions.Configuration;
using Microsoft.Extensions.Configuration.EnvironmentVariables;

namespace DisBack.Contracts.Hosting;

/// <summary>
/// Settings of a process: from <c>appsettings.json</c> beside it, from variables with the prefix <c>DISBACK_</c> and <c>__</c> between levels, and from
/// the command line, the later over the earlier. Names that nothing has are refused: a misspelt time-out must not be a default in disguise.
/// </summary>
public static class StrictSettings
{
    /// <summary>The prefix of environment variables that are settings. Those without it are none: a machine has a NAME of its own.</summary>
    public const string Prefix = "DISBACK_";

    /// <summary>What the command line and its user have variables for; a process beside them must not stumble over those.</summary>
    private static readonly string[] s_variablesOfOthers = ["Data", "Token", "Trace", "Libtorch", "Oracles", "Silo"];

    /// <summary>Makes these sources the only ones.</summary>
    public static void SetSources(IConfigurationBuilder configuration, string[] arguments)
    {
        configuration.Sources.Clear();
        configuration.AddJsonFile(Path.Combine(AppContext.BaseDirectory, "appsettings.json")).AddEnvironmentVariables(Prefix).AddCommandLine(arguments);
    }

    /// <summary>
    /// Adds the variables that a library reads from the configuration under their own names. For after the settings were read, because they are none.
    /// </summary>
    public static void AddVariables(IConfigurationBuilder configuration, string prefix) => configuration.AddInMemoryCollection(
        Environment.GetEnvironmentVariables().Cast<DictionaryEntry>()
            .Where(variable => ((string)variable.Key).StartsWith(prefix, StringComparison.Ordinal))
            .Select(variable => KeyValuePair.Create((string)variable.Key, (string?)variable.Value)));

    /// <summary>Sets the properties of an object, and of those it consists of.</summary>
    /// <param name="configuration">Where they are.</param>
    /// <param name="settings">The object, with its defaults.</param>
    /// <param name="others">What else may stand in the configuration, because somebody else reads it.</param>
    /// <exception cref="DisBackException">A key is unknown, or a value cannot be read.</exception>
    public static void Bind(IConfiguration configuration, object settings, params IReadOnlyCollection<string> others)
    {
        var known = Settable(settings);
        foreach (var given in configuration.GetChildren()
            .Where(given => !others.Concat(s_variablesOfOthers).Contains(given.Key, StringComparer.OrdinalIgnoreCase)))
        {
            if (Find(known, given.Key) is { } property)
            {
                RefuseOthers(given, property);
                if (property.GetValue(settings) is { } section and not string)
                {
                    RefuseUnknown(given, section);
                }
                continue;
            }
            if (Meant(known, settings, given.Key) is { } meant)
            {
                throw new DisBackException($"There is no setting '{given.Key}'; did you mean '{meant}'?");
            }
            // A variable with our prefix may be meant for a program that we do not know, as long as no setting resembles it.
            if (given.GetChildren().Any() || !IsVariable(configuration, given.Key))
            {
                throw new DisBackException($"There is no setting '{given.Key}'; there are {Names(known)}.");
            }
        }
        try
        {
            configuration.Bind(settings);
        }
        catch (InvalidOperationException e)
        {
            throw new DisBackException($"A setting cannot be read: {e.Message.TrimEnd('.')}; correct it in appsettings.json, in the {Prefix} variables or on "
                + "the command line.", e);
        }
    }

    private static void RefuseUnknown(IConfigurationSection section, object target)
    {
        var known = Settable(target);
        foreach (var given in section.GetChildren())
        {
            if (Find(known, given.Key) is not { } property)
            {
                var meant = NearestName.Of(given.Key, known.Select(one => one.Name)) is { } near
                    ? $"did you mean '{section.Path}:{near}'?"
                    : $"it has {Names(known)}.";
                throw new DisBackException($"There is no setting '{given.Path}'; {meant}");
            }
            RefuseOthers(given, property);
            if (given.GetChildren().Any() && property.GetValue(target) is { } nested)
            {
                RefuseUnknown(given, nested);
            }
        }
    }

    /// <summary>Refuses what is none of the few values that a setting can have.</summary>
    private static void RefuseOthers(IConfigurationSection given, PropertyInfo property)
    {
        // By name: a number would be parsed as well.
        if (property.PropertyType.IsEnum && given.Value is { } value
            && !Enum.GetNames(property.PropertyType).Contains(value, StringComparer.OrdinalIgnoreCase))
        {
            throw new DisBackException($"{given.Path} is '{value}'; it is {string.Join(", ", Enum.GetNames(property.PropertyType))}.");
        }
    }

    /// <summary>The setting that a name at the top resembles, or that has this name in a section.</summary>
    private static string? Meant(List<PropertyInfo> known, object settings, string name) =>
        NearestName.Of(name, known.Select(one => one.Name))
        ?? known.Where(section => section.GetValue(settings) is { } value and not string && Find(Settable(value), name) is not null)
            .Select(section => $"{section.Name}:{name}")
            .FirstOrDefault();

    private static bool IsVariable(IConfiguration configuration, string key) => configuration is IConfigurationRoot root
        && root.Providers.All(provider => provider is EnvironmentVariablesConfigurationProvider || !provider.TryGet(key, out _));

    private static List<PropertyInfo> Settable(object target) => [.. target.GetType().GetProperties().Where(property => property.CanWrite)];

    private static PropertyInfo? Find(List<PropertyInfo> known, string name) =>
        known.Find(property => property.Name.Equals(name, StringComparison.OrdinalIgnoreCase));

    private static string Names(List<PropertyInfo> known) => string.Join(", ", known.Select(one => one.Name));
}
