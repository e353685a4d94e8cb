using System.Text.Json;
using DisBack.Contracts.Grains;
using DisBack.Specs.Networks;
using DisBack.Specs.Reading;
using DisBack.Specs.Training;

namespace DisBack.Orchestration.Training;

/// <summary>
/// The few parts of a spec that the orchestration looks at, read from its canonical JSON. Everything else in a spec is the method's own business.
/// </summary>
internal static class SpecFacts
{
    /// <summary>When a run is made durable.</summary>
    public static CheckpointSettings Checkpoints(string spec) => Part<CheckpointSettings>(spec, "checkpoints");

    /// <summary>Device that a run asks for: <c>cpu</c>, <c>cuda</c> for any of that kind, or <c>cuda:N</c>.</summary>
    public static string Device(string spec) => Part<HardwareSettings>(spec, "hardware").Device;

    /// <summary>How much of a slot a run takes.</summary>
    public static double Share(string spec) => Part<HardwareSettings>(spec, "hardware").Slot ?? 1;

    /// <summary>The network that the spec of a teacher describes, as canonical JSON.</summary>
    public static string Network(string spec) => Part<NetworkSettings>(spec, "network").ToJson();

    /// <summary>Key of the trajectory that an experiment walks: teacher, generator, recording and seed (paper, algorithm 1).</summary>
    /// <remarks>
    /// The generator starts as the teacher at a noise level, so the student's settings say all that the teacher's digest does not. The hardware is
    /// part of it because the thread count decides the last bits; the share of a slot decides nothing.
    /// </remarks>
    public static string TrajectoryKey(string spec, string teacherDigest)
    {
        using var json = JsonDocument.Parse(spec);
        string Text(string name) => json.RootElement.TryGetProperty(name, out var part) ? part.GetRawText() : "";
        var seed = json.RootElement.TryGetProperty("seed", out var value) ? value.GetInt64() : 0;
        return GrainKeys.Trajectory(teacherDigest, GrainKeys.Digest(Text("student")), Text("recording") + Hardware(), seed);

        string Hardware() => json.RootElement.TryGetProperty("hardware", out var part)
            ? SpecJson.Canonical(SpecJson.FromJson<HardwareSettings>(part.GetRawText()) with { Slot = null })
            : "";
    }

    private static T Part<T>(string spec, string name)
        where T : class, new()
    {
        using var json = JsonDocument.Parse(spec);
        return json.RootElement.TryGetProperty(name, out var part) ? SpecJson.FromJson<T>(part.GetRawText()) : new T();
    }
}
