using System.Globalization;
using DisBack.TestKit;
using Microsoft.Playwright;

namespace DisBack.Benchmarks.Dashboard;

/// <summary>What the browser computes while pages show 20 runs that measure once a second.</summary>
internal static class LivePart
{
    private const int Runs = 20;
    private static readonly TimeSpan s_before = TimeSpan.FromSeconds(15), s_window = TimeSpan.FromSeconds(40);

    public static async Task RunAsync(IBrowser browser, CancellationToken cancellation)
    {
        using var folder = new TemporaryFolder();
        await using var up = await Up.StartPacedAsync(Path.Combine(folder.Path, "data"), Runs, cancellation);
        var compare = $"compare?{string.Join('&', PacedSite.Runs(Runs).Select(run => $"run={Uri.EscapeDataString(run)}"))}";
        var rows = new List<(string, string)>();
        foreach (var (what, address, condition) in new[]
        {
            ("nothing at all", "about:blank", "true"),
            ("the table of runs", "runs", "document.querySelectorAll('tbody tr').length >= 20"),
            ("one chart of all 20", $"{compare}&metric=loss/generator", "document.querySelector('.chart canvas')"),
            ("four charts of all 20", $"{compare}&metric=fid/quick,loss/fake,loss/generator,score_gap", "document.querySelectorAll('canvas').length >= 4"),
        })
        {
            var page = await Pages.OpenAsync(browser);
            await page.GoAsync(new Uri(up.Address, address), condition);
            await Task.Delay(s_before, cancellation);
            var began = await browser.ProcessorSecondsAsync();
            await Task.Delay(s_window, cancellation);
            var used = (await browser.ProcessorSecondsAsync()).ToDictionary(
                pair => pair.Key, pair => (pair.Value - began.GetValueOrDefault(pair.Key)) / s_window.TotalSeconds);
            rows.Add((what, string.Create(
                CultureInfo.InvariantCulture,
                $"{100 * used.GetValueOrDefault("renderer"):f1} % of a core in the page, {100 * used.Values.Sum():f1} % in all processes of the browser")));
            await page.Context.CloseAsync();
        }
        Figures.Print(string.Create(CultureInfo.InvariantCulture, $"{Runs} runs that measure once a second, for {s_window.TotalSeconds:f0} s"), [.. rows]);
    }
}
