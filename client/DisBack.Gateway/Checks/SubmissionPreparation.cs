using System.Collections.Immutable;
using System.Text.Json;
using DisBack.Client;
using DisBack.Contracts.Documents;
using DisBack.Contracts.Grains;
using DisBack.Specs.Experiments;
using DisBack.Specs.Networks;
using DisBack.Specs.Reading;
using DisBack.Specs.Sweeps;

namespace DisBack.Gateway.Checks;

/// <summary>Makes of specs what can be submitted: with the teachers, trajectories and checkpoints that they name, as they are stored here.</summary>
/// <param name="archive">What is stored.</param>
internal sealed class SubmissionPreparation(BlobArchive archive)
{
    private readonly TeacherLibrary _library = new(archive);

    /// <summary>An experiment that can be run with what is stored here.</summary>
    /// <param name="text">The spec.</param>
    /// <param name="named">The weights of its teacher; null finds them by its name.</param>
    /// <param name="cancellation">Stops the work.</param>
    /// <returns>The experiment as it is submitted, and the weights of its teacher.</returns>
    /// <exception cref="SpecException">It cannot be run.</exception>
    public async Task<(ExperimentSpec Spec, ContentRef Teacher)> PrepareAsync(
        LocatedSpec<ExperimentSpec> text, ContentRef? named, CancellationToken cancellation)
    {
        // By name only: a path in a spec is one of the submitter's machine, and none of this one's.
        var teacher = named ?? await _library.ResolveStoredAsync(text.Spec.Teacher, cancellation);
        await DemandAsync(teacher, cancellation);
        return (await ResolveAsync(text, teacher, await _library.NetworkOfAsync(teacher, cancellation), cancellation), teacher);
    }

    /// <summary>A sweep that can be run with what is stored here, by each choice and both ends of each range.</summary>
    /// <param name="plan">The spec.</param>
    /// <param name="named">The weights of teachers by their names in the spec; null finds all of them by name.</param>
    /// <param name="known">What is stored in the place of what the spec names.</param>
    /// <param name="cancellation">Stops the work.</param>
    /// <exception cref="SpecException">Some of its trials cannot be run.</exception>
    public async Task<SweepSubmission> PrepareAsync(
        SweepPlan plan,
        ImmutableSortedDictionary<string, ContentRef>? named,
        ImmutableArray<StoredValue> known,
        CancellationToken cancellation)
    {
        var teachers = new SortedDictionary<string, ContentRef>(StringComparer.Ordinal);
        var networks = new Dictionary<string, NetworkSettings>();
        var contents = new HashSet<StoredValue>(known);
        var seen = new HashSet<string>();
        foreach (var text in plan.Probes.Select(plan.ExperimentAt))
        {
            var name = text.Spec.Teacher;
            if (!teachers.TryGetValue(name, out var teacher))
            {
                // By name only: a path in a spec is one of the submitter's machine, and none of this one's.
                teachers[name] = teacher = named?.GetValueOrDefault(name) ?? await _library.ResolveStoredAsync(name, cancellation);
                await DemandAsync(teacher, cancellation);
                networks[name] = await _library.NetworkOfAsync(teacher, cancellation);
            }
            var stored = StoredValue.PutIn(text.Spec, contents);
            var resolved = await ResolveAsync(text.With(stored), teacher, networks[name], cancellation);
            if (resolved.Recording.From != stored.Recording.From)
            {
                contents.Add(new StoredValue(
                    "recording.from", JsonSerializer.Serialize(stored.Recording.From), JsonSerializer.Serialize(resolved.Recording.From)));
            }
            if (resolved.Start is { } start && start != stored.Start)
            {
                contents.Add(new StoredValue("start", SpecJson.ToNode(stored.Start!).ToJsonString(), SpecJson.ToNode(start).ToJsonString()));
            }
        }
        return new SweepSubmission(plan.Name, plan.Canonical, null)
        {
            Teachers = teachers.ToImmutableSortedDictionary(StringComparer.Ordinal),
            Contents = [.. contents.OrderBy(value => value.Key, StringComparer.Ordinal).ThenBy(value => value.Written, StringComparer.Ordinal)],
        };
    }

    /// <summary>Refuses weights that are not stored.</summary>
    public async Task DemandAsync(ContentRef weights, CancellationToken cancellation)
    {
        if (!await archive.Content.ExistsAsync(weights, cancellation))
        {
            throw new DisBackException($"The weights {weights.Digest} ({weights.Length} bytes) are not stored; send them to contents/{weights.Digest} first.");
        }
    }

    private Task<ExperimentSpec> ResolveAsync(
        LocatedSpec<ExperimentSpec> text, ContentRef teacher, NetworkSettings network, CancellationToken cancellation) => text.CheckAsync(async () =>
    {
        var resolved = await SpecTrajectory.ResolveAsync(text.Spec, archive, teacher, cancellation);
        resolved = await SpecStart.ResolveAsync(resolved, archive, teacher, cancellation);
        await new SpecContents(archive.Content).CheckAsync(resolved, network, cancellation);
        return resolved;
    });
}
