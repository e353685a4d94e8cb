using Microsoft.Playwright;

namespace DisBack.Benchmarks.Dashboard;

/// <summary>Pages of a browser, and what is measured in all of them.</summary>
internal static class Pages
{
    /// <summary>Functions for what is measured: a condition is looked at in each frame, and counts when the frame after it has begun.</summary>
    private const string Script = """
        window.frame = () => new Promise(requestAnimationFrame);
        window.until = async condition => {
          while (!condition()) { await frame(); }
          await frame();
        };
        window.timed = async (act, condition) => {
          const began = performance.now();
          act();
          await until(condition);
          return performance.now() - began;
        };
        """;

    /// <summary>A page with a profile of its own.</summary>
    public static async Task<IPage> OpenAsync(IBrowser browser)
    {
        var profile = await browser.NewContextAsync(new BrowserNewContextOptions { ViewportSize = new ViewportSize { Width = 1280, Height = 860 } });
        await profile.AddInitScriptAsync(Script);
        var page = await profile.NewPageAsync();
        page.SetDefaultTimeout(300_000);
        return page;
    }

    /// <summary>Goes to an address.</summary>
    /// <returns>Seconds from the start of the navigation until a condition in JavaScript holds and is drawn.</returns>
    public static async Task<double> GoAsync(this IPage page, Uri address, string condition)
    {
        await page.GotoAsync(address.ToString(), new PageGotoOptions { WaitUntil = WaitUntilState.Commit });
        return 1e-3 * await page.EvaluateAsync<double>($"async () => {{ await until(() => {condition}); return performance.now(); }}");
    }

    /// <summary>Processor time that each kind of process of the browser has used.</summary>
    public static async Task<IReadOnlyDictionary<string, double>> ProcessorSecondsAsync(this IBrowser browser)
    {
        var session = await browser.NewBrowserCDPSessionAsync();
        var answer = (await session.SendAsync("SystemInfo.getProcessInfo"))!.Value;
        await session.DetachAsync();
        return answer.GetProperty("processInfo").EnumerateArray().GroupBy(process => process.GetProperty("type").GetString()!)
            .ToDictionary(kind => kind.Key, kind => kind.Sum(process => process.GetProperty("cpuTime").GetDouble()));
    }
}
