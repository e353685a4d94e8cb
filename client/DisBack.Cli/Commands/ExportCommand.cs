using System.CommandLine;
using System.Text.Json;
using DisBack.Cli.Installations;
using DisBack.Cli.Names;
using DisBack.Cli.Options;
using DisBack.Cli.Report;
using DisBack.Cli.Terminal;
using DisBack.Client;
using DisBack.Contracts.Documents;
using DisBack.Distillation.Generators;
using DisBack.Specs.Experiments;
using DisBack.Specs.Reading;

namespace DisBack.Cli.Commands;

/// <summary><c>disback export RUN FOLDER</c>: a student as others take it, with its card.</summary>
internal static class ExportCommand
{
    private const string Samples = "samples.png";

    public static Command Create(Session session)
    {
        var name = NameArguments.Run();
        var target = new Argument<string>("FOLDER") { Description = "Where to put the files; created if needed, must be empty." };
        var licence = new Option<string?>("--teacher-licence") { Description = "The licence of the teacher's weights, where it is not known from its import." };
        var command = new Command("export", "Writes a run's student with a model card: digests, figures, licence, and Python that loads it.")
        {
            name, target, licence,
        };
        command.SetAction(async (parsed, cancellation) =>
        {
            await using var installation = Installation.Of(parsed, session);
            var archive = installation.Archive;
            var trial = await archive.FindTrialAsync(parsed.GetRequiredValue(name), cancellation);
            if (!trial.Run.Artifacts.TryGetValue(StudentFile.Name, out var made))
            {
                throw new DisBackException($"{trial.Id} has no student yet: it is {trial.Run.Status.ToString().ToLowerInvariant()}; let it end first.");
            }
            var folder = Directory.CreateDirectory(UserPath.Expand(parsed.GetRequiredValue(target)));
            if (folder.EnumerateFileSystemInfos().Any())
            {
                throw new DisBackException($"The folder {folder} is not empty; name an empty or a new one.");
            }
            var path = Path.Combine(folder.FullName, StudentFile.Name);
            await archive.Content.FetchAsync(made.Content, path, cancellation);
            var picture = trial.Run.Artifacts.TryGetValue(Samples, out var samples) ? Samples : null;
            if (samples is not null)
            {
                await archive.Content.FetchAsync(samples.Content, Path.Combine(folder.FullName, Samples), cancellation);
            }
            var teacher = await TeacherOfAsync(archive, trial, cancellation);
            var use = StudentUse.Of(path, SpecJson.FromJson<ExperimentSpec>(trial.Spec));
            await File.WriteAllTextAsync(
                Path.Combine(folder.FullName, ModelCard.FileName),
                ModelCard.Of(trial, use, teacher, parsed.GetValue(licence) ?? teacher?.Licence ?? "", picture),
                cancellation);
            session.Screen.Line($"{StudentFile.Name} and {ModelCard.FileName} are in {folder.FullName}.");
            return (int)ExitCode.Ok;
        });
        return command;
    }

    /// <summary>What is known of the weights that a run was distilled from: a registered teacher, or a shipped one.</summary>
    private static async Task<TeacherDocument?> TeacherOfAsync(IArchive archive, TrialDocument trial, CancellationToken cancellation)
    {
        var registered = (await archive.TeachersAsync(cancellation)).Where(teacher => teacher.Weights == trial.Teacher).ToList();
        return registered.Find(teacher => teacher.Licence.Length > 0) ?? registered.FirstOrDefault() ?? TeacherLibrary.Shipped.Select(Shipped)
            .FirstOrDefault(teacher => teacher.Weights?.Digest == trial.Teacher!.Digest);

        static TeacherDocument Shipped(string name)
        {
            using var manifest = JsonDocument.Parse(TeacherLibrary.ManifestOf(name));
            return new TeacherDocument
            {
                Id = name,
                Provenance = "part of DisBack",
                Licence = manifest.RootElement.GetProperty("licence").GetString()!,
                Weights = new ContentRef(manifest.RootElement.GetProperty("weights_digest").GetString()!, 0),
            };
        }
    }
}
