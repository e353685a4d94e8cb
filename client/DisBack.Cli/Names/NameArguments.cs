using System.CommandLine;

namespace DisBack.Cli.Names;

/// <summary>Arguments that name what is stored. Each call makes a new symbol: a symbol belongs to one command.</summary>
internal static class NameArguments
{
    public static Argument<string> Run() =>
        new Argument<string>("RUN")
            {
                Description = "Name, id or unique beginning of a run; teacher/NAME and trajectory/NAME mean theirs, sweep/NAME all trials of a sweep.",
            }
            .CompletedWith(KnownNames.RunsAsync);

    public static Argument<string[]> Runs() =>
        new Argument<string[]>("RUN")
            {
                Description = "Names, ids or unique beginnings of runs; teacher/NAME and trajectory/NAME mean theirs, sweep/NAME all trials of a sweep.",
                Arity = ArgumentArity.ZeroOrMore,
            }
            .CompletedWith(KnownNames.RunsAsync);

    public static Argument<string> Trial() => Name("RUN").CompletedWith(KnownNames.TrialsAsync);

    public static Argument<string[]> Trials() =>
        new Argument<string[]>("RUN") { Description = "Names, ids or unique beginnings of runs.", Arity = ArgumentArity.OneOrMore }
            .CompletedWith(KnownNames.TrialsAsync);

    public static Argument<string> Teacher() => Name("TEACHER").CompletedWith(KnownNames.TeachersAsync);

    public static Argument<string> Trajectory() => Name("TRAJECTORY").CompletedWith(KnownNames.TrajectoriesAsync);

    private static Argument<string> Name(string kind) => new(kind) { Description = "Name, id or unique beginning of one." };
}
