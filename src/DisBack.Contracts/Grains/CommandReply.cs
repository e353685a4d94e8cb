using DisBack.Contracts.Documents;

namespace DisBack.Contracts.Grains;

/// <summary>What became of a pause, a resume or a cancel.</summary>
/// <param name="Status">Status after the command; it may still be on its way to what was asked for.</param>
/// <param name="Applied">Whether the command changed what is wanted of the run.</param>
/// <param name="Message">One sentence for people.</param>
[GenerateSerializer, Immutable, Alias("disback.CommandReply.v1")]
public sealed record CommandReply([property: Id(0)] RunStatus Status, [property: Id(1)] bool Applied, [property: Id(2)] string Message);
