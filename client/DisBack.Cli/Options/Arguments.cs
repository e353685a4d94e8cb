using System.CommandLine;

namespace DisBack.Cli.Options;

/// <summary>Arguments and options that several verbs share. Each call makes a new symbol: a symbol belongs to one command.</summary>
internal static class Arguments
{
    public static Option<bool> Detach() => new("--detach") { Description = "Submit to the cluster and return at once." };

    public static Option<bool> Json() => new("--json") { Description = "Print JSON." };

    public static Option<string[]> Set() => new("--set")
    {
        Description = "Replace one value of the spec, for example recording.steps=100; may be repeated.",
        HelpName = "KEY=VALUE",
        DefaultValueFactory = _ => [],
    };

    public static Option<string?> Prefix() => new("--prefix")
    {
        Description = "Take only the tensors whose names begin with it, under the rest of their name, for example 'fake_unet.'.",
        HelpName = "TEXT",
    };

    public static Option<int> Count(int value, string description) =>
        Positive(new Option<int>("--count", "-n") { Description = description, DefaultValueFactory = _ => value });

    public static Option<int> Positive(Option<int> option, int most = int.MaxValue)
    {
        option.Validators.Add(result =>
        {
            if (result.Tokens.Count == 1 && int.TryParse(result.Tokens[0].Value, out var value) && (value < 1 || value > most))
            {
                result.AddError($"{option.Name} is {value}; expected {(most == int.MaxValue ? "at least 1" : $"1 to {most}")}.");
            }
        });
        return option;
    }
}
