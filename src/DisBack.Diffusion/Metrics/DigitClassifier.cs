using DisBack.Diffusion.Data;
using TorchSharp.Modules;
using static TorchSharp.torch;
using static TorchSharp.torch.nn.functional;

namespace DisBack.Diffusion.Metrics;

/// <summary>
/// The digit classifier behind <see cref="DigitFeatures"/>: three convolutions down to 4 x 4, 64 features, ten classes; about 56,000 parameters.
/// Its input is 14 x 14, and larger images are averaged down to it.
/// </summary>
internal sealed class DigitClassifier : nn.Module
{
    public const int Resolution = 14;
    private const int Features = 64, Classes = 10;

    // The names are those of the file.
    private readonly Parameter conv1_weight, conv1_bias, conv2_weight, conv2_bias, conv3_weight, conv3_bias;
    private readonly Parameter features_weight, features_bias, classes_weight, classes_bias;

    public DigitClassifier(Generator init) : base(nameof(DigitClassifier))
    {
        using var scope = NewDisposeScope();
        (conv1_weight, conv1_bias) = Layer(32, 1, 3, 3);
        (conv2_weight, conv2_bias) = Layer(32, 32, 3, 3);
        (conv3_weight, conv3_bias) = Layer(32, 32, 3, 3);
        (features_weight, features_bias) = Layer(Features, 32 * 4 * 4);
        (classes_weight, classes_bias) = Layer(Classes, Features);
        RegisterComponents();
        foreach (var parameter in parameters())
        {
            parameter.DetachFromDisposeScope(); // the module owns them
        }

        // He et al. (2015): a normal distribution of variance 2 / fan-in.
        (Parameter, Parameter) Layer(params long[] shape)
        {
            var fanIn = shape[1..].Aggregate((a, b) => a * b);
            return (new Parameter(randn(shape, generator: init) * Math.Sqrt(2.0 / fanIn)), new Parameter(zeros(shape[0])));
        }
    }

    /// <summary>[N, 64] features of images [N, 1, H, W] in [-1, 1].</summary>
    public Tensor features(Tensor images)
    {
        using var scope = NewDisposeScope();
        var x = AreaAverage.Resize(images, Resolution);
        x = silu(conv2d(x, conv1_weight, conv1_bias, padding: [1, 1]));
        x = silu(conv2d(x, conv2_weight, conv2_bias, strides: [2, 2], padding: [1, 1]));
        x = silu(conv2d(x, conv3_weight, conv3_bias, strides: [2, 2], padding: [1, 1]));
        return silu(linear(x.flatten(1), features_weight, features_bias)).MoveToOuterDisposeScope();
    }

    /// <summary>[N, 10] logits of features [N, 64].</summary>
    public Tensor classify(Tensor features) => linear(features, classes_weight, classes_bias);
}
