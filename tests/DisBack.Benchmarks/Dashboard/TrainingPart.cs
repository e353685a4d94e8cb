using System.Globalization;
using System.Text;
using DisBack.TestKit;
using DisBack.TestKit.Processes;
using Microsoft.Playwright;

namespace DisBack.Benchmarks.Dashboard;

/// <summary>
/// What everything around it costs the training of the digits, which uses all cores: the processor time of all threads but those of the training, first of
/// <c>disback up</c> while a browser shows the run, then of <c>disback run</c>, which serves nothing. It is measured when what is used has been compiled.
/// </summary>
internal static class TrainingPart
{
    private static readonly TimeSpan s_warmUp = TimeSpan.FromSeconds(60);
    private static readonly TimeSpan s_window = TimeSpan.FromSeconds(120);

    private static readonly string[] s_run =
    [
        "run", Repository.Find("client/samples/digits.yaml")!,
        "--set", "backtracking.steps=6000", "--set", "recording.steps=8", "--set", "evaluation.every=0",
    ];

    public static async Task RunAsync(IBrowser browser, CancellationToken cancellation)
    {
        var (shown, page) = await ShownAsync(browser, cancellation);
        var alone = await AloneAsync(cancellation);
        Figures.Print(
            string.Create(CultureInfo.InvariantCulture, $"the digits in training for {s_window.TotalSeconds:f0} s: processor time"),
            [
                .. Rows("disback up with a browser on the run", shown),
                ("all processes of the browser", string.Create(CultureInfo.InvariantCulture, $"{page:f1} s")),
                .. Rows("disback run", alone),
            ]);
    }

    private static async Task<(IReadOnlyList<Used> Up, double Browser)> ShownAsync(IBrowser browser, CancellationToken cancellation)
    {
        using var folder = new TemporaryFolder();
        await using var up = await Up.StartAsync(Path.Combine(folder.Path, "data"), cancellation);
        await Disback.RunAsync(["--cluster", up.Address.ToString(), .. s_run, "--detach"]);
        var page = await Pages.OpenAsync(browser);
        await page.GoAsync(new Uri(up.Address, "runs"), "document.querySelector('tbody')?.textContent.includes('running')");
        await page.GetByRole(AriaRole.Link, new PageGetByRoleOptions { NameRegex = new("digits") }).First.ClickAsync();
        await page.EvaluateAsync("async () => until(() => document.querySelector('.chart canvas'))");
        await Task.Delay(s_warmUp, cancellation);
        var before = (await browser.ProcessorSecondsAsync()).Values.Sum();
        var used = await MeasureAsync(up.Id, cancellation);
        var seconds = (await browser.ProcessorSecondsAsync()).Values.Sum() - before;
        await page.Context.CloseAsync();
        return (used, seconds);
    }

    private static async Task<IReadOnlyList<Used>> AloneAsync(CancellationToken cancellation)
    {
        using var folder = new TemporaryFolder();
        await using var run = ChildProcess.Start("dotnet", Disback.Program(["--data", Path.Combine(folder.Path, "data"), .. s_run]));
        await run.SeesAsync("step ", cancellation);
        await Task.Delay(s_warmUp, cancellation);
        return await MeasureAsync(run.Id, cancellation);
    }

    private static async Task<IReadOnlyList<Used>> MeasureAsync(int process, CancellationToken cancellation)
    {
        var before = Ticks(process);
        await Task.Delay(s_window, cancellation);
        return
        [
            .. Ticks(process)
                .GroupBy(thread => thread.Value.Name, thread => thread.Value.Ticks - before.GetValueOrDefault(thread.Key).Ticks)
                .Select(threads => new Used(threads.Key, threads.Sum() / 100.0)).Where(threads => threads.Seconds > 0)
                .OrderByDescending(threads => threads.Seconds),
        ];
    }

    private static IEnumerable<(string What, string Value)> Rows(string program, IReadOnlyList<Used> used)
    {
        var training = used.Where(threads => threads.AreTraining).Sum(threads => threads.Seconds);
        var others = used.Sum(threads => threads.Seconds) - training;
        return
        [
            ($"{program}: the training's threads", string.Create(CultureInfo.InvariantCulture, $"{training:f1} s")),
            ("all others in the process", string.Create(CultureInfo.InvariantCulture, $"{others:f2} s, {100 * others / training:f2} % of the training's")),
            .. used.Where(threads => !threads.AreTraining).Take(8).Select(threads => (
                $"  {threads.Name}", string.Create(CultureInfo.InvariantCulture, $"{threads.Seconds:f2} s"))),
        ];
    }

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

    /// <summary>The processor time of the threads of one name.</summary>
    private sealed record Used(string Name, double Seconds)
    {
        /// <summary>Threads of libtorch bear the name of the one that made them.</summary>
        public bool AreTraining => Name.StartsWith("disback ", StringComparison.Ordinal);
    }
}
