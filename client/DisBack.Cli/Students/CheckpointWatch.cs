using DisBack.Cli.Installations;
using DisBack.Contracts.Documents;
using DisBack.Contracts.Grains;

namespace DisBack.Cli.Students;

/// <summary>
/// The students of a run while it trains, each as soon as its checkpoint is committed. What is stored of the run is read and nobody is asked, so the run
/// knows nothing of it.
/// </summary>
/// <param name="installation">Where the run is.</param>
/// <param name="time">The clock.</param>
internal sealed class CheckpointWatch(Installation installation, TimeProvider time)
{
    private static readonly TimeSpan s_poll = TimeSpan.FromSeconds(1);

    /// <summary>Hands over the newest student whenever there is a newer one, and at last the complete one; what comes in between is passed over.</summary>
    /// <param name="trial">The trial.</param>
    /// <param name="judge">Judges the student of a step.</param>
    /// <param name="cancellation">Ends the watching.</param>
    /// <returns>The run as it settled.</returns>
    public async Task<RunRecord> FollowAsync(TrialDocument trial, Func<StudentSource, long, Task> judge, CancellationToken cancellation)
    {
        // Apart, because the newest checkpoint may be damaged: then an older student is opened, and it is not looked for again without end.
        long? seen = null, judged = null;
        while (true)
        {
            var run = (await RunTarget.ReadAsync(installation.Archive, RunId.Trial(trial.Id), cancellation)).Run;
            var newest = run.Status == RunStatus.Completed ? run.Steps : run.Checkpoints.FirstOrDefault()?.Step;
            if (newest > 0 && newest != seen)
            {
                seen = newest;
                using var student = await StudentSource.OpenAsync(installation, trial.Id, teacher: false, cancellation);
                var step = student.Step ?? run.Steps;
                if (step != judged)
                {
                    await judge(student, step);
                }
                judged = step;
            }
            else if (run.Status.IsSettled())
            {
                return run;
            }
            else
            {
                await Task.Delay(s_poll, time, cancellation);
            }
        }
    }
}
