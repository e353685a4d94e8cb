namespace DisBack.Storage.Blobs;

/// <summary>Which documents may have changed since a position.</summary>
/// <param name="Position">
/// Where whoever has looked at all that is named here goes on; null if the store keeps no account, so that the next question is answered with everything.
/// </param>
/// <param name="Names">
/// The blobs that were written or deleted since, and perhaps others; null is everything. Whoever looks at them after this answer misses nothing: what changes
/// meanwhile is named behind the position.
/// </param>
public sealed record BlobChanges(string? Position, IReadOnlySet<string>? Names)
{
    /// <summary>Everything may have changed, now and the next time.</summary>
    public static BlobChanges Unknown { get; } = new(null, null);
}
