using System.Text.Json;
using DisBack.Contracts.Documents;
using DisBack.Contracts.Grains;
using DisBack.Contracts.Queries;
using DisBack.ReadModel.Tables;
using DisBack.Specs.Reading;
using DisBack.Specs.Sweeps;

namespace DisBack.ReadModel.Documents;

/// <summary>Documents as rows: pure functions of each document alone, so that rows which are made again are the same.</summary>
internal static class DocumentRows
{
    /// <summary>A trial: its run, and what happened to it.</summary>
    public static void Add(RowBatch batch, string document, TrialDocument trial)
    {
        var run = trial.Run;
        using var spec = JsonDocument.Parse(trial.Spec);
        var row = batch.Add(
            Catalog.Runs,
            document,
            trial.Id,
            trial.Name,
            Kebab.Of(run.Status),
            run.Head?.Step ?? 0,
            run.Steps,
            run.Head is { TargetIndex: >= 0 and var target } ? (long)target : null,
            run.Latest.GetValueOrDefault(MetricNames.Fid)?.Value,
            run.Best.GetValueOrDefault(MetricNames.Fid)?.Value,
            run.Latest.GetValueOrDefault(MetricNames.Accuracy)?.Value,
            run.Submitted,
            run.Ended,
            run.Seconds,
            (long)run.Attempt,
            (long)run.Failures,
            run.Cause is { } cause ? Kebab.Of(cause) : null,
            run.Reason,
            SpecValues.TextAt(spec.RootElement, "backtracking", "host"),
            SpecValues.TextAt(spec.RootElement, "backtracking", "switching", "policy"),
            spec.RootElement.TryGetProperty("seed", out var seed) && seed.TryGetInt64(out var number) ? number : null,
            GrainKeys.SweepOf(trial.Id),
            (long)GrainKeys.OrdinalOf(trial.Id),
            trial.Trajectory,
            (long)trial.Nodes,
            trial.Teacher?.Digest,
            trial.Tags);
        SpecValues.AddTo(row.Open, spec.RootElement);
        foreach (var (name, value) in run.Latest)
        {
            row.Open[new OpenColumn(OpenColumn.Metric + name, RowType.Number)] = value.Value;
        }
        foreach (var (name, value) in run.Best)
        {
            row.Open[new OpenColumn(OpenColumn.Best + name, RowType.Number)] = value.Value;
        }
        foreach (var (index, change) in run.Switches.Index())
        {
            batch.Add(Catalog.Switches, document, trial.Id, index + 1L, change.Step, (long)change.From, (long)change.To, change.Gap);
        }
        AddRun(batch, document, RunId.Trial(trial.Id), run);
    }

    /// <summary>A trajectory: its nodes, and what happened to its recording.</summary>
    public static void Add(RowBatch batch, string document, TrajectoryDocument trajectory)
    {
        var run = trajectory.Run;
        batch.Add(
            Catalog.Trajectories,
            document,
            trajectory.Id,
            trajectory.Name,
            Kebab.Of(run.Status),
            trajectory.Sealed,
            run.Head?.Step ?? 0,
            run.Steps,
            (long)trajectory.Nodes.Length,
            trajectory.Nodes.Sum(node => node.Content.Length),
            run.Submitted,
            run.Ended,
            run.Seconds,
            trajectory.Teacher?.Digest);
        foreach (var node in trajectory.Nodes)
        {
            batch.Add(
                Catalog.Nodes,
                document,
                trajectory.Id,
                (long)node.Index,
                node.Step,
                node.Loss,
                node.WeightDistance,
                node.OutputDistance,
                node.Content.Digest,
                node.Content.Length);
        }
        AddRun(batch, document, RunId.Trajectory(trajectory.Id), run);
    }

    /// <summary>A teacher, and what happened to its training.</summary>
    public static void Add(RowBatch batch, string document, TeacherDocument teacher)
    {
        var run = teacher.Run;
        batch.Add(
            Catalog.Teachers,
            document,
            teacher.Id,
            teacher.Provenance,
            teacher.Licence.Length > 0 ? teacher.Licence : null,
            Kebab.Of(run.Status),
            run.Head?.Step ?? 0,
            run.Steps,
            run.Latest.GetValueOrDefault(MetricNames.Fid)?.Value,
            run.Submitted,
            run.Ended,
            run.Seconds,
            teacher.Weights?.Digest,
            teacher.Weights?.Length);
        AddRun(batch, document, RunId.Teacher(teacher.Id), run);
    }

    /// <summary>A search.</summary>
    public static void Add(RowBatch batch, string document, SweepDocument sweep)
    {
        using var spec = JsonDocument.Parse(sweep.CurrentSpec);
        var search = spec.RootElement.GetProperty(SweepPlan.SearchKey);
        var objective = SpecJson.FromJson<SearchSettings>(search.GetRawText()).Objective;
        batch.Add(
            Catalog.Sweeps,
            document,
            sweep.Id,
            sweep.Name,
            Kebab.Of(sweep.Intent),
            SpecValues.TextAt(search, "sampler"),
            objective.Metric,
            Kebab.Of(objective.Goal),
            (long)sweep.TrialCount,
            (long)sweep.Amendments.Length,
            sweep.Exhausted,
            sweep.Submitted);
    }

    /// <summary>A page of the trials of a search.</summary>
    public static void Add(RowBatch batch, string document, string key, SweepPage page)
    {
        var sweep = GrainKeys.SweepOf(key);
        foreach (var trial in page.Trials)
        {
            batch.Add(
                Catalog.Trials,
                document,
                sweep,
                (long)trial.Ordinal,
                GrainKeys.Trial(sweep, trial.Ordinal),
                Kebab.Of(trial.Status),
                trial.Value,
                (long)trial.Attempt,
                trial.Step,
                trial.Steps,
                trial.Seconds,
                trial.Updated,
                trial.Pruned,
                trial.Deleted,
                trial.Reason,
                JsonSerializer.Serialize(trial.Point));
        }
    }

    private static void AddRun(RowBatch batch, string document, RunId id, RunRecord run)
    {
        var kind = RunKinds.Of(id.Kind).Label;
        foreach (var attempt in run.Attempts)
        {
            batch.Add(
                Catalog.Attempts,
                document,
                kind,
                id.Owner,
                (long)attempt.Number,
                attempt.Started,
                attempt.Ended,
                (attempt.Ended - attempt.Started)?.TotalSeconds,
                attempt.ResumedStep,
                attempt.Cause is { } cause ? Kebab.Of(cause) : null,
                attempt.Message,
                attempt.DeviceName,
                attempt.Worker);
        }
        foreach (var (index, checkpoint) in run.Checkpoints.Index())
        {
            batch.Add(
                Catalog.Checkpoints,
                document,
                kind,
                id.Owner,
                checkpoint.Step,
                index == 0,
                checkpoint.TargetIndex >= 0 ? (long)checkpoint.TargetIndex : null,
                checkpoint.Content.Digest,
                checkpoint.Content.Length);
        }
        foreach (var happened in run.Events)
        {
            batch.Add(
                Catalog.Events,
                document,
                kind,
                id.Owner,
                happened.Sequence,
                happened.At,
                Kebab.Of(happened.Kind),
                Kebab.Of(happened.Status),
                (long)happened.Attempt,
                happened.Step,
                happened.Message);
        }
    }
}
