using System.Threading.Channels;
using DisBack.Contracts.Documents;
using DisBack.Storage.Blobs;
using Microsoft.Extensions.Logging;

namespace DisBack.Gateway.Notifications;

/// <summary>Has a rule told what it asks for, in one gateway of the cluster at a time.</summary>
/// <remarks>
/// Nothing is queued: what is not told yet is found in the tables at the next look. So memory is bounded however long a receiver is away, and what is told at
/// least once is whatever the tables have when a gateway comes back.
/// </remarks>
internal sealed partial class RuleFollower(
    Rule rule, ChangeReader changes, RuleLedger ledger, WebhookSender sender, NotificationPace pace, TimeProvider time, ILogger<RuleFollower> logger)
{
    /// <summary>Notifications of a rule that are under way, those that wait to be tried again included.</summary>
    private const int MostUnderWay = 32;

    /// <summary>Less than lies between two changes, and more than the tables round.</summary>
    private static readonly TimeSpan s_moment = TimeSpan.FromMilliseconds(1);

    /// <summary>What is being told of each thing. Its next change is told after it, so that they arrive in their order.</summary>
    private readonly Dictionary<string, (Change Change, Task Delivery)> _underWay = new(StringComparer.Ordinal);

    private readonly Channel<Change> _ended = Channel.CreateUnbounded<Change>(new UnboundedChannelOptions { SingleReader = true });
    private RuleState _state = new();
    private long? _version;
    private bool _isChanged;

    /// <summary>Follows the rule until it is stopped.</summary>
    public async Task FollowAsync(CancellationToken stopping)
    {
        while (!stopping.IsCancellationRequested)
        {
            try
            {
                _state = await ledger.TakeAsync(stopping);
                await LeadAsync(stopping);
            }
            catch (Exception) when (stopping.IsCancellationRequested)
            {
                return;
            }
            catch (BlobConflictException)
            {
                LogLost(rule.Name);
            }
            catch (Exception failed)
            {
                LogFailed(failed, rule.Name);
            }
            await Task.Delay(pace.Renewal, time, stopping).ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
        }
    }

    /// <summary>Tells what there is to tell, as the one gateway that does.</summary>
    private async Task LeadAsync(CancellationToken stopping)
    {
        using var ending = new CancellationTokenSource();
        (_version, _isChanged) = (null, false);
        var (isOurs, follows) = (true, false);
        try
        {
            while (true)
            {
                await TryLookAsync(ending.Token, stopping);
                if (_isChanged || ledger.IsDue)
                {
                    await ledger.WriteAsync(_state);
                    _isChanged = false;
                }
                if (!follows && _version is not null)
                {
                    follows = true;
                    LogFollows(rule.Name);
                }
                await WaitAsync(stopping);
            }
        }
        catch (BlobConflictException)
        {
            isOurs = false;
            throw;
        }
        finally
        {
            await EndAsync(ending, isOurs);
        }
    }

    /// <summary>Ends what is under way, and lets another gateway follow the rule.</summary>
    private async Task EndAsync(CancellationTokenSource ending, bool isOurs)
    {
        var deliveries = Task.WhenAll(_underWay.Values.Select(one => one.Delivery));
        if (isOurs)
        {
            // What a receiver is about to answer need not be told again.
            await Task.WhenAny(deliveries, Task.Delay(pace.Farewell, time));
        }
        await ending.CancelAsync();
        await deliveries;
        SettleEnded();
        _underWay.Clear();
        if (isOurs)
        {
            await ReleaseAsync();
        }
    }

    /// <summary>Waits until it is time for another look, or until something has been told.</summary>
    private async Task WaitAsync(CancellationToken stopping)
    {
        using var waiting = CancellationTokenSource.CreateLinkedTokenSource(stopping);
        var pause = Task.Delay(pace.Look, time, waiting.Token);
        await Task.WhenAny(pause, _ended.Reader.WaitToReadAsync(waiting.Token).AsTask());
        await waiting.CancelAsync();
        stopping.ThrowIfCancellationRequested();
        SettleEnded();
    }

    private void SettleEnded()
    {
        while (_ended.Reader.TryRead(out var change))
        {
            _underWay.Remove(change.Thing);
            Settle(change);
            // Room for others, and perhaps a later change of the same thing.
            _version = null;
        }
    }

    private void Settle(Change change)
    {
        _state.Tell(change);
        _isChanged = true;
    }

    private async Task TryLookAsync(CancellationToken ending, CancellationToken stopping)
    {
        try
        {
            var version = await changes.VersionAsync(stopping);
            if (version != _version)
            {
                await LookAsync(ending, stopping);
                _version = version;
            }
        }
        catch (Exception failed) when (!stopping.IsCancellationRequested)
        {
            // The next look may work, and what is under way goes on meanwhile.
            LogNoLook(failed, rule.Name);
        }
    }

    /// <summary>Finds what is to be told and begins to tell it.</summary>
    private async Task LookAsync(CancellationToken ending, CancellationToken stopping)
    {
        var began = time.GetUtcNow();
        var isFirst = _state.Floor is null;
        var found = await changes.ReadAsync(_state.Floor ?? began - pace.Lateness, stopping).Where(change => !_state.HasTold(change))
            .ToListAsync(stopping);
        if (isFirst)
        {
            found.ForEach(Settle);
            found.Clear();
        }
        foreach (var change in found.GroupBy(change => change.Thing, StringComparer.Ordinal).OrderBy(ofOne => ofOne.First().At).SelectMany(ofOne => ofOne))
        {
            await TellAsync(change, null, ending, stopping);
        }
        foreach (var (change, previous) in await SweepsAsync(stopping))
        {
            await TellAsync(change, previous, ending, stopping);
        }
        RaiseFloor(began, found);
    }

    /// <summary>Sweeps that have entered a state of the rule, with the state that they left.</summary>
    private async Task<IReadOnlyList<(Change, RunStatus?)>> SweepsAsync(CancellationToken stopping)
    {
        if (!rule.Of.Contains(Subject.Sweeps))
        {
            _state.Sweeps = null;
            return [];
        }
        var isFirst = _state.Sweeps is null;
        var sweeps = await changes.ReadSweepsAsync(_state.Sweeps ?? [], stopping);
        _state.Sweeps ??= new(StringComparer.Ordinal);
        var entered = new List<(Change, RunStatus?)>();
        foreach (var sweep in sweeps.Where(sweep => !_state.HasTold(sweep)))
        {
            if (isFirst || !rule.On.Contains(sweep.Status))
            {
                Settle(sweep);
            }
            else
            {
                entered.Add((sweep, _state.Sweeps.GetValueOrDefault(sweep.Key)?.Status));
            }
        }
        foreach (var gone in _state.Sweeps.Keys.Except(sweeps.Select(sweep => sweep.Key)).ToList())
        {
            _isChanged |= _state.Sweeps.Remove(gone);
        }
        return entered;
    }

    /// <summary>Begins to tell a change, unless an earlier one of the same thing is being told; a later look finds what is left out.</summary>
    private async Task TellAsync(Change change, RunStatus? previous, CancellationToken ending, CancellationToken stopping)
    {
        if (_underWay.Count == MostUnderWay || _underWay.ContainsKey(change.Thing))
        {
            return;
        }
        if (await changes.DescribeAsync(change, previous, stopping) is { } notification)
        {
            _underWay.Add(change.Thing, (change, DeliverAsync(change, notification, ending)));
        }
        else
        {
            Settle(change);
        }
    }

    private async Task DeliverAsync(Change change, Notification notification, CancellationToken ending)
    {
        await Task.CompletedTask.ConfigureAwait(ConfigureAwaitOptions.ForceYielding);
        try
        {
            await sender.SendAsync(rule, notification, ending);
            _ended.Writer.TryWrite(change);
        }
        catch (OperationCanceledException) when (ending.IsCancellationRequested)
        {
            // Whoever follows the rule next tells it again.
        }
    }

    /// <summary>Forgets what is too old to be found again, up to the first change that is not told yet.</summary>
    private void RaiseFloor(DateTimeOffset looked, List<Change> found)
    {
        var untold = found.Where(change => !_state.HasTold(change)).Concat(_underWay.Values.Select(one => one.Change))
            .Where(change => change.Subject != Subject.Sweeps).Select(change => change.At - s_moment);
        var isFirst = _state.Floor is null;
        _state.Raise(untold.Append(looked - pace.Lateness).Min());
        _isChanged |= isFirst;
    }

    private async Task ReleaseAsync()
    {
        try
        {
            await ledger.ReleaseAsync(_state);
        }
        catch (Exception failed)
        {
            // Another gateway takes over after a while, and tells once more what this one could not write down.
            LogFailed(failed, rule.Name);
        }
    }

    [LoggerMessage(Level = LogLevel.Information, Message = "This gateway follows the rule {Rule}.")]
    private partial void LogFollows(string rule);

    [LoggerMessage(Level = LogLevel.Information, Message = "Another gateway follows the rule {Rule}.")]
    private partial void LogLost(string rule);

    [LoggerMessage(Level = LogLevel.Warning, Message = "What the rule {Rule} has told could not be read or written, which is tried again in a moment.")]
    private partial void LogFailed(Exception failed, string rule);

    [LoggerMessage(Level = LogLevel.Warning, Message = "The tables could not be looked at for the rule {Rule}, and are again in a moment.")]
    private partial void LogNoLook(Exception failed, string rule);
}
