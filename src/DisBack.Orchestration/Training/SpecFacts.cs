using System.Text.Json.Nodes;
using DisBack.Specs.Backtracking;
using DisBack.Specs.Experiments;
using DisBack.Specs.Networks;
using DisBack.Specs.Reading;
using DisBack.Specs.Training;

namespace DisBack.Orchestration.Training;

/// <summary>
/// The few parts of a spec that the orchestration looks at, read once from its canonical JSON. Everything else in a spec is for the method alone.
/// </summary>
/// <param name="Checkpoints">When a run is made durable.</param>
/// <param name="Hardware">The device that a run asks for, and how much of a slot it takes.</param>
/// <param name="Start">The checkpoint that an experiment goes on from; null where it begins anew.</param>
internal sealed record SpecFacts(CheckpointSettings Checkpoints, HardwareSettings Hardware, StartSettings? Start = null)
{
    /// <summary>How much of a slot a run takes.</summary>
    public double Share => Hardware.Slot ?? 1;

    /// <summary>How many slots it needs at once.</summary>
    public int Slots => Hardware.Workers ?? 1;

    /// <summary>The facts of a spec; an empty text, which weights that were imported have, gives the defaults.</summary>
    public static SpecFacts Of(string spec)
    {
        if (spec.Length == 0)
        {
            return new(new CheckpointSettings(), new HardwareSettings());
        }

        var json = SpecJson.Sections(spec);
        return new(Part<CheckpointSettings>(json, "checkpoints"), Part<HardwareSettings>(json, "hardware"), StartOf(json));
    }

    /// <summary>The network that the spec of a teacher describes, as canonical JSON.</summary>
    public static string Network(string spec)
    {
        var network = SpecJson.Sections(spec)["network"] is { } part ? SpecJson.FromJson<NetworkSettings>(part.ToJsonString()) : new SongUnetSettings();
        return network.ToJson();
    }

    /// <summary>The index of the first target that an experiment has on a trajectory of so many nodes.</summary>
    public static int FirstTarget(string spec, int nodes) => Stage2(SpecJson.Sections(spec)).FirstTargetOf(nodes);

    /// <summary>Whether an experiment walks a trajectory that there is already, and has none recorded.</summary>
    public static bool NamesTrajectory(string spec) => SpecJson.Sections(spec)["recording"]?["from"] is not null;

    private static StartSettings? StartOf(JsonObject json) => json["start"] is { } part ? SpecJson.FromJson<StartSettings>(part.ToJsonString()) : null;

    private static BacktrackingSettings Stage2(JsonObject json) =>
        json["backtracking"] is { } part ? SpecJson.FromJson<BacktrackingSettings>(part.ToJsonString()) : new DmdSettings();

    private static T Part<T>(JsonObject json, string name)
        where T : class, new() => json[name] is { } part ? SpecJson.FromJson<T>(part.ToJsonString()) : new T();
}
