using System.Reflection;
using DisBack.Cli.Installations;
using DisBack.Cli.Tables;
using DisBack.Contracts.Documents;
using DisBack.Contracts.Grains;
using DisBack.Contracts.Queries;
using DisBack.Storage.Metrics;

namespace DisBack.Cli.SweepReports;

/// <summary>Reads what the report of a sweep shows.</summary>
internal sealed class SweepReportReader(Installation installation, TimeProvider time)
{
    /// <summary>Trials whose curves are drawn.</summary>
    private const int MostCurves = 5;

    /// <summary>A larger picture would make a file that is hard to mail.</summary>
    private const long LargestPicture = 8 << 20;

    private const string Samples = "samples.png";

    private readonly List<string> _damage = [];

    public async Task<SweepReport> ReadAsync(SweepDocument sweep, CancellationToken cancellation)
    {
        var archive = installation.Archive;
        var trials = await archive.SweepTrialsAsync(sweep.Id, cancellation);
        var ranked = new SweepReport(sweep, trials) { Version = "", Read = default }.Ranked;
        var runs = await RunsAsync(sweep.Id, cancellation);
        var histories = new List<(SweepTrial, MetricHistory)>();
        foreach (var trial in ranked.Take(MostCurves))
        {
            var history = await archive.MetricsAsync(RunId.Trial(GrainKeys.Trial(sweep.Id, trial.Ordinal)), cancellation);
            _damage.AddRange(history.Damage);
            histories.Add((trial, history));
        }
        var best = ranked.Count > 0 ? await archive.TrialAsync(GrainKeys.Trial(sweep.Id, ranked[0].Ordinal), cancellation) : null;
        return new SweepReport(sweep, trials)
        {
            Runs = runs,
            RecordingSeconds = await RecordingAsync([.. runs.Values.Select(run => run.Trajectory).OfType<string>()], cancellation),
            BestRun = best,
            Samples = best is null ? null : await PictureAsync(best, cancellation),
            Histories = histories,
            Damage = _damage,
            Version = typeof(SweepReportReader).Assembly.GetCustomAttribute<AssemblyInformationalVersionAttribute>()!.InformationalVersion,
            Read = time.GetUtcNow(),
        };
    }

    private async Task<Dictionary<int, TrialRun>> RunsAsync(string sweep, CancellationToken cancellation)
    {
        var query = new RowQuery("runs")
        {
            Where = $"sweep = '{sweep.Replace("'", "''", StringComparison.Ordinal)}'",
            Columns = ["ordinal", "seconds", "cause", "reason", "trajectory"],
            Sort = ["ordinal"],
        };
        var runs = new Dictionary<int, TrialRun>();
        await foreach (var page in TablePages.ReadAsync(installation.Tables, query, null, cancellation))
        {
            foreach (var row in page.Rows)
            {
                runs[(int)row[0]!.GetValue<long>()] = new(
                    row[1]?.GetValue<double>() ?? 0, row[2]?.GetValue<string>(), row[3]?.GetValue<string>(), row[4]?.GetValue<string>());
            }
        }
        return runs;
    }

    private async Task<double> RecordingAsync(HashSet<string> keys, CancellationToken cancellation)
    {
        var seconds = 0.0;
        var query = new RowQuery("trajectories") { Columns = ["id", "seconds"], Sort = ["id"] };
        await foreach (var page in TablePages.ReadAsync(installation.Tables, query, null, cancellation))
        {
            seconds += page.Rows.Where(row => keys.Contains(row[0]!.GetValue<string>())).Sum(row => row[1]?.GetValue<double>() ?? 0);
        }
        return seconds;
    }

    private async Task<byte[]?> PictureAsync(TrialDocument best, CancellationToken cancellation)
    {
        if (!best.Run.Artifacts.TryGetValue(Samples, out var samples))
        {
            return null;
        }
        if (samples.Content.Length > LargestPicture)
        {
            _damage.Add($"The samples of {best.Id} are left out because the picture is large; 'disback show {best.Id}' names its file.");
            return null;
        }
        var file = Path.Combine(Path.GetTempPath(), Path.GetRandomFileName());
        try
        {
            // Fetched into a file, because that is what is checked against its digest.
            await installation.Archive.Content.FetchAsync(samples.Content, file, cancellation);
            return await File.ReadAllBytesAsync(file, cancellation);
        }
        catch (DisBackException missing)
        {
            _damage.Add($"The samples of {best.Id} are left out. {missing.Message}");
            return null;
        }
        finally
        {
            File.Delete(file);
        }
    }
}
