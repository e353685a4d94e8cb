using System.CommandLine;
using System.Globalization;
using DisBack.Cli.Installations;
using DisBack.Cli.Names;
using DisBack.Cli.Options;
using DisBack.Cli.Terminal;
using DisBack.Client;
using DisBack.Contracts.Documents;
using DisBack.Specs.Experiments;
using DisBack.Specs.Reading;

namespace DisBack.Cli.Commands;

/// <summary><c>disback show RUN</c>: all that is known of one run.</summary>
internal static class ShowCommand
{
    public static Command Create(Session session)
    {
        var (name, json) = (NameArguments.Trial(), Arguments.Json());
        var spec = new Option<bool>("--spec") { Description = "Print the spec, every default filled in." };
        var command = new Command("show", "Shows one run: where it stands, its figures, switches, attempts and files.") { name, json, spec };
        command.SetAction(async (parsed, cancellation) =>
        {
            await using var installation = Installation.Of(parsed, session);
            var trial = await installation.Archive.FindTrialAsync(parsed.GetRequiredValue(name), cancellation);
            if (parsed.GetValue(spec))
            {
                session.Screen.Output.Write(SpecYaml.Write(SpecJson.FromJson<ExperimentSpec>(trial.Spec)));
            }
            else if (parsed.GetValue(json))
            {
                session.Screen.Json(DocumentJson.Of(trial));
            }
            else
            {
                Print(session.Screen, installation.Files, trial);
            }
            return (int)ExitCode.Ok;
        });
        return command;
    }

    private static void Print(Screen screen, RunFolders files, TrialDocument trial)
    {
        screen.Fact("run", trial.Id);
        screen.Fact("tags", string.Join(", ", trial.Tags));
        screen.Fact("teacher", trial.Teacher?.Digest);
        screen.Fact("trajectory", trial.Trajectory.Length == 0
            ? null
            : $"{Texts.Short(trial.Trajectory)}" + (trial.Nodes > 0 ? string.Create(CultureInfo.InvariantCulture, $" ({trial.Nodes} nodes)") : ""));
        var spec = SpecJson.FromJson<ExperimentSpec>(trial.Spec);
        screen.Fact("student from", spec.Student.Weights);
        screen.Fact("start", spec.Start is { } start
            ? string.Create(CultureInfo.InvariantCulture, $"step {start.Step} of {start.Run}")
            : null);
        RunFacts.Print(screen, trial.Run, files, trial.Id);
    }
}
