using System.Text.Json.Nodes;
using DisBack.Specs.Backtracking;
using DisBack.Specs.Reading;
using DisBack.Specs.Training;

namespace DisBack.Contracts.Grains;

/// <summary>Which trajectory an experiment walks: experiments with one key share it.</summary>
public static class TrajectoryKey
{
    /// <summary>All that changes the bytes of stage 1, and nothing else (paper, algorithm 1).</summary>
    /// <remarks>
    /// The generator starts as the teacher at a noise level, so the student's settings say all that the teacher's digest does not. The hardware is
    /// part of it because the thread count decides the last bits; the share of a slot decides nothing, nor what is computed twice. The seed is that of
    /// stage 1: experiments that
    /// differ in their own seed or in stage 2 share a trajectory where they name the same one.
    /// </remarks>
    /// <param name="spec">The experiment as canonical JSON.</param>
    /// <param name="teacherDigest">SHA-256 of the teacher's file.</param>
    public static string Of(string spec, string teacherDigest)
    {
        var json = SpecJson.Sections(spec);
        var recording = json["recording"]?.AsObject();
        if (recording?["from"]?.GetValue<string>() is { } from)
        {
            return from;
        }
        var seed = recording?["seed"] ?? json["seed"];
        recording?.Remove("seed");
        // What the host hears decides only where stage 1 is to end by it.
        var signal = recording?["until_calibrated"] is null ? "" : SpecJson.Canonical(Stage2(json).Signal);
        // Only a discriminator looks at real samples in stage 1.
        var data = recording?["gan_weight"] is null ? "" : Text(json["data"]);
        var stage = Text(recording) + Hardware() + signal + data + Text(json["adapters"]) + Text(json["conditions"]);
        return GrainKeys.Trajectory(teacherDigest, GrainKeys.Digest(Text(json["student"])), stage, seed?.GetValue<long>() ?? 0);

        static string Text(JsonNode? part) => part?.ToJsonString() ?? "";

        string Hardware() => json["hardware"] is { } part
            ? SpecJson.Canonical(SpecJson.FromJson<HardwareSettings>(part.ToJsonString()) with { Slot = null, CheckpointActivations = false })
            : "";
    }

    private static BacktrackingSettings Stage2(JsonObject json) =>
        json["backtracking"] is { } part ? SpecJson.FromJson<BacktrackingSettings>(part.ToJsonString()) : new DmdSettings();
}
