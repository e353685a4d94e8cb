using DisBack.Contracts.Documents;

namespace DisBack.Contracts.Tests.Documents;

/// <summary>What people read of a run that has settled, word for word.</summary>
public sealed class SettledRunTests
{
    private static readonly RunRecord s_run = new() { Steps = 600, Checkpoints = [new(new ContentRef("aa", 1), 50)] };

    [Fact]
    public void Settled()
    {
        Assert.Equal(["It is complete."], SettledRun.Explain(s_run with { Status = RunStatus.Completed }));
        Assert.Equal(["It is paused at step 50 of 600; 'resume' goes on."], SettledRun.Explain(s_run with { Status = RunStatus.Paused }));
        Assert.Equal(["It was cancelled; a spec with another name or seed starts anew."], SettledRun.Explain(s_run with { Status = RunStatus.Cancelled }));
        Assert.Equal(
            ["It was given up at step 50 of 600 (outofmemory); 'resume' tries again.", "The device has 1 GiB left."],
            SettledRun.Explain(s_run with { Status = RunStatus.Failed, Cause = FailureCause.OutOfMemory, Reason = "The device has 1 GiB left." }));
    }

    [Fact]
    public void The_command_is_the_one_that_the_reader_would_type() =>
        Assert.Equal(["It is paused; 'disback resume mine' goes on."], SettledRun.Explain(new RunRecord { Status = RunStatus.Paused }, "disback resume mine"));
}
