using DisBack.Diffusion.Data;
using DisBack.Diffusion.Features;
using DisBack.Diffusion.Metrics;
using DisBack.Specs.Data;
using DisBack.Specs.Evaluations;
using DisBack.Specs.Experiments;
using DisBack.Specs.Networks;
using static TorchSharp.torch;

namespace DisBack.Distillation.Checks;

/// <summary>Refuses an experiment that cannot work with its teacher, before anything is trained.</summary>
public static class ExperimentCheck
{
    /// <summary>Compares what an experiment names with what its teacher makes.</summary>
    /// <param name="spec">The experiment.</param>
    /// <param name="teacher">The teacher's network.</param>
    /// <param name="trustCode">Whether a TorchScript file of features may be run.</param>
    /// <returns>Warnings, one sentence each, of what works but says little.</returns>
    /// <exception cref="DisBackException">
    /// The student makes other samples, or images cannot be read or have another shape, or the features take no such images.
    /// </exception>
    public static IReadOnlyList<string> Check(ExperimentSpec spec, NetworkSettings teacher, bool trustCode = false)
    {
        if (spec.Student.Network is { } student)
        {
            student.Validate();
            if ((student.Shape, student.Classes) != (teacher.Shape, teacher.Classes))
            {
                throw new DisBackException(
                    $"student.network makes samples of {student.Shape} (channels, height, width) in {student.Classes} classes but the teacher makes "
                        + $"{teacher.Shape} "
                    + $"in {teacher.Classes}: give the student the teacher's img_channels, img_resolution and label_dim.");
            }
        }

        if (spec.Data is { } data)
        {
            CheckShape("data", data, teacher.Shape);
        }

        return CheckEvaluation(spec.Evaluation, teacher, trustCode);
    }

    private static string[] CheckEvaluation(EvaluationSettings settings, NetworkSettings teacher, bool trustCode)
    {
        CheckShape("evaluation.reference", settings.Reference, teacher.Shape);
        using var scope = NewDisposeScope();
        using var features = FeatureNetworks.Open(settings.Features, trustCode);
        var made = features.Extract(zeros(2, teacher.Shape.Channels, teacher.Shape.Height, teacher.Shape.Width));
        return [.. Warning("evaluation.final_samples", settings.FinalSamples), .. Warning("evaluation.samples", settings.Every > 0 ? settings.Samples : null)];

        IEnumerable<string> Warning(string key, long? samples) =>
            samples is { } some && Evaluation.Warning(some, made.shape[1]) is { } warning ? [$"{key}: {warning}"] : [];
    }

    private static void CheckShape(string key, DatasetSettings data, SampleShape made)
    {
        var (channels, resolution) = ImageDataset.ShapeOf(data);
        var images = new SampleShape(channels, resolution, resolution);
        if (images != made)
        {
            throw new DisBackException(
                $"{key} has images of {images} (channels, height, width) but the teacher makes {made}: set {key}.resolution to {made.Height} and "
                    + $"{key}.channels to {made.Channels}.");
        }
    }
}
