using System.Collections.Immutable;
using System.Globalization;
using DisBack.Contracts.Documents;
using DisBack.Contracts.Grains;
using DisBack.Specs.Experiments;
using DisBack.Specs.Reading;

namespace DisBack.Client;

/// <summary>Finds the checkpoint that an experiment goes on from (<see cref="ExperimentSpec.Start"/>).</summary>
public static class SpecStart
{
    /// <summary>The experiment with the content of its checkpoint, which stays although the other run goes on; one without a start stays as it is.</summary>
    /// <param name="spec">The experiment, its trajectory resolved.</param>
    /// <param name="archive">Where the other run is.</param>
    /// <param name="teacher">The weights of the experiment's teacher.</param>
    /// <param name="cancellation">Stops the search.</param>
    /// <exception cref="SpecMistakeException">There is no such run or checkpoint, or the experiment cannot go on from it.</exception>
    public static async Task<ExperimentSpec> ResolveAsync(
        ExperimentSpec spec, IArchive archive, ContentRef teacher, CancellationToken cancellation = default)
    {
        if (spec.Start is not { Checkpoint: null } start)
        {
            return spec;
        }
        TrialDocument run;
        try
        {
            run = await archive.FindTrialAsync(start.Run, cancellation);
        }
        catch (NotFoundException missing)
        {
            throw Mistake("run", missing.Message.TrimEnd('.'), missing);
        }
        if (TrajectoryKey.Of(SpecJson.Canonical(spec), teacher.Digest) != run.Trajectory)
        {
            throw Mistake("run", $"the experiment walks another trajectory than {run.Id}, whose state is of use on its own alone; keep its teacher, its "
                + "student, its hardware and all that decides its stage 1");
        }
        var checkpoint = Chosen(start, run.Run.Checkpoints) ?? throw Mistake(start.Node is null ? "step" : "node", Lack(start, run));
        return checkpoint.Step >= spec.Backtracking.Steps
            ? throw Mistake("step", $"the checkpoint of {run.Id} has {Text(checkpoint.Step)} steps behind it and the experiment ends at "
                + $"{Text(spec.Backtracking.Steps)}; raise backtracking.steps, or start sooner")
            : spec with
            {
                Start = new StartSettings
                {
                    Run = run.Id,
                    Step = checkpoint.Step,
                    Node = checkpoint.TargetIndex < 0 ? null : checkpoint.TargetIndex,
                    Checkpoint = checkpoint.Content.Name,
                },
            };
    }

    private static CheckpointRef? Chosen(StartSettings start, ImmutableArray<CheckpointRef> newestFirst) => start switch
    {
        { Step: { } step } => newestFirst.FirstOrDefault(checkpoint => checkpoint.Step == step),
        { Node: { } node } => newestFirst.LastOrDefault(checkpoint => checkpoint.TargetIndex == node),
        _ => newestFirst.FirstOrDefault(),
    };

    private static string Lack(StartSettings start, TrialDocument run)
    {
        var there = string.Join(", ", run.Run.Checkpoints.Reverse().Select(checkpoint => $"{Text(checkpoint.Step)} (node {Text(checkpoint.TargetIndex)})"));
        var what = start switch { { Step: { } step } => $" of step {Text(step)}", { Node: { } node } => $" with node {Text(node)} as target", _ => "" };
        return $"the run {run.Id} has no checkpoint{what}; {(there.Length == 0 ? "it has none" : $"it keeps those of the steps {there}")}, and with "
            + "'checkpoints: {per_node: true}' a run keeps one for each node";
    }

    private static string Text(long number) => number.ToString(CultureInfo.InvariantCulture);

    private static SpecMistakeException Mistake(string key, string what, Exception? cause = null) => new($"start.{key}", what, cause);
}
