using System.Runtime.CompilerServices;
using DisBack.Contracts.Documents;
using DisBack.Contracts.Grains;

namespace DisBack.Client;

/// <summary>What is done with drawings beside single calls.</summary>
public static class Drawings
{
    /// <summary>How often a drawing is asked for; its worker reports no more often.</summary>
    private static readonly TimeSpan s_period = TimeSpan.FromSeconds(0.5);

    /// <summary>A drawing again and again until it has settled, whenever something of it has changed.</summary>
    /// <param name="control">The installation.</param>
    /// <param name="id">Its id.</param>
    /// <param name="time">The clock; null is the system's.</param>
    /// <param name="cancellation">Ends the following, and not the drawing.</param>
    /// <exception cref="NotFoundException">There is none of that id, or no more.</exception>
    public static async IAsyncEnumerable<DrawingView> FollowAsync(
        this IControl control, string id, TimeProvider? time = null, [EnumeratorCancellation] CancellationToken cancellation = default)
    {
        using var period = new PeriodicTimer(s_period, time ?? TimeProvider.System);
        (DrawingState, DrawingProgressReport?, string?, int)? shown = null;
        while (true)
        {
            var now = await control.DrawingAsync(id, cancellation);
            if (shown != (now.State, now.Progress, now.Message, now.Pictures.Length))
            {
                shown = (now.State, now.Progress, now.Message, now.Pictures.Length);
                yield return now;
            }
            if (now.State.IsSettled())
            {
                yield break;
            }
            await period.WaitForNextTickAsync(cancellation);
        }
    }

    internal static NotFoundException Unknown(string id) =>
        new($"There is no drawing {id}; one that has settled is kept for a day, unless its cluster has another setting.");
}
