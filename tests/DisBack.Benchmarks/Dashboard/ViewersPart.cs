using System.Collections.Concurrent;
using System.Globalization;
using System.Net.ServerSentEvents;
using System.Text.Json.Nodes;
using DisBack.TestKit;
using Microsoft.Playwright;

namespace DisBack.Benchmarks.Dashboard;

/// <summary>
/// Two hundred viewers of one run that measures once a second: how late its points are with each of them, and on the screen of a browser among them, and the
/// memory that a viewer costs whoever serves him.
/// </summary>
internal static class ViewersPart
{
    private const int Viewers = 200;
    private static readonly TimeSpan s_before = TimeSpan.FromSeconds(15), s_window = TimeSpan.FromSeconds(60);

    public static async Task RunAsync(IBrowser browser, CancellationToken cancellation)
    {
        using var folder = new TemporaryFolder();
        await using var up = await Up.StartPacedAsync(Path.Combine(folder.Path, "data"), 1, cancellation);
        var run = PacedSite.Runs(1)[0];
        using var http = new HttpClient(new SocketsHttpHandler { MaxConnectionsPerServer = 10 * Viewers }) { BaseAddress = up.Address };

        // What only the first viewers cost.
        await WatchAsync(http, run, 20, s_before, cancellation);
        await Task.Delay(s_before, cancellation);
        var before = up.Resident;
        var idling = WatchAsync(http, null, Viewers, s_window, cancellation);
        await Task.Delay(s_window / 2, cancellation);
        var idle = up.Resident;
        await idling;

        var page = await Pages.OpenAsync(browser);
        await page.GoAsync(new Uri(up.Address, $"runs/{run}"), "document.querySelector('.chart canvas')");
        var screen = LookAsync(page);
        var watching = WatchAsync(http, run, Viewers, s_window, cancellation);
        await Task.Delay(s_window / 2, cancellation);
        var busy = up.Resident;
        var delays = await watching;
        var seen = await screen;
        await page.Context.CloseAsync();

        Figures.Print(
            string.Create(CultureInfo.InvariantCulture, $"{Viewers} viewers of a run that measures once a second, for {s_window.TotalSeconds:f0} s"),
            ("from the measurement to a viewer (minimum / median / maximum)", Figures.Spread(delays)),
            ("95 % of them within", string.Create(CultureInfo.InvariantCulture, $"{Figures.Quantile(delays, 0.95):f2} s")),
            ("from the measurement to the chart in the browser", Figures.Spread(seen)),
            ("95 % of them within", string.Create(CultureInfo.InvariantCulture, $"{Figures.Quantile(seen, 0.95):f2} s")),
            ("resident memory for each viewer of the tables alone, who hears little", Kibibytes(idle - before)),
            ("for each viewer of the run", Kibibytes(busy - before)));
    }

    private static string Kibibytes(long bytes) => string.Create(CultureInfo.InvariantCulture, $"{bytes / 1024.0 / Viewers:f0} KiB");

    /// <summary>Watches with many connections for a while, a run or the tables alone; seconds from each measurement until each viewer had it.</summary>
    private static async Task<IReadOnlyList<double>> WatchAsync(HttpClient http, string? run, int viewers, TimeSpan window, CancellationToken cancellation)
    {
        var delays = new ConcurrentBag<double>();
        using var over = CancellationTokenSource.CreateLinkedTokenSource(cancellation);
        over.CancelAfter(window);
        await Task.WhenAll(Enumerable.Range(0, viewers).Select(_ => ViewAsync(http, run, delays, over.Token)));
        return [.. delays];
    }

    private static async Task ViewAsync(HttpClient http, string? run, ConcurrentBag<double> delays, CancellationToken over)
    {
        try
        {
            var last = 0.0;
            var subject = run is null ? "" : $"run={Uri.EscapeDataString(run)}&";
            await using var stream = await http.GetStreamAsync(new Uri($"api/v1/live?{subject}tables=true", UriKind.Relative), over);
            await foreach (var item in SseParser.Create(stream).EnumerateAsync(over))
            {
                if (item.EventType != "run" || JsonNode.Parse(item.Data)?["update"]?["progress"]?["metrics"]?[EmptyTraining.Clock]?["value"] is not { } clock)
                {
                    continue;
                }
                // The first one may be from long before.
                if ((double)clock is var measured && measured != last && last != 0)
                {
                    delays.Add(Since(measured));
                }
                last = (double)clock;
            }
        }
        catch (OperationCanceledException)
        {
            // The time is over.
        }
    }

    private static double Since(double measured) => (EmptyTraining.ClockNow - measured + EmptyTraining.ClockPeriod) % EmptyTraining.ClockPeriod;

    /// <summary>Looks at the newest value that the page shows of the time of its measurement; seconds from each measurement until then, to a tenth.</summary>
    private static async Task<IReadOnlyList<double>> LookAsync(IPage page) => await page.EvaluateAsync<double[]>($$"""
        async () => {
          const delays = [];
          const newest = () => [...document.querySelectorAll('figcaption')].find(one => one.textContent.startsWith('{{EmptyTraining.Clock}}'))
            ?.querySelector('.number').textContent;
          let before = newest();
          const began = performance.now();
          while (performance.now() - began < {{s_window.TotalMilliseconds}}) {
            await frame();
            const now = newest();
            if (now !== before) {
              before = now;
              await frame();
              const clock = 100 + Date.now() / 1000 % {{EmptyTraining.ClockPeriod}};
              delays.push((clock - Number(now) + {{EmptyTraining.ClockPeriod}}) % {{EmptyTraining.ClockPeriod}});
            }
          }
          return delays;
        }
        """);
}
