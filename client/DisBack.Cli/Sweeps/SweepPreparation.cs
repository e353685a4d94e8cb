using System.Collections.Immutable;
using System.Text.Json.Nodes;
using DisBack.Cli.Installations;
using DisBack.Contracts.Documents;
using DisBack.Contracts.Grains;
using DisBack.Search.Sweeps;
using DisBack.Specs.Experiments;
using DisBack.Specs.Networks;
using DisBack.Specs.Reading;
using DisBack.Specs.Sweeps;

namespace DisBack.Cli.Sweeps;

/// <summary>
/// Makes the spec of a sweep ready to be submitted: tries every choice and both ends of every range with the teacher that it names, and every point that is
/// known beforehand; stores the files that any of them names.
/// </summary>
/// <param name="installation">Where it is submitted.</param>
/// <param name="submission">Stores what experiments name.</param>
/// <param name="amended">The sweep that it amends, which keeps the teachers and contents that it has; null if it is a new one.</param>
internal sealed class SweepPreparation(Installation installation, Submission submission, SweepDocument? amended = null)
{
    /// <summary>Settings that name files, or sections that are replaced as a whole where one of theirs does.</summary>
    private static readonly string[] s_stored =
    [
        "conditions", "data", "evaluation.features", "evaluation.statistics", "evaluation.reference", "recording.from", "start",
        "student.weights",
    ];

    private readonly SortedDictionary<string, ContentRef> _teachers = new(StringComparer.Ordinal);
    private readonly Dictionary<string, NetworkSettings> _networks = [];
    private readonly Dictionary<(string Key, string Written), StoredValue> _contents = [];

    /// <summary>The submission of a sweep, and the experiments that are known beforehand.</summary>
    /// <param name="plan">The spec.</param>
    /// <param name="sampler">Its sampler.</param>
    /// <param name="cancellation">Stops the work.</param>
    /// <param name="first">The first trial that is not there yet.</param>
    /// <exception cref="SpecException">Some of its trials cannot be run.</exception>
    public async Task<(SweepSubmission Submission, IReadOnlyList<KnownTrial> Trials)> PrepareAsync(
        SweepPlan plan, SweepSampler sampler, CancellationToken cancellation, int first = 0)
    {
        RefuseTwoAxesOfOneFile(plan, sampler);
        foreach (var probe in plan.Probes)
        {
            await TryAsync(plan.ExperimentAt(probe), cancellation);
        }
        var trials = KnownTrials.Of(plan, sampler, first, null, cancellation);
        if (!sampler.Learns)
        {
            // Trials that differ in single values have the very same sections, and most of them need not be compared as texts.
            foreach (var trial in trials.DistinctBy(trial => Sections(trial.Text.Spec)).DistinctBy(trial => Files(SpecJson.ToNode(trial.Text.Spec))))
            {
                await TryAsync(trial.Text, cancellation);
            }
        }
        var submission = new SweepSubmission(plan.Name, plan.Canonical, null)
        {
            Contents = [.. _contents.Values.OrderBy(stored => stored.Key, StringComparer.Ordinal).ThenBy(stored => stored.Written, StringComparer.Ordinal)],
            Teachers = _teachers.ToImmutableSortedDictionary(StringComparer.Ordinal),
        };
        return (submission, trials);

        static object Sections(ExperimentSpec spec) => (spec.Teacher, spec.Conditions, spec.Data, spec.Evaluation.Features, spec.Evaluation.Statistics,
            spec.Evaluation.Reference, spec.Recording.From, spec.Student.Weights);

        static string Files(JsonNode spec) => string.Join('\n', s_stored.Append("teacher").Select(key => At(spec, key)?.ToJsonString()));
    }

    private async Task TryAsync(LocatedSpec<ExperimentSpec> text, CancellationToken cancellation)
    {
        var name = text.Spec.Teacher;
        if (!_teachers.TryGetValue(name, out var teacher))
        {
            _teachers[name] = teacher = amended?.Teachers.GetValueOrDefault(name) ?? await installation.Teachers.ResolveAsync(name, cancellation);
            _networks[name] = await installation.Teachers.NetworkOfAsync(teacher, cancellation);
        }
        var known = text.With(StoredValue.PutIn(text.Spec, amended?.Contents ?? []));
        var prepared = SpecJson.ToNode(await submission.PrepareAsync(known, teacher, _networks[name], cancellation));
        var written = SpecJson.ToNode(text.Spec);
        foreach (var key in s_stored)
        {
            var (before, after) = (At(written, key), At(prepared, key));
            if (!JsonNode.DeepEquals(before, after))
            {
                _contents[(key, before!.ToJsonString())] = new StoredValue(key, before.ToJsonString(), after!.ToJsonString());
            }
        }
    }

    /// <summary>What such a sweep will combine is not known beforehand, so its files could not be stored.</summary>
    private static void RefuseTwoAxesOfOneFile(SweepPlan plan, SweepSampler sampler)
    {
        foreach (var section in s_stored.Where(_ => sampler.Learns))
        {
            var parts = plan.Axes.Where(axis => axis.Keys.Any(key => key.StartsWith($"{section}.", StringComparison.Ordinal)))
                .Select(axis => axis.Key).ToList();
            if (parts.Count > 1)
            {
                throw new DisBackException(
                    $"{string.Join(" and ", parts)} vary apart but together name what is looked up; make '{section}' one axis whose values are sections.");
            }
        }
    }

    private static JsonNode? At(JsonNode spec, string key) => key.Split('.').Aggregate((JsonNode?)spec, (node, part) => node?[part]);
}
