using System.CommandLine;
using DisBack.Cli.Installations;
using DisBack.Cli.Options;
using DisBack.Cli.Terminal;
using DisBack.Client;
using DisBack.Storage.Blobs;
using DisBack.Storage.Collection;
using DisBack.Storage.Content;
using DisBack.Storage.Local;

namespace DisBack.Cli.Commands;

/// <summary><c>disback gc</c>: removes stored contents that no document refers to and what is left of uploads, or explains what it would remove.</summary>
internal static class GcCommand
{
    private static readonly TimeSpan s_usualAge = TimeSpan.FromDays(1);

    /// <summary>Whoever stores a content without having the folder takes it at once afterwards, and refers to the content then.</summary>
    private static readonly TimeSpan s_leastAge = TimeSpan.FromMinutes(1);

    public static Command Create(Session session)
    {
        var dry = new Option<bool>("--dry-run") { Description = "Only say what would be kept and removed, and why." };
        var age = Age.Option("--older-than", s_usualAge, s_leastAge, "Only contents that were stored so long ago.");
        var yes = new Option<bool>("--yes", "-y") { Description = "Remove without asking, as scripts must." };
        var json = Arguments.Json();
        var command = new Command("gc", "Removes stored contents that nothing refers to any more.") { dry, age, yes, json };
        command.SetAction(async (parsed, cancellation) =>
        {
            await using var installation = Installation.Of(parsed, session);
            var folder = installation.Folder ?? throw new DisBackException(
                "The store of a cluster is not collected: its silos refer to contents at any moment; leave out --cluster and name a data folder with --data.");
            var isDry = parsed.GetValue(dry);
            if (!isDry)
            {
                RefuseForeign(folder);
            }
            var blobs = new FolderBlobStore(folder.Path);
            var (collector, uploads) = (new ContentCollector(blobs, session.Time), new ContentParts(blobs, session.Time));
            var plan = await collector.PlanAsync(parsed.GetValue(age), cancellation);
            var parts = await uploads.ListAsync(cancellation);
            foreach (var sentence in plan.Damaged)
            {
                await session.Screen.Error.WriteLineAsync($"disback: {sentence}");
            }
            var code = plan.Damaged.Count > 0 ? ExitCode.Storage : ExitCode.Ok;
            var report = new GcReport(session.Screen, parsed.GetValue(json), parsed.GetValue(age));
            if (isDry)
            {
                report.Explain(plan, parts);
                return (int)code;
            }
            var garbage = plan.Of(ContentFate.Unreferenced).ToList();
            var left = parts.Where(part => part.IsAbandoned).ToList();
            if (garbage.Count + left.Count == 0)
            {
                report.Conclude(plan, [], []);
                return (int)code;
            }
            var what = $"what nothing refers to ({GcReport.Count(garbage, left)})";
            if (await Confirmation.RefusesAsync(session, "remove", "removed", what, parsed.GetValue(yes)) is { } refused)
            {
                return (int)refused;
            }
            // No run can begin or go on meanwhile, so nobody refers to an old content.
            using (DataFolderLock.Acquire(folder.Path, "disback gc", session.Time))
            {
                report.Conclude(plan, await collector.SweepAsync(plan, cancellation), await uploads.RemoveAbandonedAsync(left, cancellation));
            }
            return (int)code;
        });
        return command;
    }

    /// <summary>Before anything is read: a folder in which a process works, and one that was never taken, as the store of a cluster is not.</summary>
    private static void RefuseForeign(DataFolder folder)
    {
        if (folder.Owner is { } owner)
        {
            throw new DataFolderInUseException(folder.Path, owner);
        }
        if (!DataFolderLock.WasTaken(folder.Path))
        {
            throw new DisBackException($"'{folder.Path}' is no data folder in which runs were hosted, so who else uses it is not known and nothing is removed; "
                + "check --data.");
        }
    }
}
