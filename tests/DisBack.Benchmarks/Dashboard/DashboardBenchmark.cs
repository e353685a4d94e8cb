using System.CommandLine;
using DisBack.Dashboard.Tests.Browsing;
using Microsoft.Playwright;

namespace DisBack.Benchmarks.Dashboard;

/// <summary>The dashboard as a browser sees it: how long pages take, what live updates cost, and how late they are.</summary>
internal static class DashboardBenchmark
{
    private static readonly Dictionary<string, Func<IBrowser, CancellationToken, Task>> s_parts = new()
    {
        ["opening"] = OpeningPart.RunAsync,
        ["runs"] = RunsPart.RunAsync,
        ["curves"] = CurvesPart.RunAsync,
        ["pictures"] = PicturesPart.RunAsync,
        ["live"] = LivePart.RunAsync,
        ["viewers"] = ViewersPart.RunAsync,
        ["training"] = TrainingPart.RunAsync,
    };

    public static Command Create()
    {
        var parts = new Argument<string[]>("part") { Description = "What to measure; all of it unless given.", Arity = ArgumentArity.ZeroOrMore };
        parts.AcceptOnlyFromAmong([.. s_parts.Keys]);
        var command = new Command("dashboard", "The dashboard in a real browser: pages, live updates, many viewers, and what it costs training.") { parts };
        command.SetAction((parsed, cancellation) => RunAsync(parsed.GetValue(parts) is { Length: > 0 } some ? some : [.. s_parts.Keys], cancellation));
        return command;
    }

    private static async Task<int> RunAsync(string[] parts, CancellationToken cancellation)
    {
        using var playwright = await Playwright.CreateAsync();
        await using var browser = await Chromium.LaunchAsync(playwright);
        if (browser is null)
        {
            await Console.Error.WriteLineAsync($"There is none of {string.Join(", ", Chromium.Names)} on this machine; install one.");
            return 1;
        }
        foreach (var part in parts)
        {
            await s_parts[part](browser, cancellation);
        }
        return 0;
    }
}
