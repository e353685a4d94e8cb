using System.CommandLine;
using System.Globalization;
using DisBack.Cli.Installations;
using DisBack.Cli.Names;
using DisBack.Cli.Options;
using DisBack.Cli.Terminal;
using DisBack.Specs.Experiments;
using DisBack.Specs.Reading;

namespace DisBack.Cli.Commands;

/// <summary><c>disback fork RUN</c>: a run with other settings that goes on from a checkpoint of one there is.</summary>
internal static class ForkCommand
{
    public static Command Create(Session session)
    {
        var name = NameArguments.Trial();
        var step = Arguments.Positive(new Option<int>("--at") { Description = "Step of the checkpoint; without it the newest.", HelpName = "STEP" });
        var node = new Option<int?>("--at-node") { Description = "Take the earliest checkpoint with this node as target.", HelpName = "NODE" };
        var (set, detach) = (Arguments.Set(), Arguments.Detach());
        var command = new Command("fork", "Starts a run with other settings from a checkpoint of one there is.") { name, step, node, set, detach };
        command.Validators.Add(result =>
        {
            if (result.GetResult(step) is not null && result.GetResult(node) is not null)
            {
                result.AddError("--at and --at-node both say where to start; leave one of them out.");
            }
        });
        command.SetAction(async (parsed, cancellation) =>
        {
            await using var installation = Installation.Of(parsed, session);
            var trial = await installation.Archive.FindTrialAsync(parsed.GetRequiredValue(name), cancellation);
            var place = (parsed.GetValue(step), parsed.GetValue(node)) switch
            {
                ( > 0 and var at, _) => string.Create(CultureInfo.InvariantCulture, $", step: {at}"),
                (_, { } at) => string.Create(CultureInfo.InvariantCulture, $", node: {at}"),
                _ => "",
            };
            // The spec as it was submitted: what it named is what that run has trained with.
            var text = SpecReader.ParseLocated<ExperimentSpec>(
                trial.Spec, trial.Id, [$"start={{run: \"{trial.Id}\"{place}}}", .. parsed.GetRequiredValue(set)]);
            return (int)await RunCommand.RunAsync(
                session, installation, text, trial.Teacher, $"disback fork {trial.Id}", parsed.GetValue(detach), cancellation);
        });
        return command;
    }
}
