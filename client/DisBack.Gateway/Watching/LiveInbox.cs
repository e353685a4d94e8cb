using System.Threading.Channels;
using DisBack.Contracts.Grains;

namespace DisBack.Gateway.Watching;

/// <summary>
/// What a viewer has not been told yet: of each subject the newest alone, so its size is bounded by the number of subjects, however slowly the viewer reads.
/// </summary>
internal sealed class LiveInbox(TimeProvider time)
{
    private readonly Channel<RunId?> _unread = Channel.CreateUnbounded<RunId?>(new UnboundedChannelOptions { SingleReader = true });
    private readonly Lock _gate = new();
    private readonly Dictionary<RunId, LiveNews> _news = [];
    private LiveNews? _tables;
    private Task<bool>? _waiting;

    /// <summary>Whether nothing is unread.</summary>
    public bool IsEmpty
    {
        get
        {
            lock (_gate)
            {
                return _news.Count == 0 && _tables is null;
            }
        }
    }

    /// <summary>Changes what is unread about a run.</summary>
    public void Put(RunId run, Func<LiveNews, LiveNews> change)
    {
        lock (_gate)
        {
            var isRead = !_news.TryGetValue(run, out var unread);
            _news[run] = change(unread ?? new LiveNews(run));
            if (isRead)
            {
                _unread.Writer.TryWrite(run);
            }
        }
    }

    /// <summary>Puts a version of the tables in the place of the one before.</summary>
    public void PutTables(long version)
    {
        lock (_gate)
        {
            var isRead = _tables is null;
            _tables = new LiveNews(null) { Version = version };
            if (isRead)
            {
                _unread.Writer.TryWrite(null);
            }
        }
    }

    /// <summary>Takes what has been unread for longest; null when there was nothing for a while. One reader at a time.</summary>
    public async Task<LiveNews?> TakeAsync(TimeSpan atMost, CancellationToken cancellation)
    {
        _waiting ??= _unread.Reader.WaitToReadAsync(cancellation).AsTask();
        try
        {
            await _waiting.WaitAsync(atMost, time, cancellation);
        }
        catch (TimeoutException)
        {
            return null;
        }
        _waiting = null;
        lock (_gate)
        {
            if (_unread.Reader.TryRead(out var subject) && subject is { } run)
            {
                _news.Remove(run, out var news);
                return news;
            }
            var tables = _tables;
            _tables = null;
            return tables;
        }
    }
}
