using System.CommandLine;
using System.Globalization;
using System.Text.Json.Nodes;
using DisBack.Cli.Installations;
using DisBack.Cli.Names;
using DisBack.Cli.Options;
using DisBack.Cli.Terminal;
using DisBack.Contracts.Documents;
using DisBack.Diffusion.Conditions;
using DisBack.Diffusion.Features;
using DisBack.Diffusion.Metrics;
using static TorchSharp.torch;

namespace DisBack.Cli.Commands;

/// <summary><c>disback evaluate RUN</c>: how a student's pictures compare with real ones.</summary>
internal static class EvaluateCommand
{
    public static Command Create(Session session)
    {
        var name = new Argument<string>("RUN") { Description = "Name, id or unique beginning of a run, teacher/NAME, or a student.safetensors file." }
            .CompletedWith(KnownNames.StudentsAsync);
        var count = Arguments.Count(10_000, "How many pictures; figures compare only at one count.");
        var seed = new Option<long>("--seed") { Description = "Seed of the noise.", DefaultValueFactory = _ => 0 };
        var teacher = new Option<bool>("--teacher") { Description = "Measure the run's teacher instead, with 18 Heun steps." };
        var features = new Option<string?>("--features")
        {
            Description = "Measure on these features instead of the experiment's: digits, or the path of a network's file.",
            HelpName = "FILE",
        };
        var precisionRecall = new Option<bool>("--precision-recall") { Description = "Measure precision and recall (3 nearest neighbours) as well." };
        var kid = new Option<bool>("--kid") { Description = "Measure the kernel distance (100 subsets of 1,000) as well." };
        var inceptionScore = new Option<bool>("--inception-score")
        {
            Description = "Measure the inception score (10 parts) as well, on features that tell classes apart.",
        };
        var json = Arguments.Json();
        var command = new Command("evaluate", "Measures FID of a student, on the features and the reference of its experiment (or the digits).")
        {
            name,
            count,
            seed,
            teacher,
            features,
            precisionRecall,
            kid,
            inceptionScore,
            json,
        };
        command.SetAction(async (parsed, cancellation) =>
        {
            await using var installation = Installation.Of(parsed, session);
            using var student = await StudentSource.OpenAsync(installation, parsed.GetRequiredValue(name), parsed.GetValue(teacher), cancellation);
            using var local = new LocalContents(installation.Archive.Content);
            var asked = student.Evaluation with { Features = parsed.GetValue(features) ?? student.Evaluation.Features };
            var settings = await local.LocalAsync(asked, cancellation);
            using var network = FeatureNetworks.Open(settings.Features, installation.TrustsCode);
            var samples = parsed.GetValue(count);
            Warn(session, student, network, samples);
            var accuracy = ClassAccuracy.By(network, student.Classes, IConditionSource.OfClasses(student.Classes).InTurn);
            var score = parsed.GetValue(inceptionScore) ? ScoreOn(network, settings.Features, samples) : null;
            IFeatureMeasure[] measures = [.. new IFeatureMeasure?[] { accuracy, score }.OfType<IFeatureMeasure>()];
            var quality = parsed.GetValue(precisionRecall) || parsed.GetValue(kid)
                ? Evaluation.Quality(Draw, samples, network, settings.Reference, parsed.GetValue(kid), parsed.GetValue(precisionRecall), measures)
                : new SampleQuality(Evaluation.Fid(Draw, samples, network, settings.Reference, measures), Kid: null, PrecisionRecall: null);
            List<(string Key, string Name, double? Value, double? Std)> figures =
            [
                (MetricNames.Fid, "FID", quality.Fid, null),
                (MetricNames.Accuracy, "accuracy", accuracy?.Value, null),
                ("kid", "KID", quality.Kid?.Mean, quality.Kid?.Std),
                ("inception_score", "inception score", score?.Value.Mean, score?.Value.Std),
                ("precision", "precision", quality.PrecisionRecall?.Precision, null),
                ("recall", "recall", quality.PrecisionRecall?.Recall, null),
            ];
            figures.RemoveAll(figure => figure.Value is null);
            if (parsed.GetValue(json))
            {
                var document = new JsonObject();
                foreach (var (key, _, value, std) in figures)
                {
                    document[key] = value;
                    if (std is not null)
                    {
                        document[$"{key}_std"] = std;
                    }
                }
                (document["samples"], document["seed"], document["features"]) = (samples, parsed.GetValue(seed), network.Digest);
                session.Screen.Json(document);
            }
            else
            {
                var said = string.Join(", ", figures.Select(figure => $"{figure.Name} {Texts.Number(figure.Value!.Value)}"
                    + (figure.Std is { } std ? $" (std {Texts.Number(std)})" : "")));
                var of = student.Maker is { } maker ? $" of {maker}" : "";
                session.Screen.Line(string.Create(CultureInfo.InvariantCulture, $"{said} of {samples} pictures{of}."));
            }
            return (int)ExitCode.Ok;

            Tensor Draw(long first, long size) => student.Draw(parsed.GetValue(seed), first, size);
        });
        return command;
    }

    private static InceptionScore ScoreOn(IFeatureNetwork network, string features, long samples) =>
        InceptionScore.By(network, samples) ?? throw new DisBackException(
            $"The features '{features}' tell no classes apart, so there is no inception score: name the Inception network or a classifier with --features.");

    /// <summary>One line if FID is to be of too few pictures for the features, which only an image can tell the length of.</summary>
    private static void Warn(Session session, StudentSource student, IFeatureNetwork network, long samples)
    {
        using var image = zeros(1, student.Shape.Channels, student.Shape.Height, student.Shape.Width);
        using var features = network.Extract(image);
        if (Evaluation.Warning(samples, features.shape[1]) is { } warning)
        {
            session.Screen.Error.WriteLine(warning);
        }
    }
}
