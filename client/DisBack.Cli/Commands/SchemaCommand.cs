using System.CommandLine;
using DisBack.Cli.Terminal;
using DisBack.Specs.Experiments;
using DisBack.Specs.Reading;
using DisBack.Specs.Sweeps;

namespace DisBack.Cli.Commands;

/// <summary><c>disback schema</c>: the JSON Schema of the specs, for editors.</summary>
internal static class SchemaCommand
{
    public static Command Create(Session session)
    {
        var kind = new Argument<string>("KIND")
        {
            Description = "experiment, sweep or teacher.",
            Arity = ArgumentArity.ZeroOrOne,
            DefaultValueFactory = _ => "experiment",
        };
        kind.AcceptOnlyFromAmong("experiment", "sweep", "teacher");
        var command = new Command("schema", "Prints the JSON Schema of a spec, for editors that complete and check YAML.") { kind };
        command.SetAction(parsed => session.Screen.Output.Write(parsed.GetValue(kind) switch
        {
            "teacher" => SpecSchema.Of<TeacherSpec>(),
            "sweep" => SweepPlan.Schema(),
            _ => SpecSchema.Of<ExperimentSpec>(),
        }));
        return command;
    }
}
