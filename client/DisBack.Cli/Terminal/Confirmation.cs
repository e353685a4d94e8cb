using System.Globalization;

namespace DisBack.Cli.Terminal;

/// <summary>Asks before a command does what cannot be taken back, or does it to many things.</summary>
internal static class Confirmation
{
    /// <summary>Asks whether something is to be done, unless that was said.</summary>
    /// <param name="session">Where it asks.</param>
    /// <param name="verb">What is to be done, such as <c>delete</c>.</param>
    /// <param name="done">Its participle, such as <c>deleted</c>.</param>
    /// <param name="what">What it is to be done to.</param>
    /// <param name="yes">Whether it was said already.</param>
    /// <returns>How the command ends where it is not; null where it is.</returns>
    public static async Task<ExitCode?> RefusesAsync(Session session, string verb, string done, string what, bool yes)
    {
        if (yes)
        {
            return null;
        }
        var question = $"{verb[..1].ToUpper(CultureInfo.InvariantCulture)}{verb[1..]} {what}?";
        if (await session.Screen.AskAsync(question, session.Signals.Stopping) is not { } agreed)
        {
            await session.Screen.Error.WriteLineAsync($"disback: There is no terminal to ask on whether to {verb} {what}; add --yes.");
            return ExitCode.Usage;
        }
        if (!agreed)
        {
            session.Screen.Line($"Nothing was {done}.");
            return ExitCode.Ok;
        }
        return null;
    }
}
