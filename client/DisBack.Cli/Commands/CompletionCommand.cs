using System.CommandLine;
using DisBack.Cli.Terminal;

namespace DisBack.Cli.Commands;

/// <summary><c>disback completion</c>: has a shell complete verbs, options and their values.</summary>
internal static class CompletionCommand
{
    public static Command Create(Session session)
    {
        var command = new Command("completion", "Completion for shells: install writes it where the shell looks; bash, zsh, fish print it.");
        command.Add(Install(session));
        foreach (var shell in ShellCompletion.Shells)
        {
            var print = new Command(shell, $"Prints the completion for {shell}.");
            print.SetAction(_ =>
            {
                session.Screen.Output.Write(Of(shell).Script);
                return (int)ExitCode.Ok;
            });
            command.Add(print);
        }
        return command;
    }

    private static Command Install(Session session)
    {
        var shell = new Argument<string?>("SHELL") { Description = "The shell; the one of $SHELL unless given.", Arity = ArgumentArity.ZeroOrOne };
        shell.AcceptOnlyFromAmong(ShellCompletion.Shells);
        var command = new Command("install", "Writes the completion where the shell looks for it; repeating the command changes nothing.") { shell };
        command.SetAction(parsed =>
        {
            var completion = Of(parsed.GetValue(shell) ?? OwnShell());
            if (File.Exists(completion.Path) && File.ReadAllText(completion.Path) == completion.Script)
            {
                session.Screen.Line($"The completion for {completion.Shell} is in {completion.Path} already.");
            }
            else
            {
                Directory.CreateDirectory(Path.GetDirectoryName(completion.Path)!);
                File.WriteAllText(completion.Path, completion.Script);
                session.Screen.Line($"The completion for {completion.Shell} is written to {completion.Path}; it works in the next shell.");
            }
            if (completion.Hint.Length > 0)
            {
                session.Screen.Line(completion.Hint);
            }
            return (int)ExitCode.Ok;
        });
        return command;
    }

    private static string OwnShell() => Path.GetFileName(Environment.GetEnvironmentVariable("SHELL")) is { } own && ShellCompletion.Shells.Contains(own)
        ? own
        : throw new DisBackException($"$SHELL names no shell that is known; name one of {string.Join(", ", ShellCompletion.Shells)}.");

    private static ShellCompletion Of(string shell) =>
        ShellCompletion.Of(shell, Environment.GetFolderPath(Environment.SpecialFolder.UserProfile), Environment.GetEnvironmentVariable);
}
