using System.Diagnostics;
using System.Globalization;
using System.Text.Json;
using DisBack.Search.Spaces;

namespace DisBack.Benchmarks.Samplers;

/// <summary>Optuna in a process of its own, which proposes points for the same functions.</summary>
internal sealed class OptunaPeer : IDisposable
{
    private readonly Process _process;

    private OptunaPeer(Process process) => _process = process;

    /// <summary>Optuna as this Python has it; null if it has none.</summary>
    public static async Task<OptunaPeer?> StartAsync(string python)
    {
        using var trial = Start(python, "-c", "import optuna");
        await trial.WaitForExitAsync();
        return trial.ExitCode == 0 ? new(Start(python, Path.Combine(AppContext.BaseDirectory, "optuna_tpe.py"))) : null;
    }

    /// <summary>The best value of a study.</summary>
    public async Task<double> MinimizeAsync(TestFunction function, int trials, int seed)
    {
        var space = function.Space.Parameters.ToDictionary(parameter => parameter.Name, parameter => DistributionOf(parameter.Domain));
        await TellAsync(JsonSerializer.Serialize(new { seed, trials, space }));
        var best = double.PositiveInfinity;
        for (var i = 0; i < trials; i++)
        {
            var line = await _process.StandardOutput.ReadLineAsync() ?? throw new InvalidOperationException("Optuna's process has ended.");
            var value = function.ValueAt(JsonSerializer.Deserialize<Dictionary<string, double>>(line)!);
            best = Math.Min(best, value);
            await TellAsync(value.ToString("R", CultureInfo.InvariantCulture));
        }
        return best;
    }

    public void Dispose()
    {
        _process.Kill();
        _process.Dispose();
    }

    private async Task TellAsync(string line)
    {
        await _process.StandardInput.WriteLineAsync(line);
        await _process.StandardInput.FlushAsync();
    }

    /// <summary>The kind of a distribution and its arguments in Optuna.</summary>
    private static object[] DistributionOf(Domain domain) => domain switch
    {
        RealDomain real => ["real", new { low = real.Low, high = real.High, log = real.Log, step = real.Step }],
        IntegerDomain integer => ["integer", new { low = integer.Low, high = integer.High, log = integer.Log, step = integer.Step }],
        CategoricalDomain categorical => ["categorical", new { choices = Enumerable.Range(0, categorical.Choices) }],
        _ => throw new NotSupportedException($"Optuna is not told what {domain.GetType().Name} is."),
    };

    private static Process Start(string python, params string[] arguments) => Process.Start(new ProcessStartInfo(python, arguments)
    {
        RedirectStandardInput = true,
        RedirectStandardOutput = true,
        RedirectStandardError = true,
    })!;
}
