using System.Diagnostics;
using DisBack.TestKit;
using Microsoft.Playwright;

namespace DisBack.Benchmarks.Dashboard;

/// <summary><c>disback up</c> on an empty folder, from the start of its process until the page can be used.</summary>
internal static class OpeningPart
{
    private const int Rounds = 7;

    public static async Task RunAsync(IBrowser browser, CancellationToken cancellation)
    {
        var (served, usable) = (new List<double>(), new List<double>());
        for (var round = 0; round < Rounds; round++)
        {
            using var folder = new TemporaryFolder();
            var page = await Pages.OpenAsync(browser);
            var began = Stopwatch.GetTimestamp();
            await using var up = await Up.StartAsync(Path.Combine(folder.Path, "data"), cancellation);
            served.Add(Stopwatch.GetElapsedTime(began).TotalSeconds);
            await page.GoAsync(up.Address, "document.querySelector('main')?.textContent.includes('No runs yet')");
            usable.Add(Stopwatch.GetElapsedTime(began).TotalSeconds);
            await page.Context.CloseAsync();
        }
        Figures.Print(
            "disback up on an empty folder (minimum / median / maximum)",
            ("until it prints its address", Figures.Spread(served, 1, "s")),
            ("until the page is there", Figures.Spread(usable, 1, "s")));
    }
}
