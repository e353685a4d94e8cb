using DisBack.Cli.Installations;
using DisBack.Cli.Terminal;
using DisBack.Client;
using DisBack.Contracts.Documents;
using DisBack.Contracts.Grains;
using DisBack.Storage;
using DisBack.Storage.Content;

namespace DisBack.Cli.Live;

/// <summary>Finds what a run has made or needs that is missing or damaged in the content store, and sees it made again.</summary>
internal sealed class ContentRepair(Session session, Installation installation, IControl control)
{
    private const string WeightsDigest = "weights_digest";

    /// <summary>Whether a failure is one that making the content again helps against.</summary>
    public static bool Helps(Exception failure) => failure is CorruptContentException or MissingContentException;

    /// <summary>Repairs the teacher and the trajectory that a run needs, then what a complete run has made itself.</summary>
    /// <returns>Whether anything was made again.</returns>
    /// <exception cref="DisBackException">It cannot be made again.</exception>
    public async Task<bool> RepairAsync(RunTarget run, CancellationToken cancellation)
    {
        switch (run.Id.Kind)
        {
            case RunKind.Backtracking:
                var needed = await RepairTeacherAsync(run.Trial!.Teacher, cancellation);
                needed |= await installation.Archive.TrajectoryAsync(run.Trial.Trajectory, cancellation) is { } walked
                    && await RepairTrajectoryAsync(walked, cancellation);
                return await RepairOwnAsync(run, run.Run.Artifacts.Values.Select(made => made.Content), cancellation) || needed;
            case RunKind.Recording:
                var trajectory = await installation.Archive.TrajectoryAsync(run.Id.Owner, cancellation);
                return trajectory is not null && await RepairTrajectoryAsync(trajectory, cancellation);
            default:
                return await RepairOwnAsync(run, run.Run.Artifacts.Values.Select(made => made.Content), cancellation);
        }
    }

    /// <summary>Makes the weights of a teacher whole again: those of a shipped one, or of one that was trained here.</summary>
    /// <inheritdoc cref="RepairAsync"/>
    public async Task<bool> RepairTeacherAsync(ContentRef? weights, CancellationToken cancellation)
    {
        if (weights is null || await DamageOfAsync(weights, cancellation) is not { } damage)
        {
            return false;
        }
        if (ShippedWith(weights) is { } shipped)
        {
            await installation.Teachers.ResolveStoredAsync(shipped, cancellation);
            session.Screen.Line($"The weights of the shipped teacher {shipped} are stored again.");
            return true;
        }
        var teacher = (await installation.Archive.TeachersAsync(cancellation)).FirstOrDefault(known => known.Weights == weights && known.Spec.Length > 0);
        return teacher is null
            ? throw new StorageException($"{damage.Message} The teacher was not trained here, so import its file again with 'disback teacher import'.", damage)
            : await RepairOwnAsync(RunTarget.Of(teacher), [weights], cancellation);
    }

    private async Task<bool> RepairTrajectoryAsync(TrajectoryDocument trajectory, CancellationToken cancellation)
    {
        var needed = await RepairTeacherAsync(trajectory.Teacher, cancellation);
        var nodes = trajectory.Nodes.Where(node => node.Index > 0).Select(node => node.Content);
        return await RepairOwnAsync(RunTarget.Of(trajectory), nodes, cancellation) || needed;
    }

    private async Task<bool> RepairOwnAsync(RunTarget run, IEnumerable<ContentRef> made, CancellationToken cancellation)
    {
        // A repair that failed or was interrupted goes on.
        if (run.Run.Lost.IsEmpty)
        {
            if (run.Run.Status != RunStatus.Completed)
            {
                return false;
            }
            var lost = new List<string>();
            foreach (var content in made.Distinct())
            {
                if (await DamageOfAsync(content, cancellation) is not null)
                {
                    lost.Add(content.Digest);
                }
            }
            if (lost.Count == 0)
            {
                return false;
            }
            var reply = await control.RepairAsync(run.Id, lost, cancellation);
            if (!reply.Applied)
            {
                throw new StorageException($"Of {run.Id} {lost.Count} stored contents are missing or damaged. {reply.Message}");
            }
            session.Screen.Line(reply.Message);
        }
        var end = await new RunFollower(session, installation, control).FinishAsync(run.Id, cancellation);
        session.Signals.Stopping.ThrowIfCancellationRequested();
        return end.Run.Status == RunStatus.Completed
            ? true
            : throw new StorageException($"{run.Id} could not be repaired: {end.Run.Reason ?? $"it is {end.Run.Status.ToString().ToLowerInvariant()}."}");
    }

    /// <summary>What is wrong with stored bytes; null if nothing is.</summary>
    private async Task<StorageException?> DamageOfAsync(ContentRef content, CancellationToken cancellation)
    {
        try
        {
            await installation.Archive.Content.VerifyAsync(content, cancellation);
            return null;
        }
        catch (StorageException damage) when (Helps(damage))
        {
            return damage;
        }
    }

    private static string? ShippedWith(ContentRef weights) => TeacherLibrary.Shipped.FirstOrDefault(name =>
    {
        using var manifest = System.Text.Json.JsonDocument.Parse(TeacherLibrary.ManifestOf(name));
        return manifest.RootElement.GetProperty(WeightsDigest).GetString() == weights.Digest;
    });
}
