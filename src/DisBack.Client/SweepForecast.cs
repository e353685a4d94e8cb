using DisBack.Contracts.Documents;
using DisBack.Contracts.Grains;
using DisBack.Specs.Backtracking;
using DisBack.Specs.Experiments;
using DisBack.Specs.Reading;

namespace DisBack.Client;

/// <summary>What a sweep would run, before it is submitted.</summary>
/// <param name="Id">Id of the sweep.</param>
/// <param name="Trials">How many trials are to come.</param>
/// <param name="Points">Their points, in order; those of a sampler that learns are as if it had learnt nothing.</param>
/// <param name="Trajectories">Key of each trajectory that they walk, how many trials do, and whether it is there already.</param>
/// <param name="RecordingSteps">Steps of stage 1 that are left to make.</param>
/// <param name="BacktrackingSteps">Steps of stage 2 of all trials.</param>
/// <param name="BacktrackingImages">Images that the students of all trials make in training: steps times batch.</param>
/// <param name="DeviceSeconds">How long one device would take; null where no complete run here tells.</param>
/// <param name="MeasuredRuns">How many runs here tell it.</param>
public sealed record SweepForecast(
    string Id,
    int Trials,
    IReadOnlyList<IReadOnlyDictionary<string, double>> Points,
    IReadOnlyDictionary<string, (int Trials, bool IsThere)> Trajectories,
    long RecordingSteps,
    long BacktrackingSteps,
    long BacktrackingImages,
    double? DeviceSeconds,
    int MeasuredRuns)
{
    /// <summary>The newest complete runs that the time of a step is taken from.</summary>
    private const int MostRuns = 20;

    /// <summary>What a sweep would run.</summary>
    /// <param name="id">Id of the sweep.</param>
    /// <param name="submission">What would be submitted.</param>
    /// <param name="total">How many trials are to come.</param>
    /// <param name="trials">Those that are known, or a few that stand for all.</param>
    /// <param name="archive">Where it would run.</param>
    /// <param name="cancellation">Stops the search.</param>
    public static async Task<SweepForecast> OfAsync(
        string id,
        SweepSubmission submission,
        long total,
        IReadOnlyList<(IReadOnlyDictionary<string, double> Point, ExperimentSpec Spec)> trials,
        IArchive archive,
        CancellationToken cancellation = default)
    {
        // What decides stage 1 is in few parts of a spec, which most trials of a sweep have in common.
        var keys = new Dictionary<object, string>();
        var trajectories = new Dictionary<string, (int Trials, bool IsThere)>();
        long recording = 0;
        foreach (var spec in trials.Select(trial => trial.Spec))
        {
            var parts = (spec.Teacher, spec.Student, spec.Recording, spec.Hardware, spec.Recording.Seed ?? spec.Seed,
                spec.Recording.UntilCalibrated is null ? null : spec.Backtracking);
            if (!keys.TryGetValue(parts, out var key))
            {
                var stored = StoredValue.PutIn(spec, submission.Contents);
                keys[parts] = key = TrajectoryKey.Of(SpecJson.Canonical(stored), submission.Teachers[spec.Teacher].Digest);
            }
            if (!trajectories.TryGetValue(key, out var known))
            {
                known = (0, await archive.TrajectoryAsync(key, cancellation) is { Sealed: true });
                recording += known.IsThere ? 0 : spec.Recording.Steps;
            }
            trajectories[key] = known with { Trials = known.Trials + 1 };
        }
        var backtracking = OfAll(spec => spec.Steps);
        var (pace, measured) = await PaceAsync(submission, archive, cancellation);
        return new SweepForecast(
            id,
            (int)total,
            [.. trials.Select(trial => trial.Point)],
            trajectories,
            recording,
            backtracking,
            OfAll(spec => (double)spec.Steps * spec.Batch),
            pace is { } steps ? recording * steps.Recording + backtracking * steps.Backtracking : null,
            measured);

        long OfAll(Func<BacktrackingSettings, double> of) => (long)(trials.Select(trial => of(trial.Spec.Backtracking)).DefaultIfEmpty(0).Average() * total);
    }

    /// <summary>Device-seconds of a step of each stage in the complete runs of these teachers.</summary>
    private static async Task<((double Recording, double Backtracking)?, int)> PaceAsync(
        SweepSubmission submission, IArchive archive, CancellationToken cancellation)
    {
        var digests = submission.Teachers.Values.Select(teacher => teacher.Digest).ToHashSet();
        var complete = (await archive.RunsAsync(new RunFilter(RunStatus.Completed), cancellation)).Where(run => digests.Contains(run.Teacher)).Take(MostRuns);
        var paces = new List<(double Recording, double Backtracking)>();
        foreach (var run in complete)
        {
            if (await archive.TrialAsync(run.Id, cancellation) is { Run: { Steps: > 0, Seconds: > 0 } stage2, Trajectory: var key }
                && await archive.TrajectoryAsync(key, cancellation) is { Run: var stage1 })
            {
                paces.Add((stage1.Steps > 0 ? stage1.Seconds / stage1.Steps : 0, stage2.Seconds / stage2.Steps));
            }
        }
        return paces.Count == 0 ? (null, 0) : ((paces.Average(pace => pace.Recording), paces.Average(pace => pace.Backtracking)), paces.Count);
    }
}
