using System.CommandLine;
using System.Globalization;
using DisBack.Contracts.Hosting;
using Microsoft.Extensions.Configuration;

namespace DisBack.Gateway.Security;

/// <summary><c>DisBack.Gateway token</c>: makes, lists and removes tokens.</summary>
internal static class TokenCommand
{
    private static readonly Option<string?> s_file = new("--tokens")
    {
        Description = "The tokens file; without it, the one that Tokens:File names.",
        HelpName = "FILE",
        Recursive = true,
    };

    public static Command Create() => new("token", "Tokens: add, list, remove.") { s_file, Add(), List(), Remove() };

    private static Command Add()
    {
        var name = new Argument<string>("NAME") { Description = "Whose token it is." };
        var role = new Option<Role>("--role") { Description = "viewer reads, operator also submits and commands.", Required = true };
        // The library takes numbers for names.
        role.AcceptOnlyFromAmong(StringComparer.OrdinalIgnoreCase, [.. Enum.GetNames<Role>().Select(known => known.ToLowerInvariant())]);
        var expires = new Option<DateTimeOffset?>("--expires") { Description = "When it ends, for example 2027-01-31; never unless given.", HelpName = "DATE" };
        var command = new Command("add", "Makes a token, prints it once, and keeps its hash.") { name, role, expires };
        command.SetAction(parsed =>
        {
            var (path, known) = (FileOf(parsed), parsed.GetRequiredValue(name));
            var token = TokenFile.NewToken();
            var entry = new TokenEntry(
                known,
                parsed.GetValue(role),
                Convert.ToHexStringLower(TokenFile.Hash(token)),
                TimeProvider.System.GetUtcNow(),
                parsed.GetValue(expires));
            TokenFile.Change(path, tokens => tokens.Any(other => other.Name == known)
                ? throw new DisBackException($"The tokens file '{path}' has the name '{known}' already; choose another, or remove that one first.")
                : [.. tokens, entry]);
            parsed.InvocationConfiguration.Output.WriteLine(token);
            parsed.InvocationConfiguration.Error.WriteLine($"This token of '{known}' is shown this once; only its hash is in {path}.");
        });
        return command;
    }

    private static Command List()
    {
        var command = new Command("list", "Lists names, roles and dates.");
        command.SetAction(parsed =>
        {
            foreach (var token in TokenFile.Read(FileOf(parsed)).Tokens)
            {
                var end = token.Expires is { } expires ? string.Create(CultureInfo.InvariantCulture, $", expires {expires:yyyy-MM-dd HH:mm'Z'}") : "";
                parsed.InvocationConfiguration.Output.WriteLine(string.Create(
                    CultureInfo.InvariantCulture, $"{token.Name}  {token.Role.ToString().ToLowerInvariant()}  created "
                        + $"{token.Created:yyyy-MM-dd HH:mm'Z'}{end}"));
            }
        });
        return command;
    }

    private static Command Remove()
    {
        var name = new Argument<string>("NAME") { Description = "Whose token it is." };
        var command = new Command("remove", "Removes a token; running gateways notice within a second or two.") { name };
        command.SetAction(parsed =>
        {
            var (path, known) = (FileOf(parsed), parsed.GetRequiredValue(name));
            TokenFile.Change(path, tokens => tokens.Any(token => token.Name == known)
                ? [.. tokens.Where(token => token.Name != known)]
                : throw new DisBackException($"The tokens file '{path}' has no name '{known}'; 'token list' shows what it has."));
        });
        return command;
    }

    private static string FileOf(ParseResult parsed) => parsed.GetValue(s_file)
        ?? Configured()
        ?? throw new DisBackException("No tokens file is named; give --tokens FILE, or set Tokens:File.");

    private static string? Configured()
    {
        var configuration = new ConfigurationBuilder();
        StrictSettings.SetSources(configuration, []);
        return configuration.Build()["Tokens:File"];
    }
}
