using System.CommandLine;
using System.Globalization;
using System.Text.Json.Nodes;
using DisBack.Cli.Installations;
using DisBack.Cli.Options;
using DisBack.Cli.Terminal;
using DisBack.Contracts.Documents;
using DisBack.Diffusion.Features;
using DisBack.Diffusion.Metrics;
using DisBack.Specs.Data;
using DisBack.Specs.Evaluations;

namespace DisBack.Cli.Commands;

/// <summary><c>disback evaluate RUN</c>: the Fréchet distance of a student's pictures to real ones.</summary>
internal static class EvaluateCommand
{
    public static Command Create(Session session)
    {
        var name = new Argument<string>("RUN") { Description = "Name, id or unique beginning of a run, or a student.safetensors file." };
        var count = Arguments.Count(10_000, "How many pictures; figures compare only at one count.");
        var seed = new Option<long>("--seed") { Description = "Seed of the noise.", DefaultValueFactory = _ => 0 };
        var teacher = new Option<bool>("--teacher") { Description = "Measure the run's teacher instead, with 18 Heun steps." };
        var json = Arguments.Json();
        var command = new Command("evaluate", "Measures FID of a student, on the features and the reference of its experiment (or the digits).")
        {
            name,
            count,
            seed,
            teacher,
            json,
        };
        command.SetAction(async (parsed, cancellation) =>
        {
            await using var installation = Installation.Of(parsed, session);
            using var student = await StudentSource.OpenAsync(installation, parsed.GetRequiredValue(name), parsed.GetValue(teacher), cancellation);
            var settings = student.Spec?.Evaluation ?? new EvaluationSettings { Reference = new DatasetSettings { Resolution = student.Shape.Height } };
            using var features = FeatureNetworks.Open(settings.Features, installation.TrustsCode);
            var samples = parsed.GetValue(count);
            var fid = Evaluation.Fid((first, size) => student.Draw(parsed.GetValue(seed), first, size), samples, features, settings.Reference);
            if (parsed.GetValue(json))
            {
                session.Screen.Json(
                    new JsonObject { [MetricNames.Fid] = fid, ["samples"] = samples, ["seed"] = parsed.GetValue(seed), ["features"] = features.Digest });
            }
            else
            {
                session.Screen.Line(string.Create(CultureInfo.InvariantCulture, $"FID {Texts.Number(fid)} of {samples} pictures."));
            }
            return (int)ExitCode.Ok;
        });
        return command;
    }
}
