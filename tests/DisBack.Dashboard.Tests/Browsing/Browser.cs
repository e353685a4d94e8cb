using DisBack.Dashboard.Tests.Browsing;
using Microsoft.Playwright;

[assembly: AssemblyFixture(typeof(Browser))]

namespace DisBack.Dashboard.Tests.Browsing;

/// <summary>One browser for all tests, of which each has a profile of its own.</summary>
public sealed class Browser : IAsyncLifetime
{
    /// <summary>Of a window, in pixels.</summary>
    public const int Height = 860;

    private IPlaywright? _playwright;
    private IBrowser? _browser;

    public async ValueTask InitializeAsync()
    {
        _playwright = await Playwright.CreateAsync();
        _browser = await Chromium.LaunchAsync(_playwright);
    }

    /// <summary>A new profile.</summary>
    public async Task<IBrowserContext> ProfileAsync()
    {
        Assert.SkipWhen(_browser is null, $"There is no {string.Join(", ", Chromium.Names)} on this machine.");
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
}
