using DisBack.Dashboard.Tests.Browsing;
using DisBack.TestKit;
using Microsoft.Playwright;
using static Microsoft.Playwright.Assertions;

namespace DisBack.Dashboard.Tests.Pages;

/// <summary>Where tokens are wanted: how one gets in, what a viewer sees, and what a session leaves in the browser.</summary>
public sealed class AccessTests(Browser browser) : IDisposable
{
    private readonly TemporaryFolder _folder = new();

    public void Dispose() => _folder.Dispose();

    [Fact]
    public async Task A_viewer_logs_in_sees_no_command_and_logs_out_and_an_operator_sees_them()
    {
        var file = Path.Combine(_folder.Path, "tokens.json");
        var (viewer, @operator) = (await Site.TokenAsync(file, "ann", "viewer"), await Site.TokenAsync(file, "bob", "operator"));
        await using var site = await Site.StartAsync(taught: false, "--tokens", file);
        await using var tab = await Tab.OpenAsync(await browser.ProfileAsync(), site.Address, "/teachers");

        await tab.Page.GetByLabel("Token").FillAsync("disback_wrong");
        await tab.Button("Log in").ClickAsync();
        await Expect(tab.Page.GetByRole(AriaRole.Alert)).ToContainTextAsync("does not know the token");
        await tab.Page.GetByLabel("Token").FillAsync(viewer);
        await tab.Button("Log in").ClickAsync();
        await Expect(tab.Heading("No teachers yet")).ToBeVisibleAsync();
        await Expect(tab.Link("New run")).ToHaveCountAsync(0);

        var cookie = Assert.Single(await tab.Page.Context.CookiesAsync());
        Assert.Equal(("disback-session", true, SameSiteAttribute.Strict), (cookie.Name, cookie.HttpOnly, cookie.SameSite));
        Assert.Equal("", await tab.Page.EvaluateAsync<string>("document.cookie"));
        Assert.DoesNotContain(viewer, tab.Page.Url, StringComparison.Ordinal);
        var kept = await tab.Page.EvaluateAsync<string>("JSON.stringify(localStorage) + JSON.stringify(sessionStorage)");
        Assert.DoesNotContain(viewer, kept, StringComparison.Ordinal);

        await tab.Page.ReloadAsync();
        await Expect(tab.Heading("No teachers yet")).ToBeVisibleAsync();
        await tab.Button("Log out").ClickAsync();
        await Expect(tab.Page.GetByLabel("Token")).ToBeVisibleAsync();
        Assert.Empty(await tab.Page.Context.CookiesAsync());

        await tab.Page.GetByLabel("Token").FillAsync(@operator);
        await tab.Button("Log in").ClickAsync();
        await Expect(tab.Link("New run")).ToBeVisibleAsync();
    }
}
