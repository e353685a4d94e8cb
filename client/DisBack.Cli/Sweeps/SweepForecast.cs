using DisBack.Client;
using DisBack.Contracts.Documents;
using DisBack.Contracts.Grains;
using DisBack.Search.Sweeps;
using DisBack.Specs.Reading;
using DisBack.Specs.Sweeps;

namespace DisBack.Cli.Sweeps;

/// <summary>What a sweep would run, before it is submitted.</summary>
/// <param name="Id">Id that the sweep would have.</param>
/// <param name="Trials">How many trials it has.</param>
/// <param name="Points">Their points, in order; those of a sampler that learns are as if it had learnt nothing.</param>
/// <param name="Trajectories">Key of each trajectory that they walk, how many trials do, and whether it is there already.</param>
/// <param name="RecordingSteps">Steps of stage 1 that are left to make.</param>
/// <param name="BacktrackingSteps">Steps of stage 2 of all trials.</param>
/// <param name="DeviceSeconds">How long one device would take; null where no complete run here tells.</param>
/// <param name="MeasuredRuns">How many runs here tell it.</param>
internal sealed record SweepForecast(
    string Id,
    int Trials,
    IReadOnlyList<IReadOnlyDictionary<string, double>> Points,
    IReadOnlyDictionary<string, (int Trials, bool IsThere)> Trajectories,
    long RecordingSteps,
    long BacktrackingSteps,
    double? DeviceSeconds,
    int MeasuredRuns)
{
    /// <summary>A sweep of more trials is judged by so many of them.</summary>
    private const int MostPoints = 10_000;

    /// <summary>The newest complete runs that the time of a step is taken from.</summary>
    private const int MostRuns = 20;

    public static async Task<SweepForecast> OfAsync(
        SweepPlan plan, SweepSampler sampler, SweepSubmission submission, IArchive archive, CancellationToken cancellation)
    {
        var points = Enumerable.Range(0, (int)Math.Min(sampler.Total, MostPoints)).Select(ordinal => sampler.Propose(ordinal, [])).ToList();
        var specs = points.AsParallel().AsOrdered().Select(point => plan.ExperimentAt(point).Spec).ToList();
        var keys = specs.AsParallel().AsOrdered().Select(spec => TrajectoryKey.Of(SpecJson.Canonical(spec), submission.Teachers[spec.Teacher].Digest)).ToList();
        var trajectories = new Dictionary<string, (int, bool)>();
        long recording = 0;
        foreach (var group in keys.Zip(specs).GroupBy(trial => trial.First))
        {
            var isThere = await archive.TrajectoryAsync(group.Key, cancellation) is { Sealed: true };
            trajectories[group.Key] = (group.Count(), isThere);
            recording += isThere ? 0 : group.First().Second.Recording.Steps;
        }
        var perTrial = specs.Average(spec => (double)spec.Backtracking.Steps);
        var backtracking = (long)(perTrial * sampler.Total);
        var (pace, measured) = await PaceAsync(submission, archive, cancellation);
        return new SweepForecast(
            GrainKeys.Sweep(plan.Name, submission.Spec),
            (int)sampler.Total,
            points,
            trajectories,
            recording,
            backtracking,
            pace is { } steps ? recording * steps.Recording + backtracking * steps.Backtracking : null,
            measured);
    }

    /// <summary>Seconds of a step of each stage in the complete runs of these teachers.</summary>
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
