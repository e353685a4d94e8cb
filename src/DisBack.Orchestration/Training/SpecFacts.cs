using System.Text.Json.Nodes;
using DisBack.Contracts.Grains;
using DisBack.Specs.Backtracking;
using DisBack.Specs.Networks;
using DisBack.Specs.Reading;
using DisBack.Specs.Training;

namespace DisBack.Orchestration.Training;

/// <summary>
/// The few parts of a spec that the orchestration looks at, read once from its canonical JSON. Everything else in a spec is for the method alone.
/// </summary>
/// <param name="Checkpoints">When a run is made durable.</param>
/// <param name="Hardware">The device that a run asks for, and how much of a slot it takes.</param>
internal sealed record SpecFacts(CheckpointSettings Checkpoints, HardwareSettings Hardware)
{
    /// <summary>How much of a slot a run takes.</summary>
    public double Share => Hardware.Slot ?? 1;

    /// <summary>The facts of a spec; an empty text, which weights that were imported have, gives the defaults.</summary>
    public static SpecFacts Of(string spec)
    {
        if (spec.Length == 0)
        {
            return new(new CheckpointSettings(), new HardwareSettings());
        }

        var json = SpecJson.Sections(spec);
        return new(Part<CheckpointSettings>(json, "checkpoints"), Part<HardwareSettings>(json, "hardware"));
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
    public static bool NamesTrajectory(string spec) => FromOf(SpecJson.Sections(spec)) is not null;

    /// <summary>Key of the trajectory that an experiment walks: all that changes the bytes of stage 1, and nothing else (paper, algorithm 1).</summary>
    /// <remarks>
    /// The generator starts as the teacher at a noise level, so the student's settings say all that the teacher's digest does not. The hardware is
    /// part of it because the thread count decides the last bits; the share of a slot decides nothing. The seed is that of stage 1: experiments that
    /// differ in their own seed or in stage 2 share a trajectory where they name the same one.
    /// </remarks>
    public static string TrajectoryKey(string spec, string teacherDigest)
    {
        var json = SpecJson.Sections(spec);
        if (FromOf(json) is { } from)
        {
            return from;
        }
        var recording = json["recording"]?.AsObject();
        var seed = recording?["seed"] ?? json["seed"];
        recording?.Remove("seed");
        // What the host hears decides only where stage 1 is to end by it.
        var signal = recording?["until_calibrated"] is null ? "" : SpecJson.Canonical(Stage2(json).Signal);
        return GrainKeys.Trajectory(
            teacherDigest, GrainKeys.Digest(Text(json["student"])), Text(recording) + Hardware() + signal, seed?.GetValue<long>() ?? 0);

        static string Text(JsonNode? part) => part?.ToJsonString() ?? "";

        string Hardware() => json["hardware"] is { } part
            ? SpecJson.Canonical(SpecJson.FromJson<HardwareSettings>(part.ToJsonString()) with { Slot = null })
            : "";
    }

    private static string? FromOf(JsonObject json) => json["recording"]?["from"]?.GetValue<string>();

    private static BacktrackingSettings Stage2(JsonObject json) =>
        json["backtracking"] is { } part ? SpecJson.FromJson<BacktrackingSettings>(part.ToJsonString()) : new DmdSettings();

    private static T Part<T>(JsonObject json, string name)
        where T : class, new() => json[name] is { } part ? SpecJson.FromJson<T>(part.ToJsonString()) : new T();
}
