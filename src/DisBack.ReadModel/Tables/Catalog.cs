using DisBack.Contracts.Documents;
using DisBack.Contracts.Grains;
using DisBack.Contracts.Queries;
using DisBack.Specs.Sweeps;

namespace DisBack.ReadModel.Tables;

/// <summary>Every table there is.</summary>
internal static class Catalog
{
    private static readonly string[] s_statuses = Names<RunStatus>();
    private static readonly string[] s_causes = Names<FailureCause>();
    private static readonly string[] s_kinds = [.. RunKinds.All.Select(kind => kind.Label)];

    /// <summary>One row for each student that was asked for.</summary>
    public static Table Runs { get; } = new("runs", DocumentNames.Trial, "Runs: each trains one student.")
    {
        Columns =
        [
            new("id", RowType.Text, "Id of the trial."),
            new("name", RowType.Text, "Name in the spec."),
            Status(),
            new("step", RowType.Whole, "Step of the newest checkpoint."),
            new("steps", RowType.Whole, "Steps in all; 0 until known."),
            new("target", RowType.Whole, "Node that the student walks towards; 0 is the teacher."),
            new("fid", RowType.Number, "Latest Fréchet distance."),
            new("best_fid", RowType.Number, "Lowest Fréchet distance."),
            new("accuracy", RowType.Number, "Latest accuracy of the classes, from 0 to 1."),
            new("submitted", RowType.Time, "When it was first asked for."),
            new("ended", RowType.Time, "When it settled last."),
            new("seconds", RowType.Number, "Seconds in attempts that have ended, once for each slot."),
            new("attempts", RowType.Whole, "Attempts so far."),
            new("failures", RowType.Whole, "Attempts that failed one after another without a new checkpoint."),
            new("cause", RowType.Text, "What kind of failure ended it.") { Choices = s_causes },
            new("reason", RowType.Text, "Why it waits, or why it failed."),
            new("pruned", RowType.Text, "Where its sweep stopped it early, because others did better; none of other runs.")
            {
                Computed = "(SELECT max(p.reason) FROM trials p WHERE p.run = t.id AND p.pruned)",
            },
            new("method", RowType.Text, "Host of the backtracking, for example dmd2."),
            new("switching", RowType.Text, "Policy of the switches, for example score-gap."),
            new("seed", RowType.Whole, "Seed of the spec."),
            new("sweep", RowType.Text, "Id of its sweep."),
            new("ordinal", RowType.Whole, "Number in its sweep."),
            new("trajectory", RowType.Text, "Key of the trajectory that the student walks."),
            new("nodes", RowType.Whole, "Nodes of that trajectory; 0 until it is sealed."),
            new("teacher", RowType.Text, "Digest of the teacher's weights."),
            new("tags", RowType.Texts, "Words that people find it by."),
        ],
        Key = ["id"],
        Shown = ["id", "status", "step", "steps", "target", "fid", "best_fid", "submitted", "tags"],
        Sort = ["-submitted"],
        IsOpen = true,
    };

    /// <summary>One row for each trajectory.</summary>
    public static Table Trajectories { get; } = new("trajectories", DocumentNames.Trajectory, "Trajectories: what stage 1 has recorded.")
    {
        Columns =
        [
            new("id", RowType.Text, "Key of the trajectory."),
            new("name", RowType.Text, "Name of the experiment that asked first."),
            Status(),
            new("sealed", RowType.Truth, "Whether it is complete."),
            new("step", RowType.Whole, "Step of the newest checkpoint."),
            new("steps", RowType.Whole, "Steps in all; 0 until known."),
            new("nodes", RowType.Whole, "Nodes so far."),
            new("bytes", RowType.Whole, "Bytes of its nodes."),
            new("runs", RowType.Whole, "Runs that walk it.") { Computed = "(SELECT count(*) FROM runs r WHERE r.trajectory = t.id)" },
            new("submitted", RowType.Time, "When it was first asked for."),
            new("ended", RowType.Time, "When it settled last."),
            new("seconds", RowType.Number, "Seconds in attempts that have ended, once for each slot."),
            new("teacher", RowType.Text, "Digest of the teacher's weights."),
        ],
        Key = ["id"],
        Shown = ["id", "name", "status", "sealed", "nodes", "bytes", "runs", "submitted"],
        Sort = ["-submitted"],
    };

    /// <summary>One row for each teacher.</summary>
    public static Table Teachers { get; } = new("teachers", DocumentNames.Teacher, "Teachers: weights with where they come from.")
    {
        Columns =
        [
            new("id", RowType.Text, "Name of the teacher."),
            new("provenance", RowType.Text, "Where the weights come from."),
            new("licence", RowType.Text, "Licence of the weights."),
            Status(),
            new("step", RowType.Whole, "Step of the newest checkpoint."),
            new("steps", RowType.Whole, "Steps in all; 0 until known."),
            new("fid", RowType.Number, "Latest Fréchet distance."),
            new("submitted", RowType.Time, "When it was first asked for."),
            new("ended", RowType.Time, "When it settled last."),
            new("seconds", RowType.Number, "Seconds in attempts that have ended, once for each slot."),
            new("digest", RowType.Text, "Digest of the weights."),
            new("bytes", RowType.Whole, "Bytes of the weights."),
            new("runs", RowType.Whole, "Runs that distil it.") { Computed = "(SELECT count(*) FROM runs r WHERE r.teacher = t.digest)" },
        ],
        Key = ["id"],
        Shown = ["id", "status", "provenance", "fid", "runs", "bytes", "submitted"],
        Sort = ["id"],
    };

    /// <summary>One row for each node of a trajectory.</summary>
    public static Table Nodes { get; } = new("nodes", DocumentNames.Trajectory, "Nodes of trajectories: networks on the way from the teacher.")
    {
        Columns =
        [
            new("trajectory", RowType.Text, "Key of the trajectory."),
            new("node", RowType.Whole, "Position: 0 is the teacher."),
            new("step", RowType.Whole, "Step of stage 1 after which it was taken."),
            new("loss", RowType.Number, "Denoising loss at that step."),
            new("weight_distance", RowType.Number, "Relative L2 distance of its weights to those of the node before."),
            new("output_distance", RowType.Number, "Distance of its outputs to those of the node before, on noisy samples of the student."),
            new("digest", RowType.Text, "Digest of its file."),
            new("bytes", RowType.Whole, "Bytes of its file."),
            new("runs", RowType.Whole, "Runs that walk the trajectory.") { Computed = "(SELECT count(*) FROM runs r WHERE r.trajectory = t.trajectory)" },
        ],
        Key = ["trajectory", "node"],
        Shown = ["trajectory", "node", "step", "loss", "weight_distance", "output_distance", "digest", "bytes"],
        Sort = ["trajectory", "node"],
    };

    /// <summary>One row for each change of a student's target.</summary>
    public static Table Switches { get; } = new("switches", DocumentNames.Trial, "Switches: when a student's target changed.")
    {
        Columns =
        [
            new("run", RowType.Text, "Id of the trial."),
            new("number", RowType.Whole, "Number of the switch in its run, from 1."),
            new("step", RowType.Whole, "Iterations made when the target changed."),
            new("from_node", RowType.Whole, "Node that was the target."),
            new("to_node", RowType.Whole, "Node that is the target from then on."),
            new("gap", RowType.Number, "Score gap that the policy saw; none where it looks at none."),
            new("policy", RowType.Text, "The switching policy that decided.")
            {
                Computed = "(SELECT r.switching FROM runs r WHERE r.id = t.run)",
            },
        ],
        Key = ["run", "number"],
        Shown = ["run", "number", "step", "from_node", "to_node", "gap", "policy"],
        Sort = ["run", "number"],
    };

    /// <summary>One row for each attempt that a document still has.</summary>
    public static Table Attempts { get; } = new("attempts", DocumentNames.Trial, "Attempts: executions of runs of every kind, and why each ended.")
    {
        Columns =
        [
            Kind(),
            new("run", RowType.Text, "Key of what owns the run: trial, trajectory or teacher."),
            new("attempt", RowType.Whole, "Number of the attempt in its run, from 1."),
            new("started", RowType.Time, "When it took the run."),
            new("ended", RowType.Time, "When it ended; none while it is the current one."),
            new("seconds", RowType.Number, "Seconds from its start to its end."),
            new("resumed_step", RowType.Whole, "Step of the checkpoint that it resumed from; 0 is the beginning."),
            new("cause", RowType.Text, "Why it ended; none of one that runs or has completed its run.") { Choices = s_causes },
            new("message", RowType.Text, "The failure in one sentence."),
            new("device", RowType.Text, "Worker and device that ran it, for people."),
            new("worker", RowType.Text, "The silo that ran it."),
        ],
        Key = ["kind", "run", "attempt"],
        Shown = ["kind", "run", "attempt", "started", "seconds", "resumed_step", "cause", "message"],
        Sort = ["-started"],
    };

    /// <summary>One row for each checkpoint that is kept.</summary>
    public static Table Checkpoints { get; } = new("checkpoints", DocumentNames.Trial, "Checkpoints that runs of every kind can resume from.")
    {
        Columns =
        [
            Kind(),
            new("run", RowType.Text, "Key of what owns the run: trial, trajectory or teacher."),
            new("step", RowType.Whole, "Steps behind it."),
            new("head", RowType.Truth, "Whether the next attempt resumes from it."),
            new("target", RowType.Whole, "Node that the student walks towards in it; none where there is no target."),
            new("digest", RowType.Text, "Digest of its file."),
            new("bytes", RowType.Whole, "Bytes of its file."),
        ],
        Key = ["kind", "run", "digest", "step"],
        Shown = ["kind", "run", "step", "head", "target", "bytes", "digest"],
        Sort = ["kind", "run", "-step"],
    };

    /// <summary>One row for each event that a document still has.</summary>
    public static Table Events { get; } = new("events", DocumentNames.Trial, "Events of runs of every kind.")
    {
        Columns =
        [
            Kind(),
            new("run", RowType.Text, "Key of what owns the run: trial, trajectory or teacher."),
            new("number", RowType.Whole, "Number of the event in its run, from 1."),
            new("at", RowType.Time, "When the owner learned of it."),
            new("event", RowType.Text, "What kind of thing happened.") { Choices = Names<RunEventKind>() },
            new("status", RowType.Text, "Where the run stood after it.") { Choices = s_statuses },
            new("attempt", RowType.Whole, "Attempt that it belongs to; 0 before the first."),
            new("step", RowType.Whole, "Step that it belongs to."),
            new("message", RowType.Text, "One sentence."),
        ],
        Key = ["kind", "run", "number"],
        Shown = ["at", "kind", "run", "event", "step", "message"],
        Sort = ["-at"],
    };

    /// <summary>One row for each search.</summary>
    public static Table Sweeps { get; } = new("sweeps", DocumentNames.Sweep, "Sweeps: searches of many trials.")
    {
        Columns =
        [
            new("id", RowType.Text, "Id of the sweep."),
            new("name", RowType.Text, "Name in the spec."),
            new("intent", RowType.Text, "What the user wants of its trials.") { Choices = Names<RunIntent>() },
            new("sampler", RowType.Text, "Who proposes the points."),
            new("metric", RowType.Text, "What trials are compared by."),
            new("goal", RowType.Text, "Which values are better.") { Choices = Names<Goal>() },
            new("trials", RowType.Whole, "Trials that it is to have."),
            new("proposed", RowType.Whole, "Trials that have a point.") { Computed = CountOf("true") },
            new("completed", RowType.Whole, "Trials that are complete and were not pruned.") { Computed = CountOf("p.status = 'completed' AND NOT p.pruned") },
            new("failed", RowType.Whole, "Trials that have failed.") { Computed = CountOf("p.status = 'failed'") },
            new("paused", RowType.Whole, "Trials that are paused.") { Computed = CountOf("p.status = 'paused'") },
            new("cancelled", RowType.Whole, "Trials that were cancelled, pruned ones included, also those that were complete before it.")
            {
                Computed = CountOf("(p.status = 'cancelled' OR p.status = 'completed' AND p.pruned)"),
            },
            new("best", RowType.Number, "Best value of a complete trial.")
            {
                Computed = """
                    (SELECT CASE WHEN t.goal = 'minimize' THEN min(p.value) ELSE max(p.value) END FROM trials p WHERE p.sweep = t.id AND NOT p.deleted)
                    """,
            },
            new("seconds", RowType.Number, "Seconds that its trials have had slots, once for each slot.")
            {
                Computed = "(SELECT sum(p.seconds) FROM trials p WHERE p.sweep = t.id)",
            },
            new("amendments", RowType.Whole, "How often trials, axes or values were added."),
            new("exhausted", RowType.Text, "Why it began fewer trials than its spec stands for."),
            new("submitted", RowType.Time, "When it was submitted first."),
        ],
        Key = ["id"],
        Shown = ["id", "trials", "completed", "failed", "metric", "best", "submitted"],
        Sort = ["-submitted"],
    };

    /// <summary>One row for each trial of a search.</summary>
    public static Table Trials { get; } = new("trials", DocumentNames.SweepPage, "Trials of sweeps, those without a run yet included.")
    {
        Columns =
        [
            new("sweep", RowType.Text, "Id of the sweep."),
            new("ordinal", RowType.Whole, "Number in the sweep, from 0."),
            new("run", RowType.Text, "Id of its run."),
            Status(),
            new("value", RowType.Number, "Value of the objective; none until it is complete."),
            new("attempts", RowType.Whole, "Attempts so far."),
            new("step", RowType.Whole, "How far it has come."),
            new("steps", RowType.Whole, "Steps in all; 0 until known."),
            new("seconds", RowType.Number, "Seconds of its attempts that have ended, once for each slot."),
            new("updated", RowType.Time, "When its run said so."),
            new("pruned", RowType.Truth, "Whether it was stopped early because others did better."),
            new("deleted", RowType.Truth, "Whether its run was deleted."),
            new("reason", RowType.Text, "Why it was pruned, or has failed without a run."),
            new("point", RowType.Text, "Where it lies in the space, as JSON: the index of a choice, or the number."),
        ],
        Key = ["sweep", "ordinal"],
        Shown = ["run", "status", "step", "value", "point"],
        Sort = ["sweep", "ordinal"],
    };

    /// <summary>All tables.</summary>
    public static IReadOnlyList<Table> Tables { get; } =
        [Runs, Trajectories, Nodes, Switches, Checkpoints, Attempts, Events, Teachers, Sweeps, Trials];

    private static Column Status() => new("status", RowType.Text, "Where it stands.") { Choices = s_statuses };

    private static Column Kind() => new("kind", RowType.Text, "What the run trains.") { Choices = s_kinds };

    private static string CountOf(string condition) => $"(SELECT count(*) FROM trials p WHERE p.sweep = t.id AND {condition})";

    private static string[] Names<T>() where T : struct, Enum => [.. Enum.GetValues<T>().Select(Kebab.Of)];
}
