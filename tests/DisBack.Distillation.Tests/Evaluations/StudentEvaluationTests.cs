using DisBack.Diffusion.Metrics;
using DisBack.Diffusion.Parameters;
using DisBack.Distillation.Evaluations;
using DisBack.Specs.Data;
using DisBack.Specs.Evaluations;
using static TorchSharp.torch;

namespace DisBack.Distillation.Tests.Evaluations;

/// <summary>What is evaluated and drawn are pixels, also where samples are latents.</summary>
public sealed class StudentEvaluationTests
{
    [Fact]
    public void Latents_are_decoded_before_they_are_compared_with_images_and_drawn()
    {
        var settings = new EvaluationSettings { FinalSamples = 20, Reference = new DatasetSettings { Resolution = 16 } };
        using var evaluation = new StudentEvaluation(TinyNetwork.Inputs(), settings, new ReferenceCache(), toPixels: Decode);
        using var network = TinyNetwork.Open();
        using var parameters = ParameterGroups.Attach(network, trained: true);
        using var average = new MovingAverage(parameters);
        var heard = new RecordingListener();
        evaluation.Evaluate(heard, 3, "latents", average, final: true);
        Assert.True(double.IsFinite(Assert.Single(heard.Measurements, point => point.Name == "fid").Value));
        Assert.Equal([20, 1, 16, 16], Assert.Single(evaluation.Strips).Value.shape);
        evaluation.Finish(heard);
        Assert.Equal(["strips/0000003.png", "samples.png"], heard.Artifacts.Select(artifact => artifact.Key));

        static Tensor Decode(Tensor latents) => nn.functional.interpolate(latents, scale_factor: [2, 2]);
    }
}
