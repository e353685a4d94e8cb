using System.Diagnostics;
using System.Threading.Channels;
using DisBack.Contracts.Grains;

namespace DisBack.Orchestration.Training;

/// <summary>One attempt at work in this process, as its trainer sees it. Everything here may be used from any thread and never blocks.</summary>
public interface ITrainingJob
{
    /// <summary>What it was started for.</summary>
    TrainingAssignment Assignment { get; }

    /// <summary>The newest snapshot.</summary>
    TrainingSnapshot Snapshot { get; }

    /// <summary>The reports to the owner, in order; every one must be acknowledged. Complete when the run has nothing more to report.</summary>
    ChannelReader<RunSignal> Signals { get; }

    /// <summary>The outcome, after the last signal was acknowledged and the thread has exited. Never faults.</summary>
    Task<RunOutcome> Completion { get; }

    /// <summary>The span of the attempt, under which others record what they do for it; default until it has begun, or when nobody listens.</summary>
    ActivityContext Trace { get; }

    /// <summary>Cancelled when nothing of this run is to be published any more: fenced, or without an accepted heartbeat for the dead-man time.</summary>
    CancellationToken Abandoned { get; }

    /// <summary>Asks for a stop at the next step boundary.</summary>
    /// <param name="mode">With or without a checkpoint; the stricter of several requests wins.</param>
    /// <param name="reason">One sentence for people.</param>
    void RequestStop(StopMode mode, string reason);

    /// <summary>The owner has accepted a heartbeat: the dead-man time starts anew.</summary>
    void ExtendDeadline();

    /// <summary>Another attempt owns the run: stops at the next step boundary and publishes nothing more.</summary>
    void Fence();
}
