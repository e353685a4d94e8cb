using System.CommandLine;
using DisBack.Cli.Terminal;
using DisBack.Specs.Experiments;
using DisBack.Specs.Reading;

namespace DisBack.Cli.Commands;

/// <summary><c>disback schema</c>: the JSON Schema of the specs, for editors.</summary>
internal static class SchemaCommand
{
    public static Command Create(Session session)
    {
        var kind = new Argument<string>("KIND")
        {
            Description = "experiment or teacher.",
            Arity = ArgumentArity.ZeroOrOne,
            DefaultValueFactory = _ => "experiment",
        };
        kind.AcceptOnlyFromAmong("experiment", "teacher");
        var command = new Command("schema", "Prints the JSON Schema of a spec, for editors that complete and check YAML.") { kind };
        command.SetAction(
            parsed => session.Screen.Output.Write(parsed.GetValue(kind) == "teacher" ? SpecSchema.Of<TeacherSpec>() : SpecSchema.Of<ExperimentSpec>()));
        return command;
    }
}
