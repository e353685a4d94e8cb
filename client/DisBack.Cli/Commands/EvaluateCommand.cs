using System.CommandLine;
using System.Globalization;
using DisBack.Cli.Installations;
using DisBack.Cli.Live;
using DisBack.Cli.Names;
using DisBack.Cli.Options;
using DisBack.Cli.Students;
using DisBack.Cli.Terminal;
using DisBack.Diffusion.Metrics;
using DisBack.Specs.Reading;

namespace DisBack.Cli.Commands;

/// <summary><c>disback evaluate RUN</c>: how a student's pictures compare with real ones.</summary>
internal static class EvaluateCommand
{
    private const string PictureName = "neighbours.png";

    /// <summary>How many of them a picture shows.</summary>
    private const int Neighbours = 8;

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
        var reference = new Option<string?>("--reference")
        {
            Description = "Compare with these images instead of the experiment's: a folder of pictures, a packed, an IDX or a ZIP file.",
            HelpName = "IMAGES",
        };
        var statistics = new Option<string?>("--statistics")
        {
            Description = "Compare with statistics of images, an .npz file with mu and sigma, as EDM and pytorch-fid write it.",
            HelpName = "FILE",
        };
        var precisionRecall = new Option<bool>("--precision-recall") { Description = "Measure precision and recall (3 nearest neighbours) as well." };
        var kid = new Option<bool>("--kid") { Description = "Measure the kernel distance (100 subsets of 1,000) as well." };
        var inceptionScore = new Option<bool>("--inception-score")
        {
            Description = "Measure the inception score (10 parts) as well, on features that tell classes apart.",
        };
        var neighbours = new Option<string?>("--neighbours")
        {
            Description = "Draw samples beside the real images that are nearest to them, and measure the share that are copies of one.",
            HelpName = "PICTURE",
        };
        var watch = new Option<bool>("--watch")
        {
            Description = "Measure each new checkpoint of a run until it ends, at the lowest priority; Ctrl-C ends the watching, not the run.",
        };
        var json = Arguments.Json();
        var command = new Command("evaluate", "Measures FID of a student, on the features and the reference of its experiment (or the digits).")
        {
            name,
            count,
            seed,
            teacher,
            features,
            reference,
            statistics,
            precisionRecall,
            kid,
            inceptionScore,
            neighbours,
            watch,
            json,
        };
        command.Validators.Add(result =>
        {
            if (result.GetValue(reference) is not null && result.GetValue(statistics) is not null)
            {
                result.AddError($"{reference.Name} and {statistics.Name} are two references; give one.");
            }
            if (result.GetValue(watch) && (result.GetValue(teacher) || result.GetValue(neighbours) is not null))
            {
                result.AddError($"{watch.Name} measures one student after the other; give neither {teacher.Name} nor {neighbours.Name} with it.");
            }
        });
        command.SetAction(async (parsed, cancellation) =>
        {
            var asked = new EvaluationRequest
            {
                Samples = parsed.GetValue(count),
                Seed = parsed.GetValue(seed),
                Features = parsed.GetValue(features),
                Reference = parsed.GetValue(reference),
                Statistics = parsed.GetValue(statistics),
                Measures = new QualityMeasures(
                    parsed.GetValue(kid), parsed.GetValue(precisionRecall), parsed.GetValue(neighbours) is null ? 0 : Neighbours),
                InceptionScore = parsed.GetValue(inceptionScore),
                Picture = parsed.GetValue(neighbours) is { } picture ? PictureFile.Of(picture, PictureName, neighbours.Name) : null,
            };
            if (parsed.GetValue(watch))
            {
                return (int)await LowPriority.RunAsync(session, async () =>
                {
                    await using var watched = Installation.Of(parsed, session);
                    return await WatchAsync(session, watched, parsed.GetRequiredValue(name), asked, parsed.GetValue(json), cancellation);
                });
            }
            await using var installation = Installation.Of(parsed, session);
            using var student = await StudentSource.OpenAsync(installation, parsed.GetRequiredValue(name), parsed.GetValue(teacher), cancellation);
            using var judge = await StudentJudge.OpenAsync(session, installation, student, asked, cancellation);
            var figures = judge.Measure(student);
            if (parsed.GetValue(json))
            {
                session.Screen.Json(judge.Json(figures));
            }
            else
            {
                var of = student.Maker is { } maker ? $" of {maker}" : "";
                session.Screen.Line(string.Create(CultureInfo.InvariantCulture, $"{figures.Text} of {asked.Samples} pictures{of}."));
            }
            return (int)ExitCode.Ok;
        });
        return command;
    }

    /// <summary>A line, or with <c>--json</c> an object in a line, for each checkpoint.</summary>
    private static async Task<ExitCode> WatchAsync(
        Session session, Installation installation, string name, EvaluationRequest asked, bool json, CancellationToken cancellation)
    {
        var trial = await installation.Archive.FindTrialAsync(name, cancellation);
        StudentJudge? judge = null;
        try
        {
            var run = await new CheckpointWatch(installation, session.Time).FollowAsync(trial, JudgeAsync, cancellation);
            session.Screen.Error.WriteLine($"{trial.Id} is {run.Status.ToString().ToLowerInvariant()}.");
            return RunFollower.CodeOf(run);
        }
        finally
        {
            judge?.Dispose();
        }

        async Task JudgeAsync(StudentSource student, long step)
        {
            judge ??= await StudentJudge.OpenAsync(session, installation, student, asked, cancellation);
            var figures = judge.Measure(student);
            if (json)
            {
                var document = judge.Json(figures);
                document.Insert(0, "step", step);
                session.Screen.Line(document.ToJsonString(SpecJson.Options));
            }
            else
            {
                session.Screen.Line(string.Create(CultureInfo.InvariantCulture, $"step {step:N0}  {figures.Text}"));
            }
        }
    }
}
