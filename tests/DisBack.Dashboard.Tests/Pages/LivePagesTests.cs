using DisBack.Dashboard.Tests.Browsing;
using Microsoft.Playwright;
using static Microsoft.Playwright.Assertions;

namespace DisBack.Dashboard.Tests.Pages;

/// <summary>Pages that are open while runs train: nobody loads them again, and the server may die and come back.</summary>
public sealed class LivePagesTests(Browser browser)
{
    private static readonly LocatorAssertionsToContainTextOptions s_patiently = new() { Timeout = 300_000 };

    [Fact]
    public async Task A_run_appears_trains_and_ends_before_ones_eyes_also_after_the_server_was_killed()
    {
        await using var site = await Site.StartAsync(taught: true);
        await using var list = await Tab.OpenAsync(await browser.ProfileAsync(), site.Address, "/runs");
        await Expect(list.Heading("No runs yet")).ToBeVisibleAsync();

        var run = await site.RunAsync(TinySpecs.Experiment("live", steps: 600));
        var row = list.Rows("Runs").First;
        await Expect(row).ToContainTextAsync("running", s_patiently);
        await using var page = await Tab.OpenAsync(await browser.ProfileAsync(), site.Address, $"/runs/{run}");
        await Expect(page.Page.GetByRole(AriaRole.Main)).ToContainTextAsync("running", s_patiently);

        await site.KillAsync();
        await Expect(page.Page.GetByText("Reconnecting…")).ToBeVisibleAsync();
        await site.RestartAsync();
        await Expect(page.Page.GetByText("Reconnecting…")).ToBeHiddenAsync(new LocatorAssertionsToBeHiddenOptions { Timeout = 60_000 });
        await Expect(page.Page.GetByRole(AriaRole.Main)).ToContainTextAsync("completed", s_patiently);
        await Expect(row).ToContainTextAsync("completed", s_patiently);
    }

    [Fact]
    public async Task A_trial_that_its_sweep_prunes_says_so_in_the_table_of_runs_and_on_its_own_page()
    {
        await using var site = await Site.StartAsync(taught: true);
        await using var list = await Tab.OpenAsync(await browser.ProfileAsync(), site.Address, "/runs");
        var sweep = await site.SweepAsync(TinySpecs.Bounded("bounded"));

        var row = list.Rows("Runs").Filter(new LocatorFilterOptions { HasText = $"{sweep}/0000" });
        await Expect(row).ToContainTextAsync("pruned", s_patiently);
        await Expect(row.GetByTitle("Pruned at step 20 with fid")).ToHaveTextAsync("pruned");
        await list.KeepPictureAsync("runs-pruned");

        await using var page = await Tab.OpenAsync(await browser.ProfileAsync(), site.Address, $"/runs/{sweep}/0000");
        await Expect(page.Page.GetByRole(AriaRole.Main)).ToContainTextAsync("Pruned at step 20 with fid");
        await page.KeepPictureAsync("run-pruned");
        Assert.Empty(list.Troubles);
        Assert.Empty(page.Troubles);
    }
}
