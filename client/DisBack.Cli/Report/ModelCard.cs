using System.Globalization;
using System.Text;
using System.Text.RegularExpressions;
using DisBack.Cli.Terminal;
using DisBack.Contracts.Documents;
using DisBack.Contracts.Grains;
using DisBack.Distillation.Generators;
using DisBack.Specs.Experiments;
using DisBack.Specs.Reading;

namespace DisBack.Cli.Report;

/// <summary>The card of a student: Markdown with the fields that model hubs read at its head.</summary>
internal static class ModelCard
{
    /// <summary>Its usual name, by which model hubs find it.</summary>
    public const string FileName = "README.md";

    /// <summary>Writes the card of a complete run's student.</summary>
    /// <param name="trial">The run.</param>
    /// <param name="use">What its student makes, and how it is loaded.</param>
    /// <param name="teacher">The teacher's name and provenance; null where nothing is known but its digest.</param>
    /// <param name="licence">The licence of the teacher's weights; empty where it is not known.</param>
    /// <param name="picture">The file name of a picture of samples beside the card; null for none.</param>
    public static string Of(TrialDocument trial, StudentUse use, TeacherDocument? teacher, string licence, string? picture)
    {
        var spec = SpecJson.FromJson<ExperimentSpec>(trial.Spec);
        var host = SpecJson.ToNode(spec.Backtracking)["host"]!.GetValue<string>();
        var card = new StringBuilder();
        card.Append(CultureInfo.InvariantCulture, $"""
            ---
            library_name: pytorch
            pipeline_tag: {use.Task}
            tags: [diffusion, distillation, distribution-backtracking]
            license: other
            license_name: {NameOf(licence)}
            ---

            # {trial.Name}

            Makes {use.Makes}. Distilled from a diffusion model by Distribution Backtracking
            ([arXiv 2408.15991](https://arxiv.org/abs/2408.15991)) on the host `{host}`.


            """);
        if (picture is not null)
        {
            card.Append(CultureInfo.InvariantCulture, $"![Samples]({picture})\n\n");
        }
        card.Append("| | |\n|---|---|\n");
        Row("student", $"`{trial.Run.Artifacts[StudentFile.Name].Content.Digest}` (SHA-256 of `{StudentFile.Name}`)");
        Row("teacher", (teacher is null ? "" : $"{teacher.Id}, {teacher.Provenance}; ") + $"`{trial.Teacher!.Digest}`");
        Row("licence of the teacher", licence.Length > 0 ? licence : "not recorded; ask whoever made it before the student is given on");
        if (spec.Student.Weights is { } first)
        {
            Row("student began at", $"the weights `{first}`, whose licence counts too");
        }
        Row("trajectory", $"`{trial.Trajectory}`, {Count(trial.Nodes)} {(trial.Nodes == 1 ? "node: the teacher alone, the host without DisBack" : "nodes")}");
        Row("spec", $"`{GrainKeys.Digest(trial.Spec)}`");
        foreach (var (name, value) in trial.Run.Latest.Where(metric => metric.Key is MetricNames.Fid or MetricNames.Accuracy))
        {
            var against = name == MetricNames.Fid
                ? $", {Count(spec.Evaluation.FinalSamples)} samples, features `{spec.Evaluation.Features}`"
                : "";
            Row(name == MetricNames.Fid ? "FID" : name, $"{Texts.Number(value.Value)} at step {Count(value.Step)}{against}");
        }
        card.Append(CultureInfo.InvariantCulture, $"""

            ## Use

            ```python
            {use.Python}
            ```

            {use.Note}

            ## Spec

            ```yaml
            {SpecYaml.Write(spec).TrimEnd()}
            ```

            """);
        return card.ToString();

        void Row(string name, string value) =>
            card.Append(CultureInfo.InvariantCulture, $"| {name} | {value.Replace("|", "\\|", StringComparison.Ordinal)} |\n");
    }

    /// <summary>Model hubs ask for a name like <c>my-license-1.0</c>; the words themselves are in the table.</summary>
    private static string NameOf(string licence) =>
        Regex.Replace(licence.ToLowerInvariant(), "[^a-z0-9.]+", "-").Trim('-', '.') is { Length: > 0 } name ? name : "not-recorded";

    private static string Count(long number) => number.ToString("N0", CultureInfo.InvariantCulture);
}
