using System.Diagnostics;
using System.Globalization;
using System.Text;
using DisBack.TestKit;
using Microsoft.Playwright;

namespace DisBack.Benchmarks.Dashboard;

/// <summary>
/// What everything around it costs the training of the digits, which uses all cores: the processor time of all threads of <c>disback up</c> but those of the
/// training, while a browser shows the run. It is measured when what is used has been compiled.
/// </summary>
internal static class TrainingPart
{
    private static readonly TimeSpan s_warmUp = TimeSpan.FromSeconds(60);
    private static readonly TimeSpan s_window = TimeSpan.FromSeconds(120);

    public static async Task RunAsync(IBrowser browser, CancellationToken cancellation)
    {
        using var folder = new TemporaryFolder();
        var data = Path.Combine(folder.Path, "data");
        await using var up = await Up.StartAsync(data, cancellation);
        await Disback.RunAsync(
            "--cluster", up.Address.ToString(), "run", Repository.Find("client/samples/digits.yaml")!, "--detach",
            "--set", "backtracking.steps=6000", "--set", "recording.steps=8", "--set", "evaluation.every=0");
        var page = await Pages.OpenAsync(browser);
        await page.GoAsync(new Uri(up.Address, "runs"), "document.querySelector('tbody')?.textContent.includes('running')");
        await page.GetByRole(AriaRole.Link, new PageGetByRoleOptions { NameRegex = new("digits") }).First.ClickAsync();
        await page.EvaluateAsync("async () => until(() => document.querySelector('.chart canvas'))");
        await Task.Delay(s_warmUp, cancellation);

        var (began, before) = (Stopwatch.GetTimestamp(), Ticks(up.Id));
        await Task.Delay(s_window, cancellation);
        var used = Ticks(up.Id)
            .GroupBy(thread => thread.Value.Name, thread => thread.Value.Ticks - before.GetValueOrDefault(thread.Key).Ticks)
            .Select(threads => (Name: threads.Key, Seconds: threads.Sum() / 100.0)).Where(threads => threads.Seconds > 0)
            .OrderByDescending(threads => threads.Seconds).ToList();
        var seconds = Stopwatch.GetElapsedTime(began).TotalSeconds;
        await page.Context.CloseAsync();
        var training = used.Where(threads => IsTraining(threads.Name)).Sum(threads => threads.Seconds);
        var others = used.Sum(threads => threads.Seconds) - training;
        Figures.Print(
            string.Create(CultureInfo.InvariantCulture, $"disback up that trains the digits with a browser on the run, for {seconds:f0} s"),
            [
                ("processor time of the training's threads", string.Create(CultureInfo.InvariantCulture, $"{training:f1} s")),
                ("of all others in the process", string.Create(
                    CultureInfo.InvariantCulture, $"{others:f2} s, {100 * others / training:f2} % of the training's")),
                .. used.Where(threads => !IsTraining(threads.Name)).Take(8).Select(threads => (
                    $"  {threads.Name}", string.Create(CultureInfo.InvariantCulture, $"{threads.Seconds:f2} s"))),
            ]);
    }

    /// <summary>Threads of libtorch bear the name of the one that made them.</summary>
    private static bool IsTraining(string name) => name.StartsWith("disback ", StringComparison.Ordinal);

    /// <summary>Of each thread its name and the processor time that it has used, in hundredths of a second.</summary>
    private static Dictionary<string, (string Name, long Ticks)> Ticks(int process)
    {
        var threads = new Dictionary<string, (string, long)>();
        foreach (var folder in Directory.EnumerateDirectories($"/proc/{process}/task"))
        {
            try
            {
                var stat = File.ReadAllText(Path.Combine(folder, "stat"), Encoding.UTF8);
                var name = stat[(stat.IndexOf('(', StringComparison.Ordinal) + 1)..stat.LastIndexOf(')')];
                var fields = stat[(stat.LastIndexOf(')') + 2)..].Split(' ');
                threads[folder] = (name, Number(fields[11]) + Number(fields[12]));
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
