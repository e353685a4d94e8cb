using System.Text.Json.Nodes;
using System.Text.RegularExpressions;
using Deque.AxeCore.Commons;
using Deque.AxeCore.Playwright;
using DisBack.Dashboard.Tests.Browsing;
using Microsoft.Playwright;
using static Microsoft.Playwright.Assertions;

namespace DisBack.Dashboard.Tests.Pages;

/// <summary>What people come for, from the first click to the end: a fork, a comparison, the way along a trajectory, a new run.</summary>
public sealed class WaysTests(Browser browser, TrainedSite trained)
{
    private static readonly LocatorAssertionsToContainTextOptions s_patiently = new() { Timeout = 300_000 };

    [Fact]
    public async Task A_run_is_forked_from_a_checkpoint_and_the_fork_trains()
    {
        // On a site of its own: other tests count the runs of the shared one.
        await using var site = await Site.StartAsync(taught: true);
        var run = await site.RunAsync(TinySpecs.Experiment("parent"));
        await site.SettledAsync(run);
        await using var tab = await Tab.OpenAsync(await browser.ProfileAsync(), site.Address, $"/runs/{run}?tab=checkpoints");
        await tab.Link("Fork from here").Nth(1).ClickAsync();

        var editor = tab.Page.GetByLabel("Spec in YAML");
        await Expect(editor).ToContainTextAsync($"run: {run}");
        await Expect(editor).ToContainTextAsync("step: 40");
        await Expect(tab.Page.GetByLabel("Check")).ToContainTextAsync("1 there already");
        await tab.Button("Start the run").ClickAsync();
        await Expect(tab.Page.GetByRole(AriaRole.Main)).ToContainTextAsync("It is complete.", s_patiently);
        Assert.Contains("/runs/parent-", tab.Page.Url, StringComparison.Ordinal);
        Assert.DoesNotContain(run, tab.Page.Url, StringComparison.Ordinal);
        Assert.Empty(tab.Troubles);
    }

    [Fact]
    public async Task Two_runs_are_compared_where_they_differ()
    {
        await using var tab = await OpenAsync("/runs");
        foreach (var run in new[] { trained.First, trained.Second })
        {
            await tab.Page.GetByRole(AriaRole.Checkbox, new PageGetByRoleOptions { Name = $"Select {run}" }).CheckAsync();
        }
        await tab.Page.GetByRole(AriaRole.Toolbar).GetByRole(AriaRole.Link, new LocatorGetByRoleOptions { Name = "Compare" }).ClickAsync();

        var differences = tab.Page.GetByRole(AriaRole.Region, new PageGetByRoleOptions { Name = "Where the specs differ" });
        await Expect(differences).ToContainTextAsync("backtracking.steps");
        await Expect(differences).ToContainTextAsync("60");
        await Expect(differences).ToContainTextAsync("80");
        await Expect(differences).Not.ToContainTextAsync("seed");
        await Expect(tab.Page.GetByRole(AriaRole.Region, new PageGetByRoleOptions { Name = "Samples" })).ToBeVisibleAsync();
        Assert.Empty(tab.Troubles);
    }

    [Fact]
    public async Task A_trajectory_shows_the_way_of_each_run_with_its_samples()
    {
        await using var tab = await OpenAsync($"/runs/{trained.First}");
        await tab.Link("Trajectory").Last.ClickAsync();

        var way = tab.Page.GetByRole(AriaRole.Region, new PageGetByRoleOptions { Name = $"Run {trained.First}" });
        await Expect(way).ToContainTextAsync("has reached the end");
        await Expect(way).ToContainTextAsync("starts at step 0");
        await Expect(way).ToContainTextAsync("ends at step 60");
        await Expect(way.GetByRole(AriaRole.Button).First).ToBeVisibleAsync();
        await Expect(tab.Page.GetByRole(AriaRole.Region, new PageGetByRoleOptions { Name = $"Run {trained.Second}" })).ToBeVisibleAsync();
        Assert.Empty(tab.Troubles);
    }

    [Fact]
    public async Task What_a_node_draws_is_shown_and_enlarged()
    {
        await using var tab = await OpenAsync($"/runs/{trained.First}");
        await tab.Link("Trajectory").Last.ClickAsync();
        var pictures = tab.Page.GetByRole(AriaRole.Button, new PageGetByRoleOptions { NameRegex = new Regex(@"^What node \d draws$") });
        await Expect(pictures).ToHaveCountAsync(3);
        await pictures.First.ClickAsync();

        var enlarged = tab.Page.GetByRole(AriaRole.Dialog, new PageGetByRoleOptions { Name = "What node 2 draws" });
        await Expect(enlarged).ToBeVisibleAsync();
        var address = await enlarged.GetByRole(AriaRole.Link).GetAttributeAsync("href");
        var picture = await tab.Page.APIRequest.GetAsync(new Uri(trained.Site.Address, address).AbsoluteUri);
        Assert.Equal("image/png", picture.Headers["content-type"]);
        await tab.KeepPictureAsync("trajectory-enlarged-light");
        var violations = (await tab.Page.RunAxe(new AxeRunOptions())).Violations;
        Assert.True(violations.Length == 0, string.Join('\n', violations.Select(found => $"{found.Id}: {found.Help} ({found.Nodes[0].Html})")));

        await tab.Page.Keyboard.PressAsync("Escape");
        await Expect(enlarged).ToHaveCountAsync(0);
        await Expect(tab.Page.GetByRole(AriaRole.Main)).ToContainTextAsync("Every node draws the same noise");
        Assert.Empty(tab.Troubles);
    }

    [Fact]
    public async Task A_sweep_tells_what_explains_it_as_soon_as_enough_trials_are_complete()
    {
        await using var site = await Site.StartAsync(taught: true);
        var sweep = await site.SweepAsync(TinySpecs.Rates("rates", "0, 1, 2"));
        await using var tab = await Tab.OpenAsync(await browser.ProfileAsync(), site.Address, $"/sweeps/{sweep}");
        await Expect(tab.Heading("What explains it")).ToBeVisibleAsync();
        var main = tab.Page.GetByRole(AriaRole.Main);
        await Expect(main).ToContainTextAsync($"{sweep} has too few complete trials, 9; it takes 10 to tell what fid depends on.", s_patiently);

        await site.AmendAsync(sweep, TinySpecs.Rates("rates", "0, 1, 2, 3"));
        var shares = tab.Page.GetByRole(AriaRole.Region, new PageGetByRoleOptions { Name = "What explains fid" });
        await Expect(main).ToContainTextAsync("over 12 complete trials", s_patiently);
        await Expect(main).ToContainTextAsync("P is how often results dealt at random are explained as well.");
        await Expect(shares.GetByRole(AriaRole.Row)).ToHaveCountAsync(3);
        await Expect(shares.GetByRole(AriaRole.Row).Last).ToContainTextAsync(new Regex(@"\d\.\d %"));

        await shares.GetByRole(AriaRole.Button, new LocatorGetByRoleOptions { Name = "seed" }).ClickAsync();
        await Expect(tab.Page.GetByRole(AriaRole.Img, new PageGetByRoleOptions { Name = "Trials: fid over seed" })).ToBeVisibleAsync();
        Assert.Contains("x=seed", tab.Page.Url, StringComparison.Ordinal);
        await LooksWellAsync("sweep-explained-light");
        await tab.Page.SetViewportSizeAsync(390, 800);
        await tab.Page.EmulateMediaAsync(new PageEmulateMediaOptions { ColorScheme = ColorScheme.Dark });
        await LooksWellAsync("sweep-explained-narrow");
        Assert.Empty(tab.Troubles);

        async Task LooksWellAsync(string name)
        {
            await tab.KeepPictureAsync(name);
            Assert.True(await tab.Page.EvaluateAsync<bool>("document.documentElement.scrollWidth <= innerWidth"));
            var violations = (await tab.Page.RunAxe(new AxeRunOptions())).Violations;
            Assert.True(violations.Length == 0, string.Join('\n', violations.Select(found => $"{found.Id}: {found.Help} ({found.Nodes[0].Html})")));
        }
    }

    [Fact]
    public async Task A_chart_that_is_zoomed_into_gets_finer_points_there()
    {
        await using var site = await Site.StartAsync(taught: true);
        // More steps than a chart has points.
        var run = await site.RunAsync(TinySpecs.Experiment("long", steps: 900));
        await site.SettledAsync(run);
        await ZoomsAsync(site, $"/runs/{run}", "loss/fake");
    }

    [Fact, Trait("Length", "Long")]
    public async Task A_chart_of_a_teacher_that_is_zoomed_into_gets_finer_points_there()
    {
        await using var site = await Site.StartAsync(taught: false);
        var spec = TinySpecs.Teacher.Replace("tiny", "long", StringComparison.Ordinal).Replace("steps: 10,", "steps: 900,", StringComparison.Ordinal);
        await site.TrainAsync("long", spec.Replace("every: 5", "every: 300", StringComparison.Ordinal));
        await site.SettledAsync("long", "teachers");
        await ZoomsAsync(site, "/teachers/long", "loss/denoising");
    }

    /// <summary>A tenth of a chart of 900 steps is asked for again, and has all of its measurements then.</summary>
    private async Task ZoomsAsync(Site site, string page, string metric)
    {
        await using var tab = await Tab.OpenAsync(await browser.ProfileAsync(), site.Address, page);
        var chart = tab.Page.GetByRole(AriaRole.Img, new PageGetByRoleOptions { Name = $"{metric} over step" });
        await chart.ScrollIntoViewIfNeededAsync();
        var box = (await chart.BoundingBoxAsync())!;

        var request = await tab.Page.RunAndWaitForRequestAsync(
            async () =>
            {
                await tab.Page.Mouse.MoveAsync(box.X + box.Width * 0.5f, box.Y + box.Height / 2);
                await tab.Page.Mouse.DownAsync();
                await tab.Page.Mouse.MoveAsync(box.X + box.Width * 0.6f, box.Y + box.Height / 2, new MouseMoveOptions { Steps = 5 });
                await tab.Page.Mouse.UpAsync();
            },
            asked => asked.Url.Contains("/curves?", StringComparison.Ordinal) && asked.Url.Contains("from=", StringComparison.Ordinal));

        var answer = JsonNode.Parse(await (await request.ResponseAsync())!.TextAsync())!["curves"]![0]!;
        Assert.Equal(metric, (string?)answer["metric"]);
        Assert.InRange((int)answer["measured"]!, 50, 300);
        Assert.Equal((int)answer["measured"]!, answer["from"]!.AsArray().Count);
        Assert.Empty(tab.Troubles);
    }

    [Fact]
    public async Task A_failed_attempt_leads_to_its_stack_trace_which_is_found_by_its_text()
    {
        await using var site = await Site.StartAsync(taught: false);
        // No machine has the cores for so many threads, which is found out where it would train.
        await site.TrainAsync("broken", TinySpecs.Teacher.Replace("tiny", "broken", StringComparison.Ordinal) + "\nhardware: { threads: 1024 }\n");
        await using var tab = await Tab.OpenAsync(await browser.ProfileAsync(), site.Address, "/teachers/broken?tab=events");
        await tab.Link("Log of attempt 1").ClickAsync();

        var lines = tab.Page.GetByRole(AriaRole.Region, new PageGetByRoleOptions { Name = "Lines of the log" }).GetByRole(AriaRole.Listitem);
        await Expect(lines).ToHaveCountAsync(2);
        await Expect(lines.First).ToContainTextAsync("Attempt 1 of the teacher begins on");
        var trace = lines.Last.Locator("pre");
        await Expect(trace).ToBeHiddenAsync();
        await lines.Last.GetByText("hardware.threads is 1024").First.ClickAsync();
        await Expect(trace).ToBeVisibleAsync();
        await Expect(trace).ToContainTextAsync("at DisBack.Orchestration");
        await tab.KeepPictureAsync("teacher-log-failure");

        var search = tab.Page.GetByRole(AriaRole.Searchbox, new PageGetByRoleOptions { Name = "Search the log" });
        await search.FillAsync("AT DISBACK.ORCHESTRATION");
        await Expect(lines).ToHaveCountAsync(1);
        await Expect(trace).ToBeVisibleAsync();
        await search.FillAsync("nothing has this");
        await Expect(tab.Page.GetByText("No line matches.")).ToBeVisibleAsync();
        await search.FillAsync("");
        await tab.Page.GetByLabel("Least level").SelectOptionAsync("error");
        await Expect(lines).ToHaveCountAsync(1);
        Assert.Contains("level=error", tab.Page.Url, StringComparison.Ordinal);
        Assert.Empty(tab.Troubles);
    }

    [Fact]
    public async Task A_mistake_in_a_spec_is_marked_where_it_is_and_the_run_cannot_be_started()
    {
        await using var tab = await OpenAsync("/new");
        var editor = tab.Page.GetByLabel("Spec in YAML");
        await Expect(editor).ToContainTextAsync("name: smoke");
        await editor.ClickAsync();
        await tab.Page.Keyboard.PressAsync("Control+a");
        await tab.Page.Keyboard.InsertTextAsync("name: wrong\nteacher: tiny\nrecording:\n  stps: 4\n");

        var check = tab.Page.GetByLabel("Check");
        await Expect(check).ToContainTextAsync("did you mean 'steps'");
        await Expect(check.GetByRole(AriaRole.Button, new LocatorGetByRoleOptions { Name = "line 4" })).ToBeVisibleAsync();
        await Expect(tab.Page.Locator(".cm-lintRange-error")).ToHaveTextAsync("stps: 4");
        await Expect(tab.Button("Start the run")).ToBeDisabledAsync();
    }

    private async Task<Tab> OpenAsync(string path) => await Tab.OpenAsync(await browser.ProfileAsync(), trained.Site.Address, path);
}
