using DisBack.Dashboard.Tests.Browsing;
using Microsoft.Playwright;

[assembly: AssemblyFixture(typeof(Browser))]

namespace DisBack.Dashboard.Tests.Browsing;

/// <summary>The Chromium of this machine, without a window; one for all tests, of which each has a profile of its own.</summary>
public sealed class Browser : IAsyncLifetime
{
    /// <summary>Of a window, in pixels.</summary>
    public const int Height = 860;

    private static readonly string[] s_names = ["chromium", "chromium-browser", "google-chrome"];

    /// <summary>Without a sandbox, for tests may run as root; and without the requests that a browser makes for itself.</summary>
    private static readonly string[] s_arguments =
    [
        "--no-sandbox", "--disable-gpu", "--disable-quic", "--no-first-run", "--disable-background-networking", "--disable-component-update", "--disable-sync",
    ];

    private IPlaywright? _playwright;
    private IBrowser? _browser;

    public async ValueTask InitializeAsync()
    {
        if (Executable() is not { } program)
        {
            return;
        }
        _playwright = await Playwright.CreateAsync();
        _browser = await _playwright.Chromium.LaunchAsync(new BrowserTypeLaunchOptions { ExecutablePath = program, Args = s_arguments });
    }

    /// <summary>A new profile.</summary>
    public async Task<IBrowserContext> ProfileAsync()
    {
        Assert.SkipWhen(_browser is null, $"There is no {string.Join(", ", s_names)} on this machine.");
        return await _browser.NewContextAsync(new BrowserNewContextOptions
        {
            ViewportSize = new ViewportSize { Width = 1280, Height = Height },
            ColorScheme = ColorScheme.Light,
            ReducedMotion = ReducedMotion.Reduce,
        });
    }

    public async ValueTask DisposeAsync()
    {
        if (_browser is not null)
        {
            await _browser.CloseAsync();
        }
        _playwright?.Dispose();
    }

    private static string? Executable() => (Environment.GetEnvironmentVariable("PATH") ?? "").Split(':')
        .SelectMany(_ => s_names, Path.Combine)
        .FirstOrDefault(File.Exists);
}
