using DisBack.Cli.Terminal;

namespace DisBack.Cli.Tests;

/// <summary>Runs <c>disback</c> inside the test process and keeps what it wrote.</summary>
internal static class Shell
{
    public sealed record Result(ExitCode Code, string Output, string Error);

    public static Task<Result> RunAsync(params string[] args) => RunAsync(TimeProvider.System, args);

    public static async Task<Result> RunAsync(TimeProvider time, params string[] args)
    {
        using var output = new StringWriter { NewLine = "\n" };
        using var error = new StringWriter { NewLine = "\n" };
        using var signals = new StopSignals();
        var code = await CommandLine.RunAsync(args, new Session(new Screen(output, error, live: false), signals, time));
        return new Result(code, output.ToString(), error.ToString());
    }
}
