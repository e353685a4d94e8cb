using DisBack.Dashboard.Tests.Browsing;
using Microsoft.Playwright;
using static Microsoft.Playwright.Assertions;

namespace DisBack.Dashboard.Tests.Pages;

/// <summary>The table of runs: what is asked of it is in its address, and it changes by itself.</summary>
public sealed class RunsPageTests(Browser browser, TrainedSite trained)
{
    [Fact]
    public async Task A_filter_an_order_and_columns_are_kept_in_the_address_and_read_from_it()
    {
        await using var tab = await OpenAsync("/runs");
        await Expect(tab.Rows("Runs")).ToHaveCountAsync(6);

        await tab.Page.GetByLabel("Filter").FillAsync("name = 'grid' and seed = 1");
        await Expect(tab.Rows("Runs")).ToHaveCountAsync(2);
        await tab.Button("id").ClickAsync();
        await Expect(tab.Rows("Runs").First).ToContainTextAsync($"{trained.Sweep}/0001");
        await tab.Button("id").ClickAsync();
        await Expect(tab.Rows("Runs").First).ToContainTextAsync($"{trained.Sweep}/0003");
        await tab.Button("Columns").ClickAsync();
        await tab.Page.GetByRole(AriaRole.Checkbox, new PageGetByRoleOptions { Name = "param.backtracking.generator.learning_rate" }).CheckAsync();
        await Expect(tab.Rows("Runs").First).ToContainTextAsync("0.0003");

        var address = new Uri(tab.Page.Url).PathAndQuery;
        await using var other = await OpenAsync(address);
        await Expect(other.Rows("Runs")).ToHaveCountAsync(2);
        await Expect(other.Rows("Runs").First).ToContainTextAsync($"{trained.Sweep}/0003");
        await Expect(other.Rows("Runs").First).ToContainTextAsync("0.0003");
        Assert.Empty(other.Troubles);
    }

    [Fact]
    public async Task A_filter_that_is_wrong_says_where()
    {
        await using var tab = await OpenAsync("/runs?where=fidd%20%3C%205");
        await Expect(tab.Page.GetByRole(AriaRole.Alert)).ToContainTextAsync("did you mean 'fid'");
    }

    [Fact]
    public async Task Runs_of_one_value_stand_together_where_they_are_grouped()
    {
        await using var tab = await OpenAsync("/runs?group=seed&sort=id&columns=id,seed");
        await Expect(tab.Rows("Runs")).ToHaveCountAsync(6);
        var cells = await tab.Rows("Runs").Locator("td:last-child").AllInnerTextsAsync();
        // The first of each value says how many there are.
        Assert.Contains(cells, text => text.Contains("rows", StringComparison.Ordinal));
        var seeds = cells.Select(text => text.Split((char[]?)null, StringSplitOptions.RemoveEmptyEntries)[0]).ToList();
        Assert.Equal(seeds.Order().ToList(), seeds);
    }

    [Fact]
    public async Task What_is_selected_is_archived_and_brought_back()
    {
        await using var tab = await OpenAsync("/runs");
        await tab.Page.GetByRole(AriaRole.Checkbox, new PageGetByRoleOptions { Name = $"Select {trained.Second}" }).CheckAsync();
        await tab.Button("Archive").ClickAsync();
        await Expect(tab.Rows("Runs")).ToHaveCountAsync(5);

        await tab.Page.GetByRole(AriaRole.Checkbox, new PageGetByRoleOptions { Name = "Archived" }).CheckAsync();
        await Expect(tab.Rows("Runs")).ToHaveCountAsync(6);
        await tab.Page.GetByRole(AriaRole.Checkbox, new PageGetByRoleOptions { Name = $"Select {trained.Second}" }).CheckAsync();
        await tab.Button("Bring back").ClickAsync();
        await tab.Page.GetByRole(AriaRole.Checkbox, new PageGetByRoleOptions { Name = "Archived" }).UncheckAsync();
        await Expect(tab.Rows("Runs")).ToHaveCountAsync(6);
        Assert.Empty(tab.Troubles);
    }

    private async Task<Tab> OpenAsync(string path) => await Tab.OpenAsync(await browser.ProfileAsync(), trained.Site.Address, path);
}
