using System.Globalization;
using DisBack.Storage.Blobs;
using DisBack.TestKit;
using Microsoft.Playwright;

namespace DisBack.Benchmarks.Dashboard;

/// <summary>The page of 100,000 runs: opened, sorted, filtered and scrolled.</summary>
internal static class RunsPart
{
    private const int Runs = 100_000;
    private const int Openings = 7;
    private const int Questions = 60;
    private const int Jumps = 100;

    private const string HasRows =
        "document.querySelector('tbody tr[aria-rowindex=\"2\"] td:nth-child(3)') !== null && !document.querySelector('tbody .waiting')";

    /// <summary>What is seen of the table: the number of rows and the first ones.</summary>
    private const string Seen = """
        () => document.querySelector('h1').textContent
          + [...document.querySelectorAll('tbody tr[aria-rowindex]')].slice(0, 20).map(row => row.textContent).join()
        """;

    /// <summary>Does something and waits until other rows are there; milliseconds.</summary>
    private const string Ask = $$"""
        async what => {
          const seen = {{Seen}};
          const before = seen();
          return timed(
            () => {
              if (what.sort) {
                [...document.querySelectorAll('th button')].find(button => button.textContent.startsWith(what.sort)).click();
                return;
              }
              const box = document.querySelector('form[role=search] input');
              box.value = what.filter;
              box.dispatchEvent(new Event('input', { bubbles: true }));
              box.form.requestSubmit();
            },
            () => seen() !== before && {{HasRows}});
        }
        """;

    /// <summary>Scrolls to a part of the table; milliseconds during which the window showed rows without their cells.</summary>
    private const string Jump = """
        async part => {
          const table = document.querySelector('.scroll[role=region]');
          const bounds = table.getBoundingClientRect();
          const blank = () => [...table.querySelectorAll('.waiting')].some(row => {
            const { top, bottom } = row.getBoundingClientRect();
            return bottom > bounds.top && top < bounds.bottom;
          });
          table.scrollTop = part * (table.scrollHeight - table.clientHeight);
          await frame();
          const began = performance.now();
          while (blank()) { await frame(); }
          return performance.now() - began;
        }
        """;

    /// <summary>Scrolls as a wheel does, 4,000 pixels a second for ten seconds; the longest time in milliseconds that rows without their cells were seen.</summary>
    private const string Roll = """
        async () => {
          const table = document.querySelector('.scroll[role=region]');
          const bounds = table.getBoundingClientRect();
          let [longest, since] = [0, undefined];
          table.scrollTop = 0;
          const began = performance.now();
          for (let now = began; now - began < 10000; now = performance.now()) {
            table.scrollTop = 4 * (now - began);
            await frame();
            const blank = [...table.querySelectorAll('.waiting')].some(row => {
              const { top, bottom } = row.getBoundingClientRect();
              return bottom > bounds.top && top < bounds.bottom;
            });
            since = blank ? since ?? performance.now() : undefined;
            longest = Math.max(longest, since === undefined ? 0 : performance.now() - since);
          }
          return longest;
        }
        """;

    public static async Task RunAsync(IBrowser browser, CancellationToken cancellation)
    {
        using var folder = new TemporaryFolder();
        var data = Path.Combine(folder.Path, "data");
        var blobs = new FolderBlobStore(data);
        TablesBenchmark.WriteRuns(blobs, Runs, cancellation);
        // The first change through the store begins the folder's account of changes, which every folder has that runs were trained in.
        var one = await blobs.ListAsync("state/", cancellation).FirstAsync(cancellation);
        await blobs.WriteAsync(one.Name, (await blobs.ReadAsync(one.Name, cancellation))!.Content, BlobCondition.None, cancellation);
        await using var up = await Up.StartAsync(data, cancellation);
        var address = new Uri(up.Address, "runs");
        var page = await Pages.OpenAsync(browser);
        var first = await page.GoAsync(address, HasRows);

        var opened = new List<double>();
        for (var opening = 0; opening < Openings; opening++)
        {
            var another = await Pages.OpenAsync(browser);
            opened.Add(await another.GoAsync(address, HasRows));
            await another.Context.CloseAsync();
        }

        var random = new Random(0);
        string[] columns = ["fid", "best fid", "submitted", "seconds", "method"];
        var (sorted, filtered) = (new List<double>(), new List<double>());
        for (var question = 0; question < Questions; question++)
        {
            var filter = string.Create(CultureInfo.InvariantCulture, $"fid < {5 + (15 * random.NextDouble()):R} and seconds > {600 * random.NextDouble():R}");
            filtered.Add(1e-3 * await page.EvaluateAsync<double>(Ask, new { filter }));
            sorted.Add(1e-3 * await page.EvaluateAsync<double>(Ask, new { sort = columns[question / 2 % columns.Length] }));
        }

        await page.GoAsync(address, HasRows);
        var blank = new List<double>();
        for (var jump = 0; jump < Jumps; jump++)
        {
            blank.Add(1e-3 * await page.EvaluateAsync<double>(Jump, random.NextDouble()));
        }
        var rolled = await page.EvaluateAsync<double>(Roll);
        await page.Context.CloseAsync();

        Figures.Print(
            string.Create(CultureInfo.InvariantCulture, $"The page of {Runs} runs (minimum / median / maximum)"),
            ("first opening, which makes the tables", string.Create(CultureInfo.InvariantCulture, $"{first:f1} s")),
            ("opening", Figures.Spread(opened)),
            ("filter to new rows", Figures.Spread(filtered)),
            ("95 % of them within", string.Create(CultureInfo.InvariantCulture, $"{1e3 * Figures.Quantile(filtered, 0.95):f0} ms")),
            ("sort to new rows", Figures.Spread(sorted)),
            ("95 % of them within", string.Create(CultureInfo.InvariantCulture, $"{1e3 * Figures.Quantile(sorted, 0.95):f0} ms")),
            ("blank rows after a jump to anywhere", Figures.Spread(blank)),
            ("95 % of them within", string.Create(CultureInfo.InvariantCulture, $"{1e3 * Figures.Quantile(blank, 0.95):f0} ms")),
            ("longest blank rows while scrolling 4,000 pixels a second", string.Create(CultureInfo.InvariantCulture, $"{rolled:f0} ms")));
    }
}
