using Microsoft.Playwright;

namespace DisBack.Dashboard.Tests.Browsing;

/// <summary>A page of the dashboard as somebody has it open, and what went wrong on it.</summary>
internal sealed class Tab : IAsyncDisposable
{
    private readonly IBrowserContext _profile;
    private readonly Uri _site;
    private readonly List<string> _troubles = [];

    private Tab(IBrowserContext profile, IPage page, Uri site)
    {
        (_profile, Page, _site) = (profile, page, site);
        page.Console += (_, message) =>
        {
            if (message.Type is "error" or "warning")
            {
                Note($"console: {message.Text}");
            }
        };
        page.PageError += (_, error) => Note($"error: {error}");
        page.Request += (_, request) =>
        {
            var address = new Uri(request.Url);
            if (address.Scheme is "http" or "https" && address.Authority != site.Authority)
            {
                Note($"request to another host: {request.Url}");
            }
        };
    }

    public IPage Page { get; }

    /// <summary>Errors and warnings of the console, failures of scripts, and requests to other hosts.</summary>
    public IReadOnlyList<string> Troubles
    {
        get
        {
            lock (_troubles)
            {
                return [.. _troubles];
            }
        }
    }

    public static async Task<Tab> OpenAsync(IBrowserContext profile, Uri site, string path)
    {
        var tab = new Tab(profile, await profile.NewPageAsync(), site);
        await tab.GoAsync(path);
        return tab;
    }

    public Task GoAsync(string path) => Page.GotoAsync(new Uri(_site, path).AbsoluteUri, new PageGotoOptions { WaitUntil = WaitUntilState.DOMContentLoaded });

    public ILocator Button(string name) => Page.GetByRole(AriaRole.Button, new PageGetByRoleOptions { Name = name, Exact = true });

    public ILocator Link(string name) => Page.GetByRole(AriaRole.Link, new PageGetByRoleOptions { Name = name });

    public ILocator Heading(string text) => Page.GetByRole(AriaRole.Heading, new PageGetByRoleOptions { Name = text });

    /// <summary>Rows of the table of a name that hold data.</summary>
    public ILocator Rows(string table) =>
        Page.GetByRole(AriaRole.Region, new PageGetByRoleOptions { Name = table, Exact = true }).Locator("tbody tr[aria-rowindex]");

    /// <summary>
    /// Waits until nothing has been fetched for half a second; the stream of live events stays open and does not count. A page that never stops fails.
    /// </summary>
    public Task QuietAsync() => Page.EvaluateAsync("""
        () => new Promise((quiet, restless) => {
          setTimeout(() => restless(new Error('The page has not stopped to fetch for half a minute.')), 30_000);
          let timer = setTimeout(quiet, 500);
          new PerformanceObserver(() => { clearTimeout(timer); timer = setTimeout(quiet, 500); }).observe({ type: 'resource' });
        })
        """);

    /// <summary>A picture of the whole page, kept beside the results of the tests for people to look at.</summary>
    public Task KeepPictureAsync(string name) => Page.ScreenshotAsync(new PageScreenshotOptions
    {
        Path = Path.Combine(AppContext.BaseDirectory, "TestResults", "screenshots", $"{name}.png"),
        FullPage = true,
        Animations = ScreenshotAnimations.Disabled,
    });

    public ValueTask DisposeAsync() => new(_profile.CloseAsync());

    private void Note(string trouble)
    {
        lock (_troubles)
        {
            _troubles.Add(trouble);
        }
    }
}
