using System.Text.Json;

namespace DisBack.Search.Tests.Oracles;

/// <summary>
/// The files computed with Optuna 3.1.0 and SciPy 1.10.1 that the oracle tests agree with: those beside this file, or those in <c>search</c> in the folder that
/// DISBACK_ORACLES names.
/// </summary>
internal static class OracleFiles
{
    private static string Root => Environment.GetEnvironmentVariable("DISBACK_ORACLES") is { Length: > 0 } folder
        ? folder
        : Path.Combine(AppContext.BaseDirectory, "oracles");

    /// <summary>The name of every file of one kind, <c>asha</c>, <c>sobol</c> or <c>tpe</c>; a kind without files fails.</summary>
    public static TheoryData<string> Of(string kind)
    {
        string[] names = [.. Directory.EnumerateFiles(Path.Combine(Root, "search"), $"{kind}-*.json").Select(file => Path.GetFileName(file)).Order()];
        Assert.NotEmpty(names);
        return [.. names];
    }

    /// <summary>One file.</summary>
    public static JsonElement Read(string name)
    {
        using var document = JsonDocument.Parse(File.ReadAllText(Path.Combine(Root, "search", name)));
        return document.RootElement.Clone();
    }
}
