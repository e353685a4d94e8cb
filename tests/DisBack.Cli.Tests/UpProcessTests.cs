using System.Net;
using System.Net.Sockets;
using System.Text.Json.Nodes;
using DisBack.Cli.Terminal;

namespace DisBack.Cli.Tests;

/// <summary>A data folder behind HTTP, by the real executable: what a cluster answers, and that nothing that ends it loses a run.</summary>
public sealed class UpProcessTests(TaughtFolder folder) : IClassFixture<TaughtFolder>
{
    /// <summary>How often a run is looked at that is to be complete; each takes a process of half a second or more.</summary>
    private const int MostQuestions = 200;

    [Fact, Trait("Length", "Long")]
    public async Task What_is_submitted_over_HTTP_trains_and_goes_on_after_the_process_was_killed()
    {
        var address = $"127.0.0.1:{FreePort()}";
        string[] there = ["--cluster", $"http://{address}", "--data", Path.Combine(folder.Path, "mine")];
        using (var killed = Start(address))
        {
            await killed.SeesAsync("is served at http://");
            Assert.Contains("tiny", await OutputOf(["teacher", "list", .. there]), StringComparison.Ordinal);
            await OutputOf(["run", "spec.yaml", "--set", "backtracking.steps=400", "--detach", .. there]);
            await ShownAsync(there, run => run["checkpoints"]!.AsArray().Count > 0);
            killed.Kill();
            await killed.EndAsync();
        }

        using var again = Start(address);
        await again.SeesAsync("is served at http://");
        var run = await ShownAsync(there, run => (string)run["status"]! == "completed");
        Assert.Equal((true, "completed"), ((int)run["attempt"]! > 1, (string)run["status"]!));
        Assert.Contains("completed", await OutputOf(["query", "runs", "--where", "name = 'spec'", .. there]), StringComparison.Ordinal);

        var second = await DisBackProcess.RunAsync(folder.Path, "up", "--address", "127.0.0.1:0");
        Assert.Equal(ExitCode.DataFolderInUse, second.Code);
        again.Interrupt();
        var (code, _, error) = await again.EndAsync();
        Assert.Equal(ExitCode.Interrupted, code);
        Assert.Contains("Stopping each run after a checkpoint", error, StringComparison.Ordinal);
        // The folder is free again, and has everything.
        Assert.Contains("completed", await OutputOf(["list"]), StringComparison.Ordinal);
    }

    [Fact]
    public async Task The_page_is_there_as_soon_as_its_address_is_and_is_opened_where_that_is_wanted()
    {
        var programs = Directory.CreateDirectory(Path.Combine(folder.Path, "programs")).FullName;
        var browser = Path.Combine(programs, "xdg-open");
        await File.WriteAllTextAsync(browser, "#!/bin/sh\necho \"opened $1\"\n", TestContext.Current.CancellationToken);
        if (!OperatingSystem.IsWindows())
        {
            File.SetUnixFileMode(browser, UnixFileMode.UserRead | UnixFileMode.UserExecute);
        }
        var address = $"127.0.0.1:{FreePort()}";
        var variables = new Dictionary<string, string> { ["PATH"] = $"{programs}:{Environment.GetEnvironmentVariable("PATH")}" };
        using var up = DisBackProcess.Start(folder.Path, variables, "up", "--address", address, "--open", "--data", "opened");

        await up.SeesAsync($"opened http://{address}/");
        using var http = new HttpClient();
        var page = await http.GetStringAsync(new Uri($"http://{address}/"), TestContext.Current.CancellationToken);
        Assert.Contains("<!doctype html>", page, StringComparison.OrdinalIgnoreCase);
        up.Interrupt();
        Assert.Equal(ExitCode.Interrupted, (await up.EndAsync()).Code);
    }

    [Fact]
    public async Task A_run_has_a_page_for_as_long_as_it_trains()
    {
        var address = $"127.0.0.1:{FreePort()}";
        using var run = DisBackProcess.Start(
            folder.Path, "run", "spec.yaml", "--set", "backtracking.steps=100000", "--set", "name=shown", "--ui-address", address);

        await run.SeesAsync($"http://{address}/ shows it while this command runs.");
        using var http = new HttpClient { BaseAddress = new Uri($"http://{address}") };
        var session = JsonNode.Parse(await http.GetStringAsync(new Uri("api/v1/session", UriKind.Relative), TestContext.Current.CancellationToken))!;
        Assert.Equal("this-machine", (string)session["admission"]!);
        run.Interrupt();
        Assert.Equal(ExitCode.Interrupted, (await run.EndAsync()).Code);
        await Assert.ThrowsAsync<HttpRequestException>(() => http.GetStringAsync(new Uri("/", UriKind.Relative), TestContext.Current.CancellationToken));
    }

    [Fact]
    public async Task A_page_for_others_than_this_machine_is_refused()
    {
        var (code, _, error) = await DisBackProcess.RunAsync(folder.Path, "run", "spec.yaml", "--ui-address", "0.0.0.0:0", "--data", "other");
        Assert.Equal(ExitCode.Invalid, code);
        Assert.Contains("Everybody who reaches 0.0.0.0:0 would be let in", error, StringComparison.Ordinal);
        Assert.False(Directory.Exists(Path.Combine(folder.Path, "other")));
    }

    [Theory]
    [InlineData("0.0.0.0:0", "It would let everybody in who reaches 0.0.0.0:0; name a file of tokens with --tokens")]
    [InlineData("somewhere", "The address 'somewhere' is not one to listen on")]
    public async Task What_would_be_open_to_everybody_does_not_start(string address, string sentence)
    {
        var (code, _, error) = await DisBackProcess.RunAsync(folder.Path, "up", "--address", address, "--data", "other");
        Assert.Equal(ExitCode.Invalid, code);
        Assert.Contains(sentence, error, StringComparison.Ordinal);
        Assert.False(Directory.Exists(Path.Combine(folder.Path, "other")));
    }

    [Fact]
    public async Task Rules_of_notifications_that_are_wrong_do_not_start()
    {
        await File.WriteAllTextAsync(
            Path.Combine(folder.Path, "rules.yaml"), "rules: [{ name: a, url: nowhere, on: [failed] }]", TestContext.Current.CancellationToken);
        var (code, _, error) = await DisBackProcess.RunAsync(folder.Path, "up", "--address", "127.0.0.1:0", "--notify", "rules.yaml", "--data", "other");
        Assert.Equal(ExitCode.Invalid, code);
        Assert.Contains("rules.yaml:1:9: ", error, StringComparison.Ordinal);
        Assert.False(Directory.Exists(Path.Combine(folder.Path, "other")));
    }

    /// <summary>
    /// The run once it is as wanted. It is only read: whoever watches a run or asks why it waits wakes its owner, and it must go on by itself.
    /// </summary>
    private async Task<JsonNode> ShownAsync(string[] there, Func<JsonNode, bool> isAsWanted)
    {
        for (var left = MostQuestions; ; left--)
        {
            var run = JsonNode.Parse(await OutputOf(["show", "spec", "--json", .. there]))!["run"]!;
            if (isAsWanted(run))
            {
                return run;
            }
            Assert.True(left > 0, $"It is {run["status"]} at attempt {run["attempt"]}.");
        }
    }

    private DisBackProcess Start(string address) => DisBackProcess.Start(folder.Path, "up", "--address", address);

    private async Task<string> OutputOf(string[] arguments)
    {
        var (code, output, error) = await DisBackProcess.RunAsync(folder.Path, arguments);
        Assert.True(code == ExitCode.Ok, $"{string.Join(' ', arguments)}: {output}{error}");
        return output;
    }

    private static int FreePort()
    {
        using var listener = new TcpListener(IPAddress.Loopback, 0);
        listener.Start();
        return ((IPEndPoint)listener.LocalEndpoint).Port;
    }
}
