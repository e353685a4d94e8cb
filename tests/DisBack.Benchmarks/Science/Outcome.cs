using DisBack.Client;
using DisBack.Contracts.Documents;
using DisBack.Contracts.Grains;
using DisBack.Distillation.Backtracking;
using DisBack.Specs.Experiments;

namespace DisBack.Benchmarks.Science;

/// <summary>What came of a trial: its FIDs over all images that were generated for it, those of stage 1 included.</summary>
/// <param name="Curve">Images in thousands, seconds of both stages with their evaluations, and FID, in their order.</param>
/// <param name="Failure">Why there is no more of it; null for a trial that has ended well.</param>
internal sealed record Outcome(IReadOnlyList<(double Images, double Seconds, double Fid)> Curve, string? Failure)
{
    private const string QuickFid = MetricNames.Fid + "/quick";

    /// <summary>The lowest FID on the way.</summary>
    public double Best => Curve.Min(point => point.Fid);

    /// <summary>The FID at the end.</summary>
    public double Last => Curve[^1].Fid;

    /// <summary>The first point, after the untrained student, whose FID is at most so high; null if none is.</summary>
    public (double Images, double Seconds)? To(double fid) =>
        Curve.Skip(1).Where(point => point.Fid <= fid).Select(point => ((double, double)?)(point.Images, point.Seconds)).FirstOrDefault();

    /// <summary>Reads a trial that has settled.</summary>
    public static async Task<Outcome> OfAsync(IArchive archive, string trial, ExperimentSpec spec)
    {
        var document = await archive.TrialAsync(trial) ?? throw new InvalidOperationException($"There is no trial {trial}.");
        var trajectory = await archive.TrajectoryAsync(document.Trajectory);
        var steps = trajectory?.Nodes.Max(node => node.Step) ?? 0;
        // Looks at calibration cost samples as well: those of stage 1 look at the same ones every time.
        var looked = spec.Recording.UntilCalibrated is null ? 0 : spec.Recording.Batch;
        var recorded = steps * spec.Recording.Batch + looked;
        var stage1 = trajectory is { Run.Steps: > 0 } ? await SecondsAsync(RunId.Trajectory(trajectory.Id)) : 0;
        var history = await archive.MetricsAsync(RunId.Trial(trial));
        var looks = history.Curve("calibration").Select(look => (look.Step, Samples: (long)spec.Backtracking.Batch))
            .Concat(history.Curve("target_calibration").Concat(history.Curve("noise_floor")).Select(look => (look.Step, Samples: (long)FlooredDraws.Samples)))
            .ToList();
        var started = history.Points.Count > 0 ? history.Points[0].Time : default;
        var curve = history.Points
            .Where(point => point.Name is QuickFid or MetricNames.Fid && double.IsFinite(point.Value))
            .Select(point => (
                Images: (recorded + point.Step * spec.Backtracking.Batch + LookedUntil(point.Step)) / 1e3,
                Seconds: stage1 + (point.Time - started).TotalSeconds,
                Fid: point.Value))
            .ToList();
        return new(curve, document.Run.Status == RunStatus.Completed ? null : document.Run.Events.LastOrDefault()?.Message ?? document.Run.Status.ToString());

        long LookedUntil(long step) => looks.Where(look => look.Step < step).Sum(look => look.Samples);

        async Task<double> SecondsAsync(RunId id)
        {
            var points = (await archive.MetricsAsync(id)).Points;
            return points.Count > 1 ? (points[^1].Time - points[0].Time).TotalSeconds : 0;
        }
    }
}
