using System.Globalization;
using DisBack.Contracts.Documents;
using DisBack.Contracts.Grains;

namespace DisBack.Gateway.Notifications;

/// <summary>Something entered a state.</summary>
/// <param name="Subject">What kind of thing.</param>
/// <param name="Key">Which one: the id of a run or sweep, the key of a trajectory, the name of a teacher.</param>
/// <param name="Number">A larger one for each later change of the same thing.</param>
/// <param name="At">When.</param>
/// <param name="Status">The state.</param>
internal sealed record Change(Subject Subject, string Key, long Number, DateTimeOffset At, RunStatus Status)
{
    /// <summary>When it happened, or when its sweep was submitted: tells it from a change of a namesake that was deleted.</summary>
    public required DateTimeOffset Origin { get; init; }

    /// <summary>How far it had come.</summary>
    public long Step { get; init; }

    /// <summary>One sentence for people.</summary>
    public string? Message { get; init; }

    /// <summary>The thing, among those of all kinds.</summary>
    public string Thing => $"{Subject.Table()}/{Key}";

    /// <summary>An id for the receiver, which is the same whichever gateway sends it, and however often.</summary>
    public string IdFor(string rule) =>
        "msg_" + GrainKeys.Digest(string.Create(CultureInfo.InvariantCulture, $"{rule}\n{Thing}\n{Number}\n{Origin.UtcTicks}"))[..32];
}
