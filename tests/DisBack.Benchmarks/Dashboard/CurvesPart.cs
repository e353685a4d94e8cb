using System.Globalization;
using DisBack.Contracts.Grains;
using DisBack.Storage.Blobs;
using DisBack.TestKit;
using Microsoft.Playwright;

namespace DisBack.Benchmarks.Dashboard;

/// <summary>A chart of 100 runs with 10,000 points each on the page that compares.</summary>
internal static class CurvesPart
{
    private const int Runs = 100;
    private const int Metrics = 10;
    private const int Points = 10_000;

    /// <summary>Whether curves have been drawn, which have colors; axes and text are grey.</summary>
    private const string Drawn = """
        (() => {
          const canvas = document.querySelector('.chart canvas');
          if (!canvas) { return false; }
          const small = Object.assign(document.createElement('canvas'), { width: 64, height: 32 }).getContext('2d');
          small.drawImage(canvas, 0, 0, 64, 32);
          const { data } = small.getImageData(0, 0, 64, 32);
          return data.filter((red, at) => at % 4 === 0 && data[at + 3] > 8 && Math.max(red, data[at + 1], data[at + 2]) - Math.min(red, data[at + 1], data[at + 2]) > 40)
            .length > 20;
        })()
        """;

    /// <summary>When the last of the curves had arrived, in milliseconds of the page.</summary>
    private const string Arrived =
        "Math.max(...performance.getEntriesByType('resource').filter(one => one.name.includes('/curves?')).map(one => one.responseEnd))";

    public static async Task RunAsync(IBrowser browser, CancellationToken cancellation)
    {
        using var folder = new TemporaryFolder();
        var data = Path.Combine(folder.Path, "data");
        string[] ids = [.. Enumerable.Range(0, Runs).Select(run => GrainKeys.Trial("curves-00000000", run))];
        await CurvesBenchmark.WriteAsync(new FolderBlobStore(data), ids, Metrics, Points, cancellation);
        await using var up = await Up.StartAsync(data, cancellation);

        var (whole, drawn) = (new List<double>(), new List<double>());
        for (var chart = 0; chart < Metrics; chart++)
        {
            var page = await Pages.OpenAsync(browser);
            var query = string.Join('&', ids.Select(id => $"run={Uri.EscapeDataString(id)}"));
            var address = string.Create(CultureInfo.InvariantCulture, $"compare?{query}&show=runs&metric=loss/{chart}");
            var seconds = await page.GoAsync(new Uri(up.Address, address), Drawn);
            whole.Add(seconds);
            drawn.Add(seconds - (1e-3 * await page.EvaluateAsync<double>(Arrived)));
            await page.Context.CloseAsync();
        }
        Figures.Print(
            string.Create(CultureInfo.InvariantCulture, $"A chart of {Runs} runs of {Points} points (minimum / median / maximum)"),
            ("the first page, for which all files are read", string.Create(CultureInfo.InvariantCulture, $"{whole[0]:f2} s")),
            ("the pages after it, from the navigation until it is drawn", Figures.Spread(whole[1..])),
            ("from the last data until it is drawn", Figures.Spread(drawn)));
    }
}
