namespace DisBack.Cli.Terminal;

/// <summary>
/// How a shell completes <c>disback</c>: a few lines that ask the program itself, by System.CommandLine's directive <c>[suggest:POSITION]</c>.
/// </summary>
/// <param name="Shell">The shell's name.</param>
/// <param name="Script">The lines.</param>
/// <param name="Folder">The user's folder of that shell.</param>
/// <param name="File">The file below it where the shell looks for them.</param>
/// <param name="Hint">What else the shell needs; empty if nothing.</param>
internal sealed record ShellCompletion(string Shell, string Script, string Folder, string File, string Hint = "")
{
    /// <summary>Where the shell looks for the lines.</summary>
    public string Path => System.IO.Path.Combine(Folder, File);

    private const string Bash = """
        # Completion of disback for bash.
        _disback() {
            local IFS=$'\n'
            local candidates
            candidates=$("${COMP_WORDS[0]}" "[suggest:${COMP_POINT}]" "${COMP_LINE}" 2>/dev/null)
            COMPREPLY=($(compgen -W "${candidates}" -- "${COMP_WORDS[COMP_CWORD]}"))
        }
        complete -o bashdefault -o default -F _disback disback

        """;

    private const string Zsh = """
        #compdef disback
        # Completion of disback for zsh.
        _disback() {
            local -a candidates
            candidates=(${(f)"$("${words[1]}" "[suggest:${CURSOR}]" "${BUFFER}" 2>/dev/null)"})
            (( ${#candidates} )) && compadd -a candidates
            _files
        }
        _disback "$@"

        """;

    private const string Fish = """
        # Completion of disback for fish.
        complete -c disback -a '(disback "[suggest:"(string length -- (commandline -cp))"]" (commandline -cp) 2>/dev/null)'

        """;

    /// <summary>The names of the shells.</summary>
    public static string[] Shells { get; } = ["bash", "zsh", "fish"];

    /// <summary>The completion of a shell.</summary>
    /// <param name="shell">One of <see cref="Shells"/>.</param>
    /// <param name="home">The home folder.</param>
    /// <param name="variable">The environment: the value of a variable, null or empty if it is not set.</param>
    public static ShellCompletion Of(string shell, string home, Func<string, string?> variable)
    {
        return shell switch
        {
            "bash" => new(
                shell,
                Bash,
                In("BASH_COMPLETION_USER_DIR") ?? In("XDG_DATA_HOME", "bash-completion") ?? Home(".local/share/bash-completion"),
                "completions/disback"),
            "zsh" => new(
                shell,
                Zsh,
                In("ZDOTDIR") ?? home,
                ".zfunc/_disback",
                "zsh looks there if ~/.zshrc has 'fpath=(~/.zfunc $fpath)' before 'autoload -U compinit && compinit'."),
            _ => new(shell, Fish, In("XDG_CONFIG_HOME", "fish") ?? Home(".config/fish"), "completions/disback.fish"),
        };

        string? In(string name, string below = "") => variable(name) is { Length: > 0 } folder ? System.IO.Path.Combine(folder, below) : null;

        string Home(string below) => System.IO.Path.Combine(home, below);
    }
}
