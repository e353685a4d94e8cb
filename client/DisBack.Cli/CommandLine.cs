using System.CommandLine;
using System.CommandLine.Parsing;
using System.ComponentModel;
using System.Globalization;
using System.Reflection;
using System.Text.RegularExpressions;
using DisBack.Cli.Commands;
using DisBack.Cli.Options;
using DisBack.Cli.Terminal;
using DisBack.Client;
using DisBack.Specs.Reading;
using DisBack.Storage;
using DisBack.Storage.Local;

namespace DisBack.Cli;

/// <summary>The verbs of <c>disback</c>, and where a failure becomes a sentence and an exit code.</summary>
internal static partial class CommandLine
{
    private const string TraceVariable = "DISBACK_TRACE";

    /// <summary>Options whose text may be empty: no filter, no order, no prefix; and a prompt of no words is one.</summary>
    private static readonly string[] s_mayBeEmpty = ["--where", "--sort", "--columns", "--prefix", "--prompt", "--negative"];

    /// <summary>Runs one command to its end.</summary>
    public static async Task<ExitCode> RunAsync(string[] args, Session session)
    {
        var root = Root(session);
        var parsed = root.Parse(args);
        var mistakes = Mistakes(parsed).ToList();
        if (mistakes.Count > 0)
        {
            foreach (var error in mistakes)
            {
                session.Screen.Error.WriteLine($"disback: {error}");
            }
            session.Screen.Error.WriteLine($"Run 'disback {string.Concat(Path(parsed.CommandResult.Command))}--help' for what there is.");
            return ExitCode.Usage;
        }
        try
        {
            var configuration = new InvocationConfiguration
            {
                EnableDefaultExceptionHandler = false,
                ProcessTerminationTimeout = null,
                Output = session.Screen.Output,
                Error = session.Screen.Error,
            };
            return (ExitCode)await parsed.InvokeAsync(configuration, session.Signals.Stopping);
        }
        catch (OperationCanceledException) when (session.Signals.Received is { } signal)
        {
            return signal;
        }
        catch (Exception failure)
        {
            return Explain(failure, session.Screen.Error);
        }
    }

    /// <summary>Says a failure in one sentence; its stack trace only to those who ask for it.</summary>
    internal static ExitCode Explain(Exception failure, TextWriter error)
    {
        if (failure is AggregateException { InnerExceptions: [var only] })
        {
            failure = only;
        }
        // The owner of a run could not write: what stopped it is what helps.
        if (failure is not DisBackException && failure.InnerException is StorageException storage)
        {
            failure = storage;
        }
        var code = failure switch
        {
            SpecException => ExitCode.Invalid,
            NotFoundException => ExitCode.NotFound,
            ClusterUnavailableException => ExitCode.ClusterUnavailable,
            NotPermittedException => ExitCode.NotPermitted,
            DataFolderInUseException => ExitCode.DataFolderInUse,
            StorageException or IOException or UnauthorizedAccessException => ExitCode.Storage,
            DisBackException => ExitCode.Invalid,
            _ => ExitCode.InternalError,
        };
        error.WriteLine(code == ExitCode.InternalError
            ? $"disback: unexpected {failure.GetType().Name}: {failure.Message} Set {TraceVariable}=1 to see where, and please report it."
            : failure is SpecException ? failure.Message : $"disback: {failure.Message}");
        if (Environment.GetEnvironmentVariable(TraceVariable) is { Length: > 0 })
        {
            error.WriteLine(failure);
        }
        return code;
    }

    private static RootCommand Root(Session session)
    {
        var codes = Enum.GetValues<ExitCode>().Select(c => string.Create(
            CultureInfo.InvariantCulture,
            $"  {(int)c,3}  {typeof(ExitCode).GetField(c.ToString())!.GetCustomAttribute<DescriptionAttribute>()!.Description}"));
        var root = new RootCommand(
            $"Distils diffusion models into one-step generators by distribution backtracking.\n\nExit codes:\n{string.Join('\n', codes)}")
        {
            GlobalOptions.Data,
            GlobalOptions.Cluster,
            GlobalOptions.TokenFile,
            GlobalOptions.TrustCode,
            RunCommand.Create(session),
            RunCommand.Resume(session),
            SweepCommand.Create(session),
            AmendCommand.Create(session),
            ForkCommand.Create(session),
            SweepCommand.Best(session),
            ImportanceCommand.Create(session),
            ReportCommand.Create(session),
            CompareCommand.Create(session),
            CurvesCommand.Create(session),
            ScalarsCommand.Create(session),
            ControlCommands.Pause(session),
            ControlCommands.Cancel(session),
            DeleteCommand.Create(session),
            RepairCommand.Create(session),
            RetryCommand.Create(session),
            GcCommand.Create(session),
            TagCommands.Tag(session),
            TagCommands.Untag(session),
            ArchiveCommands.Archive(session),
            ArchiveCommands.Unarchive(session),
            UpCommand.Create(session),
            ListCommand.Create(session),
            QueryCommand.Create(session),
            ShowCommand.Create(session),
            WatchCommand.Create(session),
            LogsCommand.Create(session),
            WhyCommand.Create(session),
            SampleCommand.Create(session),
            EvaluateCommand.Create(session),
            ExportCommand.Create(session),
            TeacherCommand.Create(session),
            ModelCommand.Create(session),
            TrajectoryCommand.Create(session),
            CheckpointCommand.Create(session),
            DataCommand.Create(session),
            PromptsCommand.Create(session),
            LatentsCommand.Create(session),
            FeaturesCommand.Create(session),
            SchemaCommand.Create(session),
            CompletionCommand.Create(session),
        };
        return root;
    }

    /// <summary>An empty variable of a script is a slip wherever a name, a file or a value belongs; every name begins with nothing.</summary>
    private static IEnumerable<string> Empty(CommandResult result)
    {
        for (var command = result; command is not null; command = command.Parent as CommandResult)
        {
            foreach (var child in command.Children.Where(child => child.Tokens.Any(token => string.IsNullOrWhiteSpace(token.Value))))
            {
                if (child is ArgumentResult argument)
                {
                    yield return $"{argument.Argument.Name} is empty; give one.";
                }
                else if (child is OptionResult option && !s_mayBeEmpty.Contains(option.Option.Name))
                {
                    yield return $"{option.Option.Name} is empty; give one, or leave it out.";
                }
            }
        }
    }

    /// <summary>The library names types of the program where a user wants to know what to write.</summary>
    private static string InPlainWords(string message) => WrongType().Match(message) is { Success: true } wrong
        ? $"{wrong.Groups["symbol"].Value} is '{wrong.Groups["text"].Value}'; expected {(wrong.Groups["type"].Value.StartsWith("Int", StringComparison.Ordinal)
            ? "a whole number" : "a number")}."
        : message;

    [GeneratedRegex(
        @"^Cannot parse argument '(?<text>.*)' for (option|command) '(?<symbol>[^']*)' as expected type '[^']*System\.(?<type>Int32|Int64|Double|Single)\b.*$",
        RegexOptions.Singleline | RegexOptions.CultureInvariant | RegexOptions.ExplicitCapture)]
    private static partial Regex WrongType();

    /// <summary>The library lists what is accepted one a line; here a mistake is a sentence.</summary>
    private static string OneLine(string message)
    {
        var lines = message.Split('\n', StringSplitOptions.TrimEntries | StringSplitOptions.RemoveEmptyEntries);
        return lines.Length == 1 ? lines[0] : $"{lines[0]} {string.Join(", ", lines[1..])}.";
    }

    private static IEnumerable<string> Path(Command command)
        => command is RootCommand ? [] : [.. Path(command.Parents.OfType<Command>().First()), command.Name + " "];

    /// <summary>An unknown token explains the other errors: a misspelt verb also counts as missing, and makes every argument after it unknown.</summary>
    private static IEnumerable<string> Mistakes(ParseResult parsed)
    {
        // Where the library finds nothing wrong, as when it completes a line for a shell, what it did not match is meant so.
        if (parsed.UnmatchedTokens.Count == 0 || parsed.Errors.Count == 0)
        {
            return parsed.Errors.Select(e => OneLine(InPlainWords(e.Message))).Concat(Empty(parsed.CommandResult)).Distinct();
        }
        var here = parsed.CommandResult.Command;
        var names = here.Subcommands.Select(c => c.Name).Concat(here.Options.Select(o => o.Name))
            .Concat([GlobalOptions.Data.Name, GlobalOptions.Cluster.Name, GlobalOptions.TokenFile.Name, GlobalOptions.TrustCode.Name])
            .ToList();
        return parsed.UnmatchedTokens.Take(1)
            .Select(token => $"There is no '{token}' here" + (NearestName.Of(token, names) is { } near ? $"; did you mean '{near}'?" : "."));
    }
}
