using DisBack.Dashboard.Tests.Browsing;
using DisBack.TestKit;
using static Microsoft.Playwright.Assertions;

namespace DisBack.Dashboard.Tests.Pages;

/// <summary>The dashboard of Orleans in a browser: an operator comes to it from the cluster's page, and it needs nothing that its policy forbids.</summary>
public sealed class OrleansPageTests(Browser browser) : IDisposable
{
    private static readonly (string Page, string Heading)[] s_pages =
    [
        ("", "Overview"), ("#/grains", "Grains"), ("#/silos", "Silos"), ("#/reminders", "Reminders"), ("#/lifecycle", "Lifecycle"),
        ("#/preferences", "Preferences"),
    ];

    private readonly TemporaryFolder _folder = new();

    public void Dispose() => _folder.Dispose();

    [Fact]
    public async Task An_operator_comes_to_it_from_the_cluster_and_a_viewer_does_not()
    {
        var file = Path.Combine(_folder.Path, "tokens.json");
        var (viewer, @operator) = (await Site.TokenAsync(file, "ann", "viewer"), await Site.TokenAsync(file, "bob", "operator"));
        await using var site = await Site.StartAsync(taught: false, "--tokens", file);
        await using (var tab = await Tab.OpenAsync(await browser.ProfileAsync(), site.Address, "/cluster"))
        {
            await LogInAsync(tab, viewer);
            await Expect(tab.Link("dashboard of Orleans")).ToHaveCountAsync(0);
        }
        await using (var tab = await Tab.OpenAsync(await browser.ProfileAsync(), site.Address, "/cluster"))
        {
            await LogInAsync(tab, @operator);
            var opened = await tab.Page.RunAndWaitForPopupAsync(() => tab.Link("dashboard of Orleans").ClickAsync());
            await Expect(opened.GetByText("Total Activations")).ToBeVisibleAsync();
        }
    }

    [Fact]
    public async Task It_shows_the_silo_without_an_error_or_a_request_to_another_host()
    {
        await using var site = await Site.StartAsync(taught: false);
        await using var tab = await Tab.OpenAsync(await browser.ProfileAsync(), site.Address, "/orleans");
        foreach (var (page, heading) in s_pages)
        {
            await tab.GoAsync($"/orleans/{page}");
            await Expect(tab.Heading(heading).First).ToBeVisibleAsync();
            await CountedAsync(tab);
            await tab.KeepPictureAsync($"orleans-{heading}");
        }
        await tab.GoAsync("/orleans/#/grains");
        await Expect(tab.Link("AcceleratorPoolGrain")).ToBeVisibleAsync();
        await tab.GoAsync("/orleans/#/silos");
        await tab.Link("127.0.0.1").First.ClickAsync();
        await Expect(tab.Page.GetByText("disback.role")).ToBeVisibleAsync();
        await CountedAsync(tab);
        await tab.KeepPictureAsync("orleans-silo");
        Assert.Empty(tab.Troubles);
    }

    /// <summary>Waits for the next counters, of which each page asks for some every second: it has drawn the ones before.</summary>
    private static async Task CountedAsync(Tab tab) =>
        await tab.Page.WaitForResponseAsync(answer => answer.Url.Contains("/DashboardCounters", StringComparison.Ordinal));

    private static async Task LogInAsync(Tab tab, string token)
    {
        await tab.Page.GetByLabel("Token").FillAsync(token);
        await tab.Button("Log in").ClickAsync();
        await Expect(tab.Heading("Cluster")).ToBeVisibleAsync();
    }
}
