using DisBack.Contracts.Documents;
using DisBack.Orchestration.Runs;

namespace DisBack.Orchestration.Tests.Runs;

public sealed class MeanTimeToFailureTests
{
    [Fact]
    public void It_is_the_time_in_attempts_for_each_that_was_lost()
    {
        var run = new RunRecord
        {
            Attempts =
            [
                Attempt(1, 10, FailureCause.Lost), Attempt(2, 30, FailureCause.Stopped), Attempt(3, 20, FailureCause.Crash),
                new Attempt { Number = 4, Started = DateTimeOffset.UnixEpoch },
            ],
        };

        Assert.Equal(TimeSpan.FromSeconds(30), MeanTimeToFailure.Of(run));
    }

    [Fact]
    public void There_is_none_where_nothing_was_lost() =>
        Assert.Null(MeanTimeToFailure.Of(new RunRecord { Attempts = [Attempt(1, 10, FailureCause.Stopped), Attempt(2, 10, null)] }));

    private static Attempt Attempt(int number, int seconds, FailureCause? cause) => new()
    {
        Number = number, Started = DateTimeOffset.UnixEpoch, Ended = DateTimeOffset.UnixEpoch.AddSeconds(seconds), Cause = cause,
    };
}
