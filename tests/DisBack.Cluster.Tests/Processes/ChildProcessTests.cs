using DisBack.TestKit.Processes;

namespace DisBack.Cluster.Tests.Processes;

/// <summary>A child never outlives its parent, and says what became of it.</summary>
public sealed class ChildProcessTests
{
    private static CancellationToken Cancellation => TestContext.Current.CancellationToken;

    [Fact]
    public async Task A_child_dies_with_a_parent_that_is_killed()
    {
        // `setpriv` as in every child; its parent is a shell that says its child's id and is then killed.
        await using var parent = ChildProcess.Start("sh", ["-c", "setpriv --pdeathsig KILL sh -c 'echo child $$; exec sleep 1000' & wait"]);
        var child = int.Parse((await parent.SeesAsync("child ", Cancellation))["child ".Length..], System.Globalization.CultureInfo.InvariantCulture);
        Assert.True(IsAlive(child));

        await parent.KillAsync();

        await ChildProcess.RunAsync("timeout", "5", "sh", "-c", $"while grep -qs '^State:.[^ZX]' /proc/{child}/status; do sleep 0.01; done");
        Assert.False(IsAlive(child));
    }

    [Fact]
    public async Task A_signal_arrives_and_the_exit_code_shows_it()
    {
        await using var stopped = ChildProcess.Start("sh", ["-c", "trap 'echo terminated; exit 3' TERM; echo ready; while true; do sleep 0.01; done"]);
        await stopped.SeesAsync("ready", Cancellation);
        stopped.Send(Signal.Terminate);
        Assert.Equal(3, await stopped.EndsAsync(Cancellation));
        Assert.Contains("terminated", stopped.LastLines, StringComparison.Ordinal);

        await using var killed = ChildProcess.Start("sleep", ["1000"]);
        await killed.KillAsync();
        Assert.Equal(128 + (int)Signal.Kill, await killed.EndsAsync(Cancellation));
    }

    [Fact]
    public async Task Waiting_for_a_line_of_a_process_that_ends_shows_its_last_words()
    {
        await using var child = ChildProcess.Start("sh", ["-c", "echo the reason >&2; exit 5"]);

        var failed = await Assert.ThrowsAsync<InvalidOperationException>(() => child.SeesAsync("ready", Cancellation));

        Assert.Contains("ended with 5", failed.Message, StringComparison.Ordinal);
        Assert.Contains("the reason", failed.Message, StringComparison.Ordinal);
    }

    private static bool IsAlive(int process) =>
        File.Exists($"/proc/{process}/status")
            && !File.ReadLines($"/proc/{process}/status").Any(line => line.StartsWith("State:\tZ", StringComparison.Ordinal));
}
