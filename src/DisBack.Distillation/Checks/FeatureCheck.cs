using DisBack.Diffusion.Metrics;
using DisBack.Specs.Networks;
using DisBack.Specs.Reading;
using static TorchSharp.torch;

namespace DisBack.Distillation.Checks;

/// <summary>Refuses a feature network that cannot evaluate a student, before anything is trained.</summary>
public static class FeatureCheck
{
    private const string Key = "evaluation.features";

    /// <summary>Opens the network and gives it images of the size that will come.</summary>
    /// <param name="features">Its name or file.</param>
    /// <param name="made">The shape of the student's samples.</param>
    /// <param name="trustCode">Whether a TorchScript file may be run.</param>
    /// <exception cref="SpecMistakeException">It cannot be opened, or takes no such images.</exception>
    public static void Check(string features, SampleShape made, bool trustCode = false)
    {
        try
        {
            using var scope = NewDisposeScope();
            using var network = FeatureNetworks.Open(features, trustCode);
            network.Extract(zeros(2, made.Channels, made.Height, made.Width));
        }
        catch (DisBackException misfit)
        {
            throw new SpecMistakeException(Key, misfit.Message.TrimEnd('.'), misfit);
        }
    }
}
