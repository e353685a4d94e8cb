using System.Collections.Immutable;
using System.Globalization;
using System.Text.Json.Nodes;
using System.Text.RegularExpressions;
using DisBack.Contracts.Documents;
using DisBack.Contracts.Grains;
using DisBack.Orchestration.Supervision;
using DisBack.Orchestration.Sweeps;
using DisBack.Search.Sweeps;
using DisBack.Specs.Sweeps;
using DisBack.Storage.Blobs;
using DisBack.Storage.Documents;
using Microsoft.Extensions.DependencyInjection;

namespace DisBack.Orchestration.Tests.Sweeps;

/// <summary>A search is many trials that begin when they may, share what they can, and are the same however often it is interrupted.</summary>
public sealed class SweepTests
{
    private const string Base = """
        name: swept
        teacher: digits
        recording: {steps: 40}
        checkpoints: {every: 10, keep: 3}
        hardware: {device: cpu, threads: 1}

        """;

    private const string Grid = """
        search:
          sampler: grid
          max_concurrent: 2
          space:
            backtracking.generator.learning_rate: {low: 1e-4, high: 1e-2, log: true, count: 3}
            seed: {values: [5, 6]}
            recording.seed: [0]
        """;

    private const string Tpe = """
        search:
          sampler: tpe
          trials: 16
          max_concurrent: 2
          seed: 3
          space:
            backtracking.generator.learning_rate: {low: 1e-4, high: 1e-2, log: true}
            backtracking.steps: {low: 100, high: 900}
            recording.seed: [0]
        """;

    private const string Halved = """
        search:
          sampler: random
          trials: 14
          max_concurrent: 2
          stopping: {rule: successive-halving, first: 10, factor: 2}
          seed: 4
          space:
            backtracking.generator.learning_rate: {low: 1e-4, high: 1e-2, log: true}
            recording.seed: [0]
        """;

    private static CancellationToken Cancellation => TestContext.Current.CancellationToken;

    [Fact]
    public async Task Every_point_of_a_grid_becomes_a_student_and_all_share_one_trajectory()
    {
        var script = new ScriptedTraining { Fid = Badness };
        await using var site = await Site.OpenAsync(script);

        var sweep = await SubmitAsync(site, Grid);
        var view = await SettledAsync(site, sweep);
        var trials = await TrialsAsync(site, sweep);

        Assert.Equal((6, 6), (view.Trials, view.Counts[RunStatus.Completed]));
        Assert.Equal([0, 1, 2, 3, 4, 5], trials.Select(trial => trial.Ordinal));
        Assert.Equal(
            [(1e-4, 0), (1e-4, 1), (1e-3, 0), (1e-3, 1), (1e-2, 0), (1e-2, 1)],
            trials.Select(trial => (Math.Round(trial.Point["backtracking.generator.learning_rate"], 6), (int)trial.Point["seed"])));
        Assert.Equal(2, view.Best!.Ordinal);
        Assert.Equal(view.Best.Value, trials.Min(trial => trial.Value));
        Assert.Single(script.Made, made => made.Run.Kind == RunKind.Recording);
        Assert.Equal(6, script.Made.Count(made => made.Run.Kind == RunKind.Backtracking));
        Assert.Equal([5, 6, 5, 6, 5, 6], script.Made.Where(made => made.Run.Kind == RunKind.Backtracking).OrderBy(made => made.Run.Owner)
            .Select(made => (int)JsonNode.Parse(made.Spec)!["seed"]!));
    }

    [Fact]
    public Task Twenty_trials_on_one_trajectory_store_as_much_for_it_as_one() => ShareAsync(many: 20, TimeSpan.FromMinutes(1));

    [Fact, Trait("Length", "Long")]
    public Task A_hundred_trials_on_one_trajectory_store_as_much_for_it_as_one() => ShareAsync(many: 100, TimeSpan.FromMinutes(10));

    [Fact]
    public async Task No_more_trials_are_under_way_than_the_spec_allows_and_the_rest_has_no_document()
    {
        var script = new ScriptedTraining();
        var hold = script.HoldAt(RunKind.Backtracking, 5);
        await using var site = await Site.OpenAsync(script);

        var sweep = await SubmitAsync(site, Grid);
        await hold.Reached;

        Assert.Equal(2, (await TrialsAsync(site, sweep)).Count);
        Assert.Equal(default, (await Trial(site, sweep, 2).GetAsync()).Run.Submitted);
        hold.Open();
        await SettledAsync(site, sweep);
    }

    [Fact]
    public async Task A_search_that_learns_proposes_the_same_points_and_finds_the_same_best_however_often_it_is_interrupted()
    {
        var script = new ScriptedTraining { Fid = Badness };
        await using var whole = await Site.OpenAsync(script);
        var undisturbed = await SubmitAsync(whole, Tpe);
        var best = (await SettledAsync(whole, undisturbed)).Best!;
        var expected = Points(await TrialsAsync(whole, undisturbed));

        await using var site = await Site.OpenAsync(new ScriptedTraining { Fid = Badness });
        var sweep = await SubmitAsync(site, Tpe);
        foreach (var completed in new[] { 1, 5, 9, 12, 14 })
        {
            await UntilAsync(site, sweep, view => view.Counts.GetValueOrDefault(RunStatus.Completed) >= completed);
            await site.Host.DisposeAsync();
            // Nobody submits it again: what is unfinished goes on by itself.
            await site.StartAsync(new ScriptedTraining { Fid = Badness });
            sweep = Sweep(site, Tpe);
        }
        var view = await SettledAsync(site, sweep);

        Assert.Equal(expected, Points(await TrialsAsync(site, sweep)));
        Assert.Equal((best.Ordinal, best.Value), (view.Best!.Ordinal, view.Best.Value));
        Assert.Equal(16, view.Counts[RunStatus.Completed]);
    }

    [Fact]
    public async Task Trials_that_do_worse_at_a_rung_end_early_and_the_same_ones_however_often_the_sweep_is_interrupted()
    {
        await using var whole = await Site.OpenAsync(Halving());
        var undisturbed = await SubmitAsync(whole, Halved);
        var expected = await SettledAsync(whole, undisturbed);
        var trials = await TrialsAsync(whole, undisturbed);

        // By the rule itself, on the values that the script gives.
        var plan = SweepPlan.Parse(Base + Halved, "sweep.yaml");
        var rule = SweepStopping.Of(plan.Search)!;
        var rungs = new List<List<double>>();
        var pruned = new List<int>();
        foreach (var trial in trials)
        {
            var rate = trial.Point["backtracking.generator.learning_rate"];
            List<double> own = [];
            foreach (var step in new[] { 10, 20, 40 })
            {
                own.Add(rate / step);
                if (rule.Prunes([.. rungs.Take(Math.Max(0, trial.Ordinal - 1))], own))
                {
                    pruned.Add(trial.Ordinal);
                    break;
                }
            }
            rungs.Add(own);
        }
        Assert.InRange(pruned.Count, 3, 11);
        Assert.Equal(pruned, trials.Where(trial => trial.Pruned).Select(trial => trial.Ordinal));
        Assert.Equal(rungs, trials.Select(trial => trial.Rungs.ToList()));
        Assert.All(trials, trial => Assert.Equal(trial.Pruned, trial.Value is null));
        Assert.All(trials.Where(trial => trial.Pruned), trial => Assert.Contains("Pruned at", trial.Reason, StringComparison.Ordinal));
        Assert.Contains(trials, trial => trial is { Pruned: true, Status: RunStatus.Cancelled, Step: < 40 });

        await using var site = await Site.OpenAsync(Halving());
        var sweep = await SubmitAsync(site, Halved);
        foreach (var known in new[] { 2, 6, 10, 13 })
        {
            await UntilAsync(site, sweep, view => view.Proposed >= known);
            await site.Host.DisposeAsync();
            await site.StartAsync(Halving());
            sweep = Sweep(site, Halved);
        }
        var view = await SettledAsync(site, sweep);
        var again = await TrialsAsync(site, sweep);
        Assert.Equal(
            trials.Select(trial => (trial.Pruned, trial.Reason, string.Join(' ', trial.Rungs), trial.Value)),
            again.Select(trial => (trial.Pruned, trial.Reason, string.Join(' ', trial.Rungs), trial.Value)));
        Assert.Equal((expected.Best!.Ordinal, expected.Best.Value), (view.Best!.Ordinal, view.Best.Value));
    }

    [Fact]
    public async Task A_paused_sweep_goes_on_where_it_was_and_a_cancelled_one_never_does()
    {
        var script = new ScriptedTraining();
        var hold = script.HoldAt(RunKind.Backtracking, 5);
        await using var site = await Site.OpenAsync(script);
        var sweep = await SubmitAsync(site, Grid);
        await hold.Reached;

        await sweep.PauseAsync();
        hold.Open();
        var paused = await SettledAsync(site, sweep);
        Assert.Equal((RunIntent.Pause, 2), (paused.Intent, paused.Counts[RunStatus.Paused]));

        var second = script.HoldAt(RunKind.Backtracking, 35);
        await sweep.ResumeAsync();
        await second.Reached;
        await sweep.CancelAsync();
        second.Open();
        var cancelled = await SettledAsync(site, sweep);
        await sweep.ResumeAsync();

        Assert.Equal((RunIntent.Cancel, 2), (cancelled.Intent, cancelled.Counts[RunStatus.Cancelled]));
        Assert.Equal(RunIntent.Cancel, (await ViewAsync(site, sweep)).Intent);
    }

    [Fact]
    public async Task An_amended_grid_goes_on_with_the_points_that_it_lacked_also_after_its_end_and_a_restart()
    {
        var script = new ScriptedTraining { Fid = Badness };
        var hold = script.HoldAt(RunKind.Backtracking, 5);
        await using var site = await Site.OpenAsync(script);
        var sweep = await SubmitAsync(site, Grid);
        await hold.Reached;

        var wider = await SubmissionAsync(site, Grid.Replace("[5, 6]", "[5, 6, 7]", StringComparison.Ordinal));
        Assert.True((await sweep.AmendAsync(wider)).Applied);
        Assert.True((await sweep.AmendAsync(wider)).Applied);
        var begun = Points(await TrialsAsync(site, sweep));
        hold.Open();
        var view = await SettledAsync(site, sweep);
        Assert.Equal((9, 9), (view.Trials, view.Counts[RunStatus.Completed]));
        Assert.StartsWith(begun, Points(await TrialsAsync(site, sweep)), StringComparison.Ordinal);

        await site.Host.DisposeAsync();
        await site.StartAsync(new ScriptedTraining { Fid = Badness });
        sweep = Sweep(site, Grid);
        var more = await SubmissionAsync(site, Grid.Replace("[5, 6]", "[5, 6, 7]", StringComparison.Ordinal) + "\n    checkpoints.keep: [3, 4]");
        Assert.True((await sweep.AmendAsync(more)).Applied);
        view = await SettledAsync(site, sweep);
        var trials = await TrialsAsync(site, sweep);

        // An axis that is new has every combination anew: the trials before lie on none of its values.
        Assert.Equal((27, 27), (view.Trials, view.Counts[RunStatus.Completed]));
        Assert.Equal(27, Points(trials).Split('\n').Distinct().Count());
        Assert.Equal([2, 9], (await sweep.GetAsync()).Amendments.Select(amendment => amendment.From));
        // Whoever repeats the command that submitted it means this sweep.
        Assert.Equal(27, (await ViewAsync(site, await SubmitAsync(site, Grid))).Trials);
    }

    [Fact]
    public async Task An_amended_search_that_learns_proposes_the_same_points_however_often_it_is_interrupted()
    {
        var wider = Tpe.Replace("trials: 16", "trials: 24", StringComparison.Ordinal).Replace("high: 1e-2", "high: 1e-1", StringComparison.Ordinal)
            .Replace("max_concurrent: 2", "max_concurrent: 3", StringComparison.Ordinal);
        await using var whole = await Site.OpenAsync(new ScriptedTraining { Fid = Badness });
        var undisturbed = await SubmitAsync(whole, Tpe);
        await SettledAsync(whole, undisturbed);
        await undisturbed.AmendAsync(await SubmissionAsync(whole, wider));
        await SettledAsync(whole, undisturbed);

        await using var site = await Site.OpenAsync(new ScriptedTraining { Fid = Badness });
        var sweep = await SubmitAsync(site, Tpe);
        await SettledAsync(site, sweep);
        await sweep.AmendAsync(await SubmissionAsync(site, wider));
        foreach (var completed in new[] { 17, 20, 22 })
        {
            await UntilAsync(site, sweep, view => view.Counts.GetValueOrDefault(RunStatus.Completed) >= completed);
            await site.Host.DisposeAsync();
            await site.StartAsync(new ScriptedTraining { Fid = Badness });
            sweep = Sweep(site, Tpe);
        }
        Assert.Equal(24, (await SettledAsync(site, sweep)).Counts[RunStatus.Completed]);
        Assert.Equal(Points(await TrialsAsync(whole, undisturbed)), Points(await TrialsAsync(site, sweep)));
    }

    [Fact]
    public async Task What_does_more_than_add_and_what_comes_after_a_cancellation_is_refused()
    {
        await using var site = await Site.OpenAsync(new ScriptedTraining());
        var sweep = await SubmitAsync(site, Grid);
        await SettledAsync(site, sweep);

        var narrower = await sweep.AmendAsync(await SubmissionAsync(site, Grid.Replace("[5, 6]", "[5]", StringComparison.Ordinal)));
        Assert.Contains("the axis 'seed' has other values", narrower.Message, StringComparison.Ordinal);
        var wider = await SubmissionAsync(site, Grid.Replace("[5, 6]", "[5, 6, 7]", StringComparison.Ordinal));
        var other = await sweep.AmendAsync(wider with { Teachers = wider.Teachers.SetItem("digits", new ContentRef(new string('a', 64), 1)) });
        Assert.Contains("has another teacher by the name 'digits'", other.Message, StringComparison.Ordinal);
        await sweep.CancelAsync();
        var late = await sweep.AmendAsync(wider);

        Assert.False(narrower.Applied || other.Applied || late.Applied);
        Assert.Contains("was cancelled", late.Message, StringComparison.Ordinal);
        Assert.Empty((await sweep.GetAsync()).Amendments);
    }

    [Fact]
    public async Task A_budget_of_steps_begins_the_trials_that_fit_and_a_larger_one_goes_on()
    {
        var limited = Tpe.Replace("trials: 16", "trials: 16\n  budget: { steps: 3000 }", StringComparison.Ordinal);
        await using var site = await Site.OpenAsync(new ScriptedTraining { Fid = Badness });
        var sweep = await SubmitAsync(site, limited);
        var view = await SettledAsync(site, sweep);
        var trials = await TrialsAsync(site, sweep);

        Assert.Equal(trials.Sum(trial => (long)trial.Point["backtracking.steps"]), trials.Sum(trial => trial.Cost!.Steps));
        Assert.InRange(trials.Sum(trial => trial.Cost!.Steps), 2101, 3000);
        Assert.Equal((trials.Count, trials.Count), (view.Trials, view.Counts[RunStatus.Completed]));
        Assert.StartsWith("Its budget of 3000 steps is used", view.Exhausted, StringComparison.Ordinal);

        Assert.True((await sweep.AmendAsync(await SubmissionAsync(site, limited.Replace("3000", "300000", StringComparison.Ordinal)))).Applied);
        view = await SettledAsync(site, sweep);
        Assert.Equal((16, 16, null), (view.Trials, view.Counts[RunStatus.Completed], view.Exhausted));

        await using var free = await Site.OpenAsync(new ScriptedTraining { Fid = Badness });
        var unlimited = await SubmitAsync(free, Tpe);
        await SettledAsync(free, unlimited);
        Assert.Equal(Points(await TrialsAsync(free, unlimited)), Points(await TrialsAsync(site, sweep)));
    }

    [Fact]
    public async Task A_deleted_trial_keeps_its_number_and_its_point()
    {
        await using var site = await Site.OpenAsync(new ScriptedTraining());
        var sweep = await SubmitAsync(site, Grid);
        await SettledAsync(site, sweep);
        var id = GrainKeys.Trial(sweep.GetPrimaryKeyString(), 1);

        Assert.True((await sweep.DeleteAsync(id)).Applied);
        var trials = await TrialsAsync(site, sweep);

        Assert.Equal([1], trials.Where(trial => trial.Deleted).Select(trial => trial.Ordinal));
        Assert.Equal(6, trials.Count);
        Assert.True((await ViewAsync(site, sweep)).IsSettled);
    }

    [Fact]
    public async Task A_mark_of_a_sweep_that_was_never_written_goes_with_the_first_who_looks()
    {
        await using var site = await Site.OpenAsync(new ScriptedTraining());
        var unfinished = new UnfinishedRuns(site.Host.Services.GetRequiredService<IBlobStore>());
        await unfinished.MarkSweepAsync("ghost-00000000", Cancellation);

        await site.Host.Grains.GetGrain<ISweepGrain>("ghost-00000000").WakeAsync();

        Assert.Empty(await unfinished.ListSweepsAsync(Cancellation).ToListAsync(Cancellation));
    }

    [Fact]
    public async Task A_sweep_is_deleted_with_its_trials_and_the_same_spec_is_a_new_one()
    {
        await using var site = await Site.OpenAsync(new ScriptedTraining());
        var sweep = await SubmitAsync(site, Grid);
        Assert.False((await sweep.DeleteSweepAsync()).Applied);
        await SettledAsync(site, sweep);

        Assert.True((await sweep.DeleteSweepAsync()).Applied);

        Assert.Equal("", (await sweep.GetAsync()).Spec);
        Assert.Empty(await TrialsAsync(site, sweep));
        Assert.Equal(default, (await Trial(site, sweep, 3).GetAsync()).Run.Submitted);
        Assert.Equal(6, (await SettledAsync(site, await SubmitAsync(site, Grid))).Counts[RunStatus.Completed]);
    }

    private static async Task ShareAsync(int many, TimeSpan limit)
    {
        await using var site = await Site.OpenAsync(
            new ScriptedTraining { Steps = 20 }, training => training.Devices.Add(new Accelerator(0, "cpu", "cpu", 8)));
        await SettledAsync(site, await SubmitAsync(site, Shared(trials: 1)));
        var (nodes, one) = await StoredForTrajectoriesAsync(site);

        var view = await UntilAsync(site, await SubmitAsync(site, Shared(trials: many)), view => view.IsSettled, limit);
        var (same, all) = await StoredForTrajectoriesAsync(site);

        Assert.Equal(many, view.Counts[RunStatus.Completed]);
        // A share of nothing would be no share.
        Assert.Equal((3, 3), (nodes, same));
        Assert.InRange(all, 1, one * 105 / 100);

        static string Shared(int trials) => $$"""
            search:
              sampler: random
              trials: {{trials}}
              max_concurrent: 16
              space:
                backtracking.generator.learning_rate: {low: 1e-4, high: 1e-2, log: true}
            """;
    }

    /// <summary>
    /// How many nodes all trajectories have, and the bytes of their documents, of all contents that these name, and of what stage 1 has measured.
    /// </summary>
    private static async Task<(int Nodes, long Bytes)> StoredForTrajectoriesAsync(Site site)
    {
        var blobs = site.Host.Services.GetRequiredService<IBlobStore>();
        var (nodes, bytes) = (0, 0L);
        var named = new HashSet<string>();
        await foreach (var blob in blobs.ListAsync("", Cancellation))
        {
            if (StateNames.Parse(DocumentNames.Service, DocumentNames.Trajectory, blob.Name) is not null)
            {
                var text = (await blobs.ReadAsync(blob.Name, Cancellation))!.Content.ToString();
                nodes += JsonNode.Parse(text)!["nodes"]!.AsArray().Count;
                named.UnionWith(Regex.Matches(text, "[0-9a-f]{64}").Select(digest => digest.Value));
                bytes += blob.Length;
            }
            bytes += blob.Name.StartsWith("metrics/trajectory/", StringComparison.Ordinal) ? blob.Length : 0;
        }
        await foreach (var content in blobs.ListAsync(ContentRef.Prefix, Cancellation))
        {
            bytes += named.Contains(content.Name[^64..]) ? content.Length : 0;
        }
        return (nodes, bytes);
    }

    private static ScriptedTraining Halving()
    {
        return new ScriptedTraining { Fid = Rate, Evaluate = (assignment, step) => step % 10 == 0 ? Rate(assignment) / step : null };

        static double Rate(TrainingAssignment assignment) =>
            (double)JsonNode.Parse(assignment.Spec)!["backtracking"]!["generator"]!["learning_rate"]!;
    }

    /// <summary>How bad the spec of a trial is: best at a rate of 0.001 and 500 steps.</summary>
    private static double Badness(TrainingAssignment assignment)
    {
        var backtracking = JsonNode.Parse(assignment.Spec)!["backtracking"]!;
        var (rate, steps) = ((double)backtracking["generator"]!["learning_rate"]!, (double)backtracking["steps"]!);
        return 1 + Math.Pow(Math.Log10(rate) + 3, 2) + Math.Pow((steps - 500) / 400, 2);
    }

    private static string Points(IEnumerable<SweepTrial> trials) => string.Join('\n', trials.Select(trial =>
        string.Join(", ", trial.Point.Select(value => string.Create(CultureInfo.InvariantCulture, $"{value.Key}={value.Value:R}")))));

    private static ISweepGrain Sweep(Site site, string search)
    {
        var plan = SweepPlan.Parse(Base + search, "sweep.yaml");
        return site.Host.Grains.GetGrain<ISweepGrain>(GrainKeys.Sweep(plan.Name, plan.Canonical));
    }

    private static async Task<ISweepGrain> SubmitAsync(Site site, string search)
    {
        var sweep = Sweep(site, search);
        await sweep.SubmitAsync(await SubmissionAsync(site, search));
        return sweep;
    }

    private static async Task<SweepSubmission> SubmissionAsync(Site site, string search)
    {
        var plan = SweepPlan.Parse(Base + search, "sweep.yaml");
        var teacher = await site.Contents.PutAsync(BinaryData.FromString("the teacher"), Cancellation);
        return new SweepSubmission(plan.Name, plan.Canonical, null)
        {
            Teachers = new Dictionary<string, ContentRef> { ["digits"] = teacher }.ToImmutableSortedDictionary(),
        };
    }

    private static ITrialGrain Trial(Site site, ISweepGrain sweep, int ordinal) =>
        site.Host.Grains.GetGrain<ITrialGrain>(GrainKeys.Trial(sweep.GetPrimaryKeyString(), ordinal));

    /// <summary>The trials as they lie in the folder.</summary>
    private static async Task<IReadOnlyList<SweepTrial>> TrialsAsync(Site site, ISweepGrain sweep)
    {
        var pages = new SweepPages(site.Host.Services.GetRequiredService<IBlobStore>(), sweep.GetPrimaryKeyString());
        await pages.LoadAsync();
        return pages.Trials;
    }

    private static async Task<SweepView> ViewAsync(Site site, ISweepGrain sweep) =>
        SweepView.Of(await sweep.GetAsync(), await TrialsAsync(site, sweep));

    private static Task<SweepView> SettledAsync(Site site, ISweepGrain sweep) => UntilAsync(site, sweep, view => view.IsSettled);

    private static async Task<SweepView> UntilAsync(Site site, ISweepGrain sweep, Func<SweepView, bool> condition, TimeSpan? limit = null)
    {
        using var timeout = CancellationTokenSource.CreateLinkedTokenSource(Cancellation);
        timeout.CancelAfter(limit ?? TimeSpan.FromSeconds(60));
        SweepView view;
        do
        {
            timeout.Token.ThrowIfCancellationRequested();
            view = await ViewAsync(site, sweep);
        }
        while (!condition(view));
        return view;
    }
}
