using DisBack.Contracts.Documents;
using DisBack.Contracts.Grains;
using DisBack.Contracts.Specs;
using DisBack.Storage.Content;

namespace DisBack.Client;

/// <summary>What a program does with a cluster of DisBack: submit, command, watch. What it wants to read it finds in <see cref="DataFolder"/>.</summary>
/// <param name="grains">The grains of the silo in this process, or of a connected client.</param>
public sealed class DisBackClient(IGrainFactory grains)
{
    /// <summary>Submits an experiment. The same spec is the same run: submitting it again changes nothing but sees to it that it is being driven.</summary>
    /// <param name="spec">The experiment.</param>
    /// <param name="teacher">The teacher's weights, already in the content store.</param>
    /// <returns>The sweep and its one trial.</returns>
    public async Task<SweepDocument> SubmitAsync(ExperimentSpec spec, ContentRef teacher)
    {
        var canonical = SpecJson.Canonical(spec);
        return await grains.GetGrain<ISweepGrain>(GrainKeys.Sweep(spec.Name, canonical)).SubmitAsync(new SweepSubmission(spec.Name, canonical, teacher));
    }

    /// <summary>The run of one trial: pause, resume, cancel, watch.</summary>
    public ITrialGrain Trial(string id) => grains.GetGrain<ITrialGrain>(id);

    /// <summary>A teacher, by name.</summary>
    public ITeacherGrain Teacher(string name) => grains.GetGrain<ITeacherGrain>(name);
}
