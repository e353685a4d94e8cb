using System.Globalization;

namespace DisBack.Contracts.Grains;

/// <summary>One attempt at one run: the identity of a trainer, of a training thread and of a slot lease.</summary>
/// <param name="Kind">What is trained, and therefore what kind of grain owns it.</param>
/// <param name="Owner">The owner's key.</param>
/// <param name="Number">The attempt, 1, 2, 3...</param>
[GenerateSerializer, Immutable, Alias("disback.RunAttempt.v1")]
public sealed record RunAttempt([property: Id(0)] RunKind Kind, [property: Id(1)] string Owner, [property: Id(2)] int Number)
{
    /// <summary>The trainer's grain key, <c>{kind}/{owner}/{attempt:D4}</c>.</summary>
    public override string ToString() =>
        string.Create(CultureInfo.InvariantCulture, $"{Kind.ToString().ToLowerInvariant()}/{Owner}/{Number:D4}");
}
