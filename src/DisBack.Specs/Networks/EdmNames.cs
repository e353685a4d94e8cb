namespace DisBack.Specs.Networks;

/// <summary>What EDM's training/networks.py calls what the JSON of network settings (<see cref="NetworkJson"/>) has under other names.</summary>
public static class EdmNames
{
    private static readonly Dictionary<string, string> s_theirs = new(StringComparer.Ordinal)
    {
        ["edm"] = "EDMPrecond",
        ["vp"] = "VPPrecond",
        ["ve"] = "VEPrecond",
        ["iddpm"] = "iDDPMPrecond",
        ["song-unet"] = "SongUNet",
        ["dhariwal-unet"] = "DhariwalUNet",
        ["time_steps"] = "M",
        ["c1"] = "C_1",
        ["c2"] = "C_2",
    };

    private static readonly Dictionary<string, string> s_ours = s_theirs.ToDictionary(name => name.Value, name => name.Key, StringComparer.Ordinal);

    /// <summary>EDM's name of an argument, a network's class or a preconditioning's class; the name itself where both have the same.</summary>
    /// <param name="setting">The name of a setting, or a value.</param>
    public static string Of(string setting) => s_theirs.GetValueOrDefault(setting, setting);

    /// <summary>The name of a setting, or a value, that EDM has under this name; the name itself where both have the same.</summary>
    /// <param name="name">The name of an argument, a network's class or a preconditioning's class.</param>
    public static string SettingOf(string name) => s_ours.GetValueOrDefault(name, name);
}
