using DisBack.Contracts.Documents;
using DisBack.Specs.Experiments;
using DisBack.Specs.Reading;

namespace DisBack.Client;

/// <summary>The trajectory that an experiment names in place of recording one.</summary>
public static class SpecTrajectory
{
    /// <summary>The experiment with the id of its trajectory, so that it walks the same one for ever; one that names none stays as it is.</summary>
    /// <param name="spec">The experiment.</param>
    /// <param name="archive">Where the trajectory is.</param>
    /// <param name="teacher">The weights of the experiment's teacher, which must be the trajectory's.</param>
    /// <param name="cancellation">Stops the search.</param>
    /// <exception cref="SpecMistakeException">There is no such trajectory, it is not complete, or another teacher's.</exception>
    public static async Task<ExperimentSpec> ResolveAsync(
        ExperimentSpec spec, IArchive archive, ContentRef teacher, CancellationToken cancellation = default)
    {
        if (spec.Recording.From is not { } name)
        {
            return spec;
        }
        TrajectoryDocument found;
        try
        {
            found = await archive.FindTrajectoryAsync(name, cancellation);
        }
        catch (NotFoundException missing)
        {
            throw Mistake(missing.Message.TrimEnd('.'), missing);
        }
        return !found.Sealed
            ? throw Mistake($"the trajectory '{name}' is not complete: its stage 1 is {found.Run.Status.ToString().ToLowerInvariant()}; let it end first")
            : found.Teacher != teacher
                ? throw Mistake($"the trajectory '{name}' is of the teacher {found.Teacher} and not of this experiment's, {teacher}; name that one as teacher")
                : spec with { Recording = spec.Recording with { From = found.Id } };
    }

    private static SpecMistakeException Mistake(string what, Exception? cause = null) => new("recording.from", what, cause);
}
