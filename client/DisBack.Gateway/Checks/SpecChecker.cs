using System.Collections.Immutable;
using DisBack.Client;
using DisBack.Contracts.Grains;
using DisBack.Search.Sweeps;
using DisBack.Specs.Experiments;
using DisBack.Specs.Reading;
using DisBack.Specs.Sweeps;
using DisBack.Storage;

namespace DisBack.Gateway.Checks;

/// <summary>Says of a spec what submitting it would: its mistakes, or what would run. Nothing is submitted.</summary>
/// <param name="archive">What is stored.</param>
internal sealed class SpecChecker(BlobArchive archive)
{
    /// <summary>What the text is called in locations, of which only lines and columns are told.</summary>
    private const string Source = "spec";

    /// <summary>Trials of a sweep that are tried one by one; the others are taken to be like them.</summary>
    private const int MostTried = 1000;

    private readonly SubmissionPreparation _preparation = new(archive);

    /// <summary>Checks a text.</summary>
    /// <param name="body">The bytes of the text, in YAML or JSON.</param>
    /// <param name="cancellation">Stops the check.</param>
    public async Task<CheckedSpec> CheckAsync(ReadOnlyMemory<byte> body, CancellationToken cancellation)
    {
        var kind = SpecKind.Experiment;
        try
        {
            var yaml = SpecReader.Decode(body.Span, Source);
            LocatedSpec<ExperimentSpec>? experiment = null;
            try
            {
                experiment = SpecReader.ParseLocated<ExperimentSpec>(yaml, Source);
            }
            catch (SpecException mistaken) when (SweepPlan.Explains(mistaken))
            {
                kind = SpecKind.Sweep;
            }
            return experiment is null
                ? await OfSweepAsync(SweepPlan.Parse(yaml, Source), cancellation)
                : await OfExperimentAsync(experiment, cancellation);
        }
        catch (SpecException mistaken)
        {
            return new CheckedSpec(kind, [.. mistaken.Problems.Select(CheckedProblem.Of)]);
        }
        catch (DisBackException impossible) when (impossible is not StorageException)
        {
            return new CheckedSpec(kind, [new CheckedProblem(impossible.Message, null, null)]);
        }
    }

    private async Task<CheckedSpec> OfExperimentAsync(LocatedSpec<ExperimentSpec> text, CancellationToken cancellation)
    {
        var (spec, teacher) = await _preparation.PrepareAsync(text, await TeacherOfAsync(text, cancellation), cancellation);
        var canonical = SpecJson.Canonical(spec);
        var (sweep, point) = (GrainKeys.Sweep(spec.Name, canonical), ImmutableDictionary<string, double>.Empty);
        var submission = new SweepSubmission(spec.Name, canonical, null)
        {
            Teachers = ImmutableSortedDictionary<string, ContentRef>.Empty.WithComparers(StringComparer.Ordinal).Add(spec.Teacher, teacher),
        };
        var forecast = await SweepForecast.OfAsync(sweep, submission, 1, [(point, spec)], archive, cancellation);
        var id = GrainKeys.Trial(sweep, 0);
        return Of(SpecKind.Experiment, spec.Name, forecast) with { Id = id, Exists = await archive.TrialAsync(id, cancellation) is not null };
    }

    private async Task<CheckedSpec> OfSweepAsync(SweepPlan plan, CancellationToken cancellation)
    {
        var teachers = ImmutableSortedDictionary.CreateBuilder<string, ContentRef>(StringComparer.Ordinal);
        foreach (var text in plan.Probes.Select(plan.ExperimentAt).Where(text => !teachers.ContainsKey(text.Spec.Teacher)))
        {
            teachers[text.Spec.Teacher] = await TeacherOfAsync(text, cancellation);
        }
        var submission = await _preparation.PrepareAsync(plan, teachers.ToImmutable(), [], cancellation);
        var sampler = new SweepSampler(plan);
        var trials = KnownTrials.Of(plan, sampler, 0, MostTried, cancellation);
        var id = GrainKeys.Sweep(plan.Name, plan.Canonical);
        var forecast = await SweepForecast.OfAsync(
            id, submission, sampler.Total, [.. trials.Select(trial => (trial.Point, trial.Text.Spec))], archive, cancellation);
        return Of(SpecKind.Sweep, plan.Name, forecast) with { Exists = await archive.SweepAsync(id, cancellation) is not null, Trials = forecast.Trials };
    }

    private static CheckedSpec Of(SpecKind kind, string name, SweepForecast forecast)
    {
        var existing = forecast.Trajectories.Values.Count(trajectory => trajectory.IsThere);
        return new CheckedSpec(kind, [])
        {
            Name = name,
            Id = forecast.Id,
            Trajectories = new CheckedTrajectories(forecast.Trajectories.Count - existing, existing),
            Steps = forecast.BacktrackingSteps,
            Images = forecast.BacktrackingImages,
            RecordingSteps = forecast.RecordingSteps,
            DeviceSeconds = forecast.DeviceSeconds,
            MeasuredRuns = forecast.MeasuredRuns,
        };
    }

    /// <summary>The weights of an experiment's teacher, which is a name in its text: if there is none, the text shows where that stands.</summary>
    private Task<ContentRef> TeacherOfAsync(LocatedSpec<ExperimentSpec> text, CancellationToken cancellation) => text.CheckAsync(async () =>
    {
        try
        {
            return await new TeacherLibrary(archive).ResolveStoredAsync(text.Spec.Teacher, cancellation);
        }
        catch (DisBackException missing) when (missing is not StorageException)
        {
            throw new SpecMistakeException("teacher", missing.Message.TrimEnd('.'), missing);
        }
    });
}
