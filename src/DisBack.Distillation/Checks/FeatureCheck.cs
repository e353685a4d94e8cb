using DisBack.Diffusion.Features;
using DisBack.Diffusion.Metrics;
using DisBack.Specs.Evaluations;
using DisBack.Specs.Networks;
using DisBack.Specs.Reading;
using static TorchSharp.torch;

namespace DisBack.Distillation.Checks;

/// <summary>Refuses a feature network that cannot evaluate a student, and statistics of another network, before anything is trained.</summary>
public static class FeatureCheck
{
    /// <summary>Opens the network and gives it images of the size that will come.</summary>
    /// <param name="settings">The evaluation; its features are a name or a file of this machine. Statistics that are stored already are not looked at.</param>
    /// <param name="made">The shape of the student's samples.</param>
    /// <param name="trustCode">Whether a TorchScript file may be run.</param>
    /// <returns>Warnings, one sentence each, of what works but says little.</returns>
    /// <exception cref="SpecMistakeException">It cannot be opened, or takes no such images, or the statistics are of other features.</exception>
    public static IReadOnlyList<string> Check(EvaluationSettings settings, SampleShape made, bool trustCode = false)
    {
        try
        {
            using var scope = NewDisposeScope();
            using var network = FeatureNetworks.Open(settings.Features, trustCode);
            var features = network.Extract(zeros(2, made.Channels, made.Height, made.Width)).shape[1];
            RequireStatistics(settings.Statistics, features);
            return
            [
                .. Warning("evaluation.final_samples", settings.FinalSamples, features),
                .. Warning("evaluation.samples", settings.Every > 0 ? settings.Samples : null, features),
            ];
        }
        catch (DisBackException misfit) when (misfit is not SpecMistakeException)
        {
            throw new SpecMistakeException("evaluation.features", misfit.Message.TrimEnd('.'), misfit);
        }
    }

    private static void RequireStatistics(string? statistics, long features)
    {
        if (statistics is null || ContentRef.DigestIn(statistics) is not null)
        {
            return;
        }
        try
        {
            using var known = ReferenceStatistics.Read(statistics);
            known.Require(features);
        }
        catch (DisBackException misfit)
        {
            throw new SpecMistakeException("evaluation.statistics", misfit.Message.TrimEnd('.'), misfit);
        }
    }

    private static IEnumerable<string> Warning(string key, long? samples, long features) =>
        samples is { } some && Evaluation.Warning(some, features) is { } warning ? [$"{key}: {warning}"] : [];
}
