using DisBack.Diffusion.Data;
using TorchSharp.Modules;
using static TorchSharp.torch;
using static TorchSharp.torch.nn.functional;

namespace DisBack.Diffusion.Features;

/// <summary>
/// A small convolutional classifier: convolutions down to about 4 x 4, a layer of features, and one of classes. Images of another size are averaged
/// to the resolution that it works at.
/// </summary>
internal sealed class ImageClassifier : nn.Module
{
    private readonly (Parameter Weight, Parameter Bias)[] _convolutions;
    private readonly (Parameter Weight, Parameter Bias) _features, _classes;

    private ImageClassifier(ClassifierSettings settings, Func<string, long[], Tensor> valueOf) : base(nameof(ImageClassifier))
    {
        Settings = settings;
        using var scope = NewDisposeScope();
        var layers = settings.Layers
            .Select(layer => (Register($"{layer.Layer}_weight", layer.Shape), Register($"{layer.Layer}_bias", layer.Shape[0])))
            .ToArray();
        (_convolutions, _features, _classes) = (layers[..^2], layers[^2], layers[^1]);

        Parameter Register(string name, params long[] shape)
        {
            var parameter = new Parameter(valueOf(name, shape));
            register_parameter(name, parameter);
            parameter.DetachFromDisposeScope(); // the module owns it
            return parameter;
        }
    }

    public ClassifierSettings Settings { get; }

    /// <summary>A classifier with random first weights: normal, of variance 2 / fan-in (He et al. 2015).</summary>
    public static ImageClassifier Draw(ClassifierSettings settings, Generator init) => new(settings, (_, shape) => shape.Length == 1
        ? zeros(shape)
        : randn(shape, generator: init) * Math.Sqrt(2.0 / shape[1..].Aggregate((a, b) => a * b)));

    /// <summary>The classifier in a file.</summary>
    /// <exception cref="DisBackException">The file has not the weights of these settings.</exception>
    public static ImageClassifier Read(ClassifierSettings settings, FeatureWeights weights)
    {
        var classifier = new ImageClassifier(settings, weights.Take);
        weights.RequireAllTaken();
        return classifier;
    }

    /// <summary>Features [N, F] of images [N, C, H, W] in [-1, 1].</summary>
    public Tensor features(Tensor images)
    {
        using var scope = NewDisposeScope();
        var x = AreaAverage.Resize(images, Settings.Resolution);
        for (var i = 0; i < _convolutions.Length; i++)
        {
            var stride = i == 0 ? 1 : 2;
            x = silu(conv2d(x, _convolutions[i].Weight, _convolutions[i].Bias, strides: [stride, stride], padding: [1, 1]));
        }
        return silu(linear(x.flatten(1), _features.Weight, _features.Bias)).MoveToOuterDisposeScope();
    }

    /// <summary>Logits [N, classes] of features [N, F].</summary>
    public Tensor classify(Tensor features) => linear(features, _classes.Weight, _classes.Bias);
}
