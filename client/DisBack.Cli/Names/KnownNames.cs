using System.CommandLine;
using System.CommandLine.Completions;
using DisBack.Cli.Installations;
using DisBack.Client;
using DisBack.Contracts.Grains;

namespace DisBack.Cli.Names;

/// <summary>What a shell offers where a command takes the name of something that is stored: looked up in the installation that the line names.</summary>
internal static class KnownNames
{
    /// <summary>Whoever has pressed a key waits; a cluster that takes longer has no names to offer.</summary>
    private static readonly TimeSpan s_patience = TimeSpan.FromSeconds(2);

    private static readonly string s_teacherPrefix = RunKinds.Of(RunKind.Teacher).Prefix;
    private static readonly string s_trajectoryPrefix = RunKinds.Of(RunKind.Recording).Prefix;

    /// <summary>Looks names up.</summary>
    /// <param name="archive">Where.</param>
    /// <param name="begun">How they begin; an answer may hold others as well.</param>
    /// <param name="cancellation">Gives up.</param>
    public delegate Task<IEnumerable<string>> Lookup(IArchive archive, string begun, CancellationToken cancellation);

    /// <summary>An argument that is completed with names.</summary>
    public static Argument<T> CompletedWith<T>(this Argument<T> argument, Lookup lookup)
    {
        argument.CompletionSources.Add(context => Offer(context, lookup));
        return argument;
    }

    /// <summary>An option whose value is completed with names.</summary>
    public static Option<T> CompletedWith<T>(this Option<T> option, Lookup lookup)
    {
        option.CompletionSources.Add(context => Offer(context, lookup));
        return option;
    }

    /// <summary>The ids of the runs of trials.</summary>
    public static async Task<IEnumerable<string>> TrialsAsync(IArchive archive, string begun, CancellationToken cancellation) =>
        (await archive.RunsAsync(new RunFilter(Name: begun), cancellation)).Select(run => run.Id);

    /// <summary>Runs of all kinds; those of teachers and trajectories once their prefix is begun.</summary>
    public static async Task<IEnumerable<string>> RunsAsync(IArchive archive, string begun, CancellationToken cancellation) =>
    [
        .. await TrialsAsync(archive, begun, cancellation),
        .. IsBegun(s_teacherPrefix, begun) ? (await archive.TeachersAsync(cancellation)).Select(teacher => s_teacherPrefix + teacher.Id) : [],
        .. IsBegun(s_trajectoryPrefix, begun)
            ? (await TrajectoriesAsync(archive, begun, cancellation)).Select(trajectory => s_trajectoryPrefix + trajectory)
            : [],
    ];

    /// <summary>What draws pictures: the students of runs and, once their prefix is begun, teachers.</summary>
    public static async Task<IEnumerable<string>> StudentsAsync(IArchive archive, string begun, CancellationToken cancellation) =>
    [
        .. await TrialsAsync(archive, begun, cancellation),
        .. IsBegun(s_teacherPrefix, begun) ? (await TeachersAsync(archive, begun, cancellation)).Select(teacher => s_teacherPrefix + teacher) : [],
    ];

    /// <summary>Teachers, the shipped ones among them.</summary>
    public static async Task<IEnumerable<string>> TeachersAsync(IArchive archive, string begun, CancellationToken cancellation) =>
        [.. TeacherLibrary.Shipped, .. (await archive.TeachersAsync(cancellation)).Select(teacher => teacher.Id)];

    /// <summary>Trajectories: by their names, or by their keys where several have one name.</summary>
    public static async Task<IEnumerable<string>> TrajectoriesAsync(IArchive archive, string begun, CancellationToken cancellation) =>
        (await archive.TrajectoriesAsync(cancellation)).GroupBy(trajectory => trajectory.Name)
            .SelectMany(named => named.Key.Length > 0 && named.Count() == 1 ? [named.Key] : named.Select(trajectory => trajectory.Id));

    /// <summary>Registered models of pictures.</summary>
    public static async Task<IEnumerable<string>> ModelsAsync(IArchive archive, string begun, CancellationToken cancellation) =>
        (await archive.ModelsAsync(cancellation)).Select(model => model.Id);

    /// <summary>The names and ids of runs, which may be cut anywhere.</summary>
    public static async Task<IEnumerable<string>> BeginningsAsync(IArchive archive, string begun, CancellationToken cancellation) =>
        (await archive.RunsAsync(new RunFilter(Name: begun), cancellation)).SelectMany(run => new[] { run.Name, run.Id });

    /// <summary>Tags that runs have.</summary>
    public static async Task<IEnumerable<string>> TagsAsync(IArchive archive, string begun, CancellationToken cancellation) =>
        (await archive.RunsAsync(null, cancellation)).SelectMany(run => run.Tags);

    /// <summary>Reading the other kinds takes longer than the list of runs, so it waits for a sign that one of them is meant.</summary>
    private static bool IsBegun(string prefix, string begun) =>
        begun.Length > 0 && (prefix.StartsWith(begun, StringComparison.Ordinal) || begun.StartsWith(prefix, StringComparison.Ordinal));

    private static IEnumerable<CompletionItem> Offer(CompletionContext context, Lookup lookup) =>
        // The library asks synchronously, and this thread has nothing else to do.
        NamesAsync(context.ParseResult, context.WordToComplete, lookup).ToBlockingEnumerable().Select(name => new CompletionItem(name));

    private static async IAsyncEnumerable<string> NamesAsync(ParseResult parsed, string begun, Lookup lookup)
    {
        foreach (var name in (await LookUpAsync(parsed, begun, lookup)).Where(name => name.StartsWith(begun, StringComparison.Ordinal)).Distinct())
        {
            yield return name;
        }
    }

    private static async Task<IEnumerable<string>> LookUpAsync(ParseResult parsed, string begun, Lookup lookup)
    {
        try
        {
            using var patience = new CancellationTokenSource(s_patience);
            await using var installation = Installation.Of(parsed, TextWriter.Null, TimeProvider.System);
            return await lookup(installation.Archive, begun, patience.Token).WaitAsync(patience.Token);
        }
        catch (Exception)
        {
            // A line that is being typed is no place for what is wrong; the command says it when it is run.
            return [];
        }
    }
}
