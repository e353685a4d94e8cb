using Deque.AxeCore.Commons;
using Deque.AxeCore.Playwright;
using DisBack.Dashboard.Tests.Browsing;
using Microsoft.Playwright;

namespace DisBack.Dashboard.Tests.Pages;

/// <summary>What holds for every page, in both themes and on a telephone: nothing fails, nobody else is asked, everybody can use it. Pictures are kept.</summary>
public sealed class EveryPageTests(Browser browser, TrainedSite trained)
{
    /// <summary>One after another in one window, for a page follows its size and the theme of the system.</summary>
    private static readonly (string Name, int Width, ColorScheme Theme)[] s_looks =
        [("light", 1280, ColorScheme.Light), ("dark", 1280, ColorScheme.Dark), ("narrow", 390, ColorScheme.Light)];

    [Theory]
    [InlineData("runs", "/runs")]
    [InlineData("run", "/runs/{first}")]
    [InlineData("run-samples", "/runs/{first}?tab=samples")]
    [InlineData("run-events", "/runs/{first}?tab=events")]
    [InlineData("run-logs", "/runs/{first}?tab=logs")]
    [InlineData("run-checkpoints", "/runs/{first}?tab=checkpoints")]
    [InlineData("run-spec", "/runs/{first}?tab=spec")]
    [InlineData("sweeps", "/sweeps")]
    [InlineData("sweep", "/sweeps/{sweep}")]
    [InlineData("trajectories", "/trajectories")]
    [InlineData("trajectory", "/trajectories/{trajectory}")]
    [InlineData("teachers", "/teachers")]
    [InlineData("teacher", "/teachers/tiny")]
    [InlineData("teacher-logs", "/teachers/tiny?tab=logs")]
    [InlineData("compare", "/compare?run={first}&run={second}")]
    [InlineData("compare-nothing", "/compare")]
    [InlineData("cluster", "/cluster")]
    [InlineData("new", "/new")]
    [InlineData("nowhere", "/nothing")]
    [InlineData("nowhere-run", "/runs/none/0000")]
    public async Task It_is_whole_and_usable(string name, string path)
    {
        var trajectory = (string?)(await trained.Site.SettledAsync(trained.First))["trajectory"];
        var address = path.Replace("{first}", trained.First, StringComparison.Ordinal).Replace("{second}", trained.Second, StringComparison.Ordinal)
            .Replace("{sweep}", trained.Sweep, StringComparison.Ordinal).Replace("{trajectory}", trajectory, StringComparison.Ordinal);
        await using var tab = await Tab.OpenAsync(await browser.ProfileAsync(), trained.Site.Address, address);
        foreach (var (look, width, theme) in s_looks)
        {
            await tab.Page.SetViewportSizeAsync(width, Browser.Height);
            await tab.Page.EmulateMediaAsync(new PageEmulateMediaOptions { ColorScheme = theme });
            // One stream stays open, so the network is never idle for good; a heading and half a second without a request are a page that is there.
            await tab.Page.Locator("h1, h2").First.WaitForAsync();
            await tab.QuietAsync();

            await tab.KeepPictureAsync($"{name}-{look}");
            // What is wanted of a page or a run that is none is not there, and the browser says so.
            Assert.DoesNotContain(
                tab.Troubles, trouble => !name.StartsWith("nowhere", StringComparison.Ordinal) || !trouble.Contains("404", StringComparison.Ordinal));
            var (inner, outer) = (await tab.Page.EvaluateAsync<int>("document.documentElement.scrollWidth"), await tab.Page.EvaluateAsync<int>("innerWidth"));
            Assert.True(inner <= outer, $"{look}: the page is {inner} pixels wide in a window of {outer}.");
            var violations = (await tab.Page.RunAxe(new AxeRunOptions())).Violations;
            Assert.True(violations.Length == 0, string.Join('\n', violations.Select(found => $"{look}: {found.Id}: {found.Help} ({found.Nodes[0].Html})")));
        }
    }
}
