using System.Collections.Concurrent;
using System.CommandLine;
using System.Diagnostics;
using System.Globalization;
using System.Net;
using System.Net.Http.Headers;
using System.Net.Http.Json;
using System.Net.Sockets;
using System.Text;
using DisBack.Client.Http;
using DisBack.Specs.Reading;
using DisBack.TestKit;
using DisBack.TestKit.Gateways;
using DisBack.TestKit.Silos;

namespace DisBack.Benchmarks;

/// <summary>
/// The memory of a gateway while a thousand connections idle, hundreds of watchers never read, and thousands of specs are submitted, every other one of
/// them wrong in one of several ways.
/// </summary>
internal static class GatewayBenchmark
{
    private const int Samples = 12;
    private const int Submitters = 8;

    public static Command Create()
    {
        var window = new Option<int>("--window") { DefaultValueFactory = _ => 180, Description = "Seconds of the soak; 1200 for the whole one." };
        var idle = new Option<int>("--idle") { DefaultValueFactory = _ => 1000, Description = "Connections that do nothing." };
        var watchers = new Option<int>("--watchers") { DefaultValueFactory = _ => 200, Description = "Watchers that never read." };
        var submissions = new Option<int?>("--submissions") { Description = "Specs in the whole soak; 500 a minute unless given." };
        var command = new Command("gateway", "Memory of a gateway under idle connections, watchers that never read, and submissions.")
        {
            window,
            idle,
            watchers,
            submissions,
        };
        command.SetAction((parsed, cancellation) => RunAsync(
            TimeSpan.FromSeconds(parsed.GetValue(window)),
            parsed.GetValue(idle),
            parsed.GetValue(watchers),
            parsed.GetValue(submissions) ?? parsed.GetValue(window) * 500 / 60,
            cancellation));
        return command;
    }

    private static async Task<int> RunAsync(TimeSpan window, int idle, int watchers, int submissions, CancellationToken cancellation)
    {
        using var folder = new TemporaryFolder();
        await using var cluster = await TestCluster.StartAsync(new() { Workers = 1, Configuration = new Dictionary<string, string>() });
        await using var gateway = await GatewayProcess.StartAsync(
            folder.Path,
            new Dictionary<string, string>(cluster.Membership) { ["Limits:SubmitsPerMinute"] = "100000", ["Logging:LogLevel:Default"] = "Warning" });
        // It trains all the while, which gives watchers something not to read, and holds the only slot, so that all others wait.
        var trial = await cluster.SubmitAsync(TinyExperiment.Spec("watched", cluster.Teacher, recording: 8, backtracking: 1_000_000), cancellation);
        await cluster.TrainingAsync(trial);
        var before = gateway.Resident;

        using var over = CancellationTokenSource.CreateLinkedTokenSource(cancellation);
        over.CancelAfter(window);
        var tally = new Tally();
        var started = Stopwatch.GetTimestamp();
        Task[] load =
        [
            .. Enumerable.Range(0, idle).Select(_ => HoldAsync(gateway, null, tally, over.Token)),
            .. Enumerable.Range(0, watchers).Select(_ => HoldAsync(gateway, $"{trial.GetPrimaryKeyString()}", tally, over.Token)),
            .. Enumerable.Range(0, Submitters).Select(n => SubmitAsync(gateway, cluster.Teacher, submissions, n, window, tally, over.Token)),
        ];
        var samples = new List<(double Seconds, long Resident, double Heap)>();
        using var http = Http(gateway);
        using var period = new PeriodicTimer(window / Samples);
        try
        {
            while (await period.WaitForNextTickAsync(over.Token))
            {
                var heap = Metrics.Sum(await http.GetStringAsync("metrics", over.Token), "dotnet_gc_last_collection_memory_committed_size_bytes");
                samples.Add((Stopwatch.GetElapsedTime(started).TotalSeconds, gateway.Resident.Now, heap));
                Console.WriteLine(FormattableString.Invariant(
                    $"{samples[^1].Seconds,6:0} s  resident {Mebibytes(samples[^1].Resident),4} MiB  heap {Mebibytes((long)heap),4} MiB  {tally}"));
            }
        }
        catch (OperationCanceledException)
        {
            // The window is over.
        }
        await Task.WhenAll(load);
        var most = gateway.Resident.Most;

        Figures.Print(
            FormattableString.Invariant(
                $"A gateway for {window.TotalSeconds:0} s: {idle} idle connections, {watchers} watchers that never read, {submissions} submissions"),
            ("resident before, at most", $"{Mebibytes(before.Now)} MiB, {Mebibytes(most)} MiB"),
            ("resident after each twelfth", string.Join(", ", samples.Select(sample => $"{Mebibytes(sample.Resident)}")) + " MiB"),
            ("managed heap after each twelfth", string.Join(", ", samples.Select(sample => $"{Mebibytes((long)sample.Heap)}")) + " MiB"),
            ("what happened", $"{tally}"),
            ("still runs", gateway.IsRunning ? "yes" : $"no: {gateway.LastLines}"));
        return gateway.IsRunning ? 0 : 1;
    }

    /// <summary>
    /// Keeps a connection on which nothing is read: silent after one answer, or a watcher of a run. The gateway may end it, and then there is another.
    /// </summary>
    private static async Task HoldAsync(GatewayProcess gateway, string? run, Tally tally, CancellationToken cancellation)
    {
        var path = run is null ? "health/live" : $"{Api.Prefix}/runs/{run}/watch";
        var request = Encoding.ASCII.GetBytes($"GET /{path} HTTP/1.1\r\nHost: 127.0.0.1\r\nAuthorization: Bearer {gateway.Token}\r\n\r\n");
        while (!cancellation.IsCancellationRequested)
        {
            try
            {
                using var socket = await gateway.ConnectAsync(cancellation);
                await socket.SendAsync(request, cancellation);
                await EndedAsync(socket, cancellation);
                tally.Ended(run is not null);
            }
            catch (SocketException)
            {
                tally.Refused();
            }
            catch (OperationCanceledException)
            {
                return;
            }
            await Task.Delay(TimeSpan.FromSeconds(1), cancellation).ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
        }
    }

    /// <summary>Waits until the other side has closed, without taking a byte from it.</summary>
    private static async Task EndedAsync(Socket socket, CancellationToken cancellation)
    {
        using var period = new PeriodicTimer(TimeSpan.FromSeconds(1));
        while (await period.WaitForNextTickAsync(cancellation))
        {
            // RST shows as an error, FIN behind unread bytes as readable with nothing more to come: TCP_INFO's first byte is the state.
            var state = new byte[1];
            if (socket.GetRawSocketOption(6, 11, state) == 0 || state[0] != 1)
            {
                return;
            }
        }
    }

    private static async Task SubmitAsync(
        GatewayProcess gateway, ContentRef teacher, int submissions, int first, TimeSpan window, Tally tally, CancellationToken cancellation)
    {
        using var http = Http(gateway);
        var started = Stopwatch.GetTimestamp();
        for (var n = first; n < submissions && !cancellation.IsCancellationRequested; n += Submitters)
        {
            try
            {
                if (window * ((double)n / submissions) - Stopwatch.GetElapsedTime(started) is { Ticks: > 0 } early)
                {
                    await Task.Delay(early, cancellation);
                }
                using var answer = await http.PostAsync($"{Api.Prefix}/runs", Body(n, teacher), cancellation);
                tally.Answered(answer.StatusCode);
            }
            catch (HttpRequestException)
            {
                // What is too long is refused before it is sent to its end.
                tally.Answered(HttpStatusCode.RequestEntityTooLarge);
            }
            catch (OperationCanceledException)
            {
                return;
            }
        }
    }

    /// <summary>Every other submission is right; of the others one has a key too many, one is no YAML, one is long, one too long.</summary>
    private static HttpContent Body(int n, ContentRef teacher)
    {
        var spec = SpecJson.Canonical(TinyExperiment.Spec($"soak-{n}", teacher, recording: 40));
        return (n % 8) switch
        {
            1 => JsonContent.Create(new Submission(spec.Insert(1, "\"stepz\":1,"), teacher), options: Api.Json),
            3 => new StringContent("name: [\n\t{"),
            5 => new StringContent(string.Concat(Enumerable.Range(0, 20_000).Select(line => $"key{line}: [1, 2, 3]\n"))),
            7 => new ByteArrayContent(new byte[2 << 20]),
            _ => JsonContent.Create(new Submission(spec, teacher), options: Api.Json),
        };
    }

    private static HttpClient Http(GatewayProcess gateway)
    {
        var http = new HttpClient { BaseAddress = gateway.Address };
        http.DefaultRequestHeaders.Authorization = new AuthenticationHeaderValue("Bearer", gateway.Token);
        return http;
    }

    private static string Mebibytes(long bytes) => (bytes >> 20).ToString(CultureInfo.InvariantCulture);

    /// <summary>What the load has seen.</summary>
    private sealed class Tally
    {
        private readonly ConcurrentDictionary<HttpStatusCode, int> _answers = [];
        private int _idleEnded;
        private int _watchersEnded;
        private int _refused;

        public void Ended(bool isWatcher) => Interlocked.Increment(ref isWatcher ? ref _watchersEnded : ref _idleEnded);

        public void Refused() => Interlocked.Increment(ref _refused);

        public void Answered(HttpStatusCode status) => _answers.AddOrUpdate(status, 1, (_, count) => count + 1);

        public override string ToString() => string.Create(
            CultureInfo.InvariantCulture,
            $"submissions {string.Join(", ", _answers.OrderBy(answer => answer.Key).Select(answer => $"{answer.Value} x {(int)answer.Key}"))}; ended by the "
                + $"gateway: {_idleEnded} idle connections, {_watchersEnded} watchers; connections refused: {_refused}");
    }
}
