using Microsoft.Playwright;

namespace DisBack.Dashboard.Tests.Browsing;

/// <summary>The Chromium of this machine, without a window.</summary>
internal static class Chromium
{
    /// <summary>What it may be called.</summary>
    public static readonly IReadOnlyList<string> Names = ["chromium", "chromium-browser", "google-chrome"];

    /// <summary>Without a sandbox, for tests may run as root; and without the requests that a browser makes for itself.</summary>
    private static readonly string[] s_arguments =
    [
        "--no-sandbox", "--disable-gpu", "--disable-quic", "--no-first-run", "--disable-background-networking", "--disable-component-update", "--disable-sync",
    ];

    /// <summary>Starts one; null where there is none.</summary>
    public static async Task<IBrowser?> LaunchAsync(IPlaywright playwright) => Executable() is { } program
        ? await playwright.Chromium.LaunchAsync(new BrowserTypeLaunchOptions { ExecutablePath = program, Args = s_arguments })
        : null;

    private static string? Executable() => (Environment.GetEnvironmentVariable("PATH") ?? "").Split(':')
        .SelectMany(_ => Names, Path.Combine)
        .FirstOrDefault(File.Exists);
}
