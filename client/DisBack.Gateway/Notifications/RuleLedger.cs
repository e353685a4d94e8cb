using System.Text.Json;
using DisBack.Storage;
using DisBack.Storage.Blobs;

namespace DisBack.Gateway.Notifications;

/// <summary>What is remembered of a rule, in a blob that one gateway at a time writes.</summary>
/// <remarks>
/// Whoever follows a rule writes its blob again and again. A gateway that has seen nothing written for a while takes over, under the ETag of what it saw, and
/// the other finds that out at its next write. So no clocks are compared, and none but that of the one who waits counts.
/// </remarks>
internal sealed class RuleLedger(IBlobStore blobs, string rule, NotificationPace pace, TimeProvider time)
{
    private readonly string _name = NameOf(rule);
    private readonly string _self = Guid.NewGuid().ToString("n");
    private BlobCondition _condition;
    private long _written;

    /// <summary>Whether a sign is due that this gateway follows the rule.</summary>
    public bool IsDue => time.GetElapsedTime(_written) >= pace.Renewal;

    /// <summary>The blob of a rule.</summary>
    public static string NameOf(string rule) => $"notifications/{rule}.json";

    /// <summary>Waits until this gateway is the one that follows the rule.</summary>
    /// <returns>What is remembered.</returns>
    public async Task<RuleState> TakeAsync(CancellationToken cancellation)
    {
        (string ETag, long Since)? seen = null;
        while (true)
        {
            var blob = await blobs.ReadAsync(_name, cancellation);
            var state = blob is null ? new RuleState() : Parse(blob.Content);
            if (blob is not null && blob.ETag != seen?.ETag)
            {
                seen = (blob.ETag, time.GetTimestamp());
            }
            if (state.Holder is null || time.GetElapsedTime(seen!.Value.Since) >= pace.Takeover)
            {
                try
                {
                    _condition = blob is null ? BlobCondition.Missing : BlobCondition.Unchanged(blob.ETag);
                    await WriteAsync(state);
                    return state;
                }
                catch (BlobConflictException)
                {
                    // Another gateway was quicker.
                }
            }
            await Task.Delay(pace.Renewal, time, cancellation);
        }
    }

    /// <summary>Remembers, and shows that this gateway follows the rule.</summary>
    /// <exception cref="BlobConflictException">It does not any more: another one has taken over.</exception>
    public Task WriteAsync(RuleState state) => WriteAsync(state, _self);

    /// <summary>Remembers, and lets another gateway follow the rule at once.</summary>
    public Task ReleaseAsync(RuleState state) => WriteAsync(state, null);

    /// <remarks>Nothing stops a write: whether it happened decides which ETag the next one names.</remarks>
    private async Task WriteAsync(RuleState state, string? holder)
    {
        state.Holder = holder;
        // Before the write: that is when the others may begin to count.
        var began = time.GetTimestamp();
        var json = JsonSerializer.SerializeToUtf8Bytes(state, StorageJson.Options);
        _condition = BlobCondition.Unchanged(await blobs.WriteAsync(_name, BinaryData.FromBytes(json), _condition, CancellationToken.None));
        _written = began;
    }

    private RuleState Parse(BinaryData json)
    {
        try
        {
            return JsonSerializer.Deserialize<RuleState>(json, StorageJson.Options) ?? throw new JsonException("it is null");
        }
        catch (Exception cause) when (cause is JsonException or NotSupportedException)
        {
            throw new CorruptDocumentException($"What the rule '{rule}' has told cannot be read from '{_name}' in '{blobs.Location}' "
                + $"({cause.Message.TrimEnd('.')}); restore the blob from a copy, or delete it to begin anew without the changes until then.", cause);
        }
    }
}
