using System.Diagnostics;
using System.Globalization;
using System.Text;
using DisBack.TestKit;
using Microsoft.Playwright;

namespace DisBack.Benchmarks.Dashboard;

/// <summary>
/// What everything around it costs the training of the digits, which uses all cores: the processor time of all threads of <c>disback up</c> but those of the
/// training, while a browser shows the run.
/// </summary>
internal static class TrainingPart
{
    private static readonly TimeSpan s_window = TimeSpan.FromSeconds(60);

    public static async Task RunAsync(IBrowser browser, CancellationToken cancellation)
    {
        using var folder = new TemporaryFolder();
        var data = Path.Combine(folder.Path, "data");
        await using var up = await Up.StartAsync(data, cancellation);
        await Disback.RunAsync(
            "--cluster", up.Address.ToString(), "run", Repository.Find("client/samples/digits.yaml")!, "--detach",
            "--set", "backtracking.steps=3000", "--set", "recording.steps=8", "--set", "evaluation.every=0");
        var page = await Pages.OpenAsync(browser);
        await page.GoAsync(new Uri(up.Address, "runs"), "document.querySelector('tbody')?.textContent.includes('running')");
        await page.GetByRole(AriaRole.Link, new PageGetByRoleOptions { NameRegex = new("digits") }).First.ClickAsync();
        await page.EvaluateAsync("async () => until(() => document.querySelector('.chart canvas'))");

        var (began, training, others) = (Stopwatch.GetTimestamp(), 0L, 0L);
        var before = Ticks(up.Id);
        await Task.Delay(s_window, cancellation);
        foreach (var (thread, (isTraining, ticks)) in Ticks(up.Id))
        {
            var used = ticks - (before.TryGetValue(thread, out var earlier) ? earlier.Ticks : 0);
            (training, others) = isTraining ? (training + used, others) : (training, others + used);
        }
        var seconds = Stopwatch.GetElapsedTime(began).TotalSeconds;
        await page.Context.CloseAsync();
        Figures.Print(
            string.Create(CultureInfo.InvariantCulture, $"disback up that trains the digits with a browser on the run, for {seconds:f0} s"),
            ("processor time of the training's threads", string.Create(CultureInfo.InvariantCulture, $"{training / 100.0:f1} s")),
            ("of all others in the process", string.Create(
                CultureInfo.InvariantCulture, $"{others / 100.0:f2} s, {100.0 * others / training:f2} % of the training's")));
    }

    /// <summary>Of each thread whether it trains, and the processor time that it has used, in hundredths of a second. Threads of libtorch bear the name of theirs.</summary>
    private static Dictionary<string, (bool IsTraining, long Ticks)> Ticks(int process)
    {
        var threads = new Dictionary<string, (bool, long)>();
        foreach (var folder in Directory.EnumerateDirectories($"/proc/{process}/task"))
        {
            try
            {
                var stat = File.ReadAllText(Path.Combine(folder, "stat"), Encoding.UTF8);
                var name = stat[(stat.IndexOf('(', StringComparison.Ordinal) + 1)..stat.LastIndexOf(')')];
                var fields = stat[(stat.LastIndexOf(')') + 2)..].Split(' ');
                threads[folder] = (name.StartsWith("disback ", StringComparison.Ordinal), Number(fields[11]) + Number(fields[12]));
            }
            catch (IOException)
            {
                // It has just ended.
            }
        }
        return threads;

        static long Number(string field) => long.Parse(field, CultureInfo.InvariantCulture);
    }
}
