using System.Globalization;
using DisBack.Client;
using DisBack.Contracts.Documents;
using DisBack.Contracts.Grains;
using DisBack.Distillation.Generators;
using DisBack.Storage.Blobs;
using DisBack.Storage.Documents;

namespace DisBack.TestKit.Silos;

/// <summary>What has come of a sweep, as its documents tell: all that may not depend on who died in between.</summary>
/// <param name="Trials">For each trial its number, its point, its value and its student, and after them the best of the trials.</param>
/// <param name="MostUnderWay">The most trials that were submitted and had not ended, at any time.</param>
/// <param name="Attempts">Attempts of all trials.</param>
public sealed record SweepOutcome(IReadOnlyList<string> Trials, int MostUnderWay, int Attempts)
{
    /// <summary>Looks whether a sweep has settled, and if so what has come of it.</summary>
    /// <param name="blobs">Where its documents lie.</param>
    /// <param name="id">The sweep.</param>
    /// <returns>How many of its trials have settled, and its outcome; null as long as there is none.</returns>
    public static async Task<(int Settled, SweepOutcome? Outcome)> FindAsync(IBlobStore blobs, string id)
    {
        var archive = new BlobArchive(blobs);
        if (await archive.SweepAsync(id) is not { } sweep)
        {
            return (0, null);
        }
        var trials = await archive.SweepTrialsAsync(id);
        var view = SweepView.Of(sweep, trials);
        return (trials.Count(trial => trial.Status.IsSettled()), view.IsSettled ? await ReadAsync(blobs, id, trials, view.Best) : null);
    }

    private static async Task<SweepOutcome> ReadAsync(IBlobStore blobs, string id, IReadOnlyList<SweepTrial> trials, SweepTrial? best)
    {
        var documents = new DocumentReader(blobs, DocumentNames.Service);
        var lines = new List<string>();
        var changes = new List<(DateTimeOffset At, int By)>();
        var attempts = 0;
        foreach (var trial in trials)
        {
            var run = (await documents.ReadAsync<TrialDocument>(DocumentNames.Trial, GrainKeys.Trial(id, trial.Ordinal), DocumentNames.Trial))?.Run ?? new();
            var point = string.Join(' ', trial.Point.Select(axis => string.Create(CultureInfo.InvariantCulture, $"{axis.Key}={axis.Value:R}")));
            var student = run.Artifacts.GetValueOrDefault(StudentFile.Name)?.Content.Digest ?? "none";
            lines.Add(string.Create(
                CultureInfo.InvariantCulture,
                $"{trial.Ordinal:D4} {trial.Status} {run.Status} {point}: value {trial.Value:R}, student {student} {run.Reason}"));
            changes.AddRange([(run.Submitted, 1), (run.Ended ?? DateTimeOffset.MaxValue, -1)]);
            attempts += run.Attempt;
        }
        lines.Add(string.Create(CultureInfo.InvariantCulture, $"best: {best?.Ordinal:D4} with {best?.Value:R}"));
        var (underWay, most) = (0, 0);
        foreach (var (_, by) in changes.Order())
        {
            underWay += by;
            most = Math.Max(most, underWay);
        }
        return new SweepOutcome(lines, most, attempts);
    }
}
