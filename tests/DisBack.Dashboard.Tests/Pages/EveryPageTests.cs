using Deque.AxeCore.Commons;
using Deque.AxeCore.Playwright;
using DisBack.Dashboard.Tests.Browsing;

namespace DisBack.Dashboard.Tests.Pages;

/// <summary>What holds for every page, in both themes and on a telephone: nothing fails, nobody else is asked, everybody can use it. Pictures are kept.</summary>
public sealed class EveryPageTests(Browser browser, TrainedSite trained)
{
    private const int Wide = 1280;
    private const int Narrow = 390;

    public static TheoryData<string, string, int, bool> Looks()
    {
        var looks = new TheoryData<string, string, int, bool>();
        (string Name, string Path)[] pages =
        [
            ("runs", "/runs"), ("run", "/runs/{first}"), ("run-samples", "/runs/{first}?tab=samples"), ("run-events", "/runs/{first}?tab=events"),
            ("run-checkpoints", "/runs/{first}?tab=checkpoints"), ("run-spec", "/runs/{first}?tab=spec"), ("sweeps", "/sweeps"), ("sweep", "/sweeps/{sweep}"),
            ("trajectories", "/trajectories"), ("trajectory", "/trajectories/{trajectory}"), ("teachers", "/teachers"), ("teacher", "/teachers/tiny"),
            ("compare", "/compare?run={first}&run={second}"), ("compare-nothing", "/compare"), ("cluster", "/cluster"), ("new", "/new"),
            ("nowhere", "/runs/none/0000"),
        ];
        foreach (var (name, path) in pages)
        {
            looks.Add(name, path, Wide, false);
            looks.Add(name, path, Wide, true);
            looks.Add(name, path, Narrow, false);
        }
        return looks;
    }

    [Theory, MemberData(nameof(Looks))]
    public async Task It_is_whole_and_usable(string name, string path, int width, bool dark)
    {
        var trajectory = (string?)(await trained.Site.SettledAsync(trained.First))["trajectory"];
        var address = path.Replace("{first}", trained.First, StringComparison.Ordinal).Replace("{second}", trained.Second, StringComparison.Ordinal)
            .Replace("{sweep}", trained.Sweep, StringComparison.Ordinal).Replace("{trajectory}", trajectory, StringComparison.Ordinal);
        await using var tab = await Tab.OpenAsync(await browser.ProfileAsync(width, dark), trained.Site.Address, address);
        // One stream stays open, so the network is never idle for good; a heading and half a second without a request are a page that is there.
        await tab.Page.Locator("h1, h2").First.WaitForAsync();
        await tab.QuietAsync();

        await tab.KeepPictureAsync($"{name}-{(width == Narrow ? "narrow" : dark ? "dark" : "light")}");
        // What is wanted of a run that is none is not there, and the browser says so.
        Assert.DoesNotContain(tab.Troubles, trouble => name != "nowhere" || !trouble.Contains("404", StringComparison.Ordinal));
        var (inner, outer) = (await tab.Page.EvaluateAsync<int>("document.documentElement.scrollWidth"), await tab.Page.EvaluateAsync<int>("innerWidth"));
        Assert.True(inner <= outer, $"The page is {inner} pixels wide in a window of {outer}.");
        var violations = (await tab.Page.RunAxe(new AxeRunOptions())).Violations;
        Assert.True(violations.Length == 0, string.Join('\n', violations.Select(found => $"{found.Id}: {found.Help} ({found.Nodes[0].Html})")));
    }
}
