using System.Globalization;
using System.Security.Cryptography;
using System.Text;

namespace DisBack.Contracts.Grains;

/// <summary>Every key of a grain is built here, and that of every document which is part of one.</summary>
public static class GrainKeys
{
    /// <summary>Key of the one accelerator pool.</summary>
    public const string Pool = "default";

    /// <summary>Key of the one grain that has damaged contents repaired.</summary>
    public const string ContentRepair = "default";

    /// <summary>Key of the one supervisor of runs.</summary>
    public const string Supervisor = "default";

    /// <summary>
    /// Id of a sweep: the spec's name and the first eight hexadecimal digits of SHA-256 over its canonical JSON. The same spec is the same sweep.
    /// </summary>
    public static string Sweep(string name, string canonicalSpec) => $"{name}-{Digest(canonicalSpec)[..8]}";

    /// <summary>Id of a trial: sweep id and ordinal.</summary>
    public static string Trial(string sweep, int ordinal) => string.Create(CultureInfo.InvariantCulture, $"{sweep}/{ordinal:D4}");

    /// <summary>Key of a page of the trials of a sweep, counted from 0.</summary>
    public static string SweepPage(string sweep, int page) => string.Create(CultureInfo.InvariantCulture, $"{sweep}/{page:D4}");

    /// <summary>The sweep that a trial belongs to, or a page.</summary>
    public static string SweepOf(string trial) => trial[..trial.LastIndexOf('/')];

    /// <summary>The number of a trial in its sweep.</summary>
    public static int OrdinalOf(string trial) => int.Parse(trial.AsSpan(trial.LastIndexOf('/') + 1), NumberStyles.None, CultureInfo.InvariantCulture);

    /// <summary>
    /// Key of a trajectory: SHA-256 over all that determines stage 1 (paper, algorithm 1): the teacher, the generator it degrades into,
    /// how the recording goes, and the seed.
    /// </summary>
    /// <param name="teacherDigest">SHA-256 of the teacher's file.</param>
    /// <param name="generatorDigest">Digest of the initial generator, or of what determines it.</param>
    /// <param name="canonicalRecording">The recording settings as canonical JSON.</param>
    /// <param name="seed">The run seed.</param>
    public static string Trajectory(string teacherDigest, string generatorDigest, string canonicalRecording, long seed) =>
        Digest(string.Create(CultureInfo.InvariantCulture, $"disback trajectory v1\n{teacherDigest}\n{generatorDigest}\n{seed}\n{canonicalRecording}"));

    /// <summary>Key of a trajectory that was recorded elsewhere: SHA-256 over the digests of its nodes, the teacher's first.</summary>
    public static string ImportedTrajectory(IEnumerable<string> nodeDigests) => Digest($"disback imported trajectory v1\n{string.Join('\n', nodeDigests)}");

    /// <summary>Whether a text has the form of the key of a drawing, 32 lower-case hexadecimal digits.</summary>
    public static bool IsDrawing(string text) => text is { Length: 32 } && text.All(char.IsAsciiHexDigitLower);

    /// <summary>A key for a new drawing.</summary>
    public static string NewDrawing() => Guid.NewGuid().ToString("n");

    /// <summary>Name under which a run's metric chunks lie: the trial id, <c>trajectory/{key}</c> or <c>teacher/{name}</c>.</summary>
    public static string Metrics(RunKind kind, string owner) => RunKinds.Of(kind).Prefix + owner;

    /// <summary>SHA-256 of a text as 64 lower-case hexadecimal digits.</summary>
    public static string Digest(string text) => Convert.ToHexStringLower(SHA256.HashData(Encoding.UTF8.GetBytes(text)));
}
