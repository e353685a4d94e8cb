using static TorchSharp.torch;
using static TorchSharp.torch.nn.functional;

namespace DisBack.Diffusion.Features;

/// <summary>
/// VGG16 (Simonyan and Zisserman 2015) under torchvision's tensor names. Features are the 4096 activations after the second fully connected layer,
/// those of the improved precision and recall (Kynkäänniemi et al. 2019).
/// </summary>
internal sealed class Vgg16 : IFeatureNetwork
{
    /// <summary>A tensor by which a file of this network is known.</summary>
    public const string FirstTensor = "features.0.weight";

    private const int InputSize = 224;

    /// <summary>The largest activations, of the first convolutions, before and after.</summary>
    private const long BytesPerImage = 2L * 64 * InputSize * InputSize * sizeof(float);

    private static readonly int[][] s_stages = [[64, 64], [128, 128], [256, 256, 256], [512, 512, 512], [512, 512, 512]];

    // Mean and standard deviation of ImageNet, of images in [0, 1].
    private static readonly float[] s_mean = [0.485f, 0.456f, 0.406f], s_deviation = [0.229f, 0.224f, 0.225f];

    private readonly Device _device;
    private readonly List<(Tensor Weight, Tensor Bias)[]> _stages = [];
    private readonly (Tensor Weight, Tensor Bias) _first, _second;

    /// <summary>Builds the network of a file.</summary>
    /// <param name="weights">The file's tensors.</param>
    /// <param name="device">Where it runs.</param>
    /// <param name="digest">SHA-256 of the file.</param>
    /// <param name="divisor">By how much every number of channels and features is divided: 1 for the published network.</param>
    /// <exception cref="DisBackException">A tensor is missing, unknown, of another shape or type, or not finite.</exception>
    internal Vgg16(FeatureWeights weights, Device device, string digest, int divisor = 1)
    {
        (_device, Digest) = (device, digest);
        using var scope = NewDisposeScope();
        var (index, from) = (0, 3);
        foreach (var stage in s_stages)
        {
            var layers = new (Tensor, Tensor)[stage.Length];
            for (var i = 0; i < stage.Length; i++)
            {
                var to = stage[i] / divisor;
                layers[i] = Take($"features.{index}", to, from, 3, 3);
                from = to;
                index += 2; // the activation has a number of its own
            }
            _stages.Add(layers);
            index++; // and so has the pooling
        }
        var features = 4096 / divisor;
        _first = Take("classifier.0", features, from * 7 * 7);
        _second = Take("classifier.3", features, features);
        // The classes are of no use here.
        weights.RequireAllTaken(mayRemain: name => name.StartsWith("classifier.6.", StringComparison.Ordinal));
        foreach (var tensor in Owned)
        {
            tensor.DetachFromDisposeScope();
        }

        (Tensor, Tensor) Take(string layer, params long[] shape) => (weights.Take($"{layer}.weight", shape), weights.Take($"{layer}.bias", shape[0]));
    }

    public string Digest { get; }

    private IEnumerable<Tensor> Owned => _stages.SelectMany(stage => stage).Append(_first).Append(_second)
        .SelectMany(layer => new[] { layer.Weight, layer.Bias });

    public Tensor Extract(Tensor images) => ExtractionPasses.Run(images, BytesPerImage, _device, Features);

    public void Dispose()
    {
        foreach (var tensor in Owned)
        {
            tensor.Dispose();
        }
    }

    private Tensor Features(Tensor images)
    {
        using var scope = NewDisposeScope();
        var x = interpolate(PictureInput.Levels(images, "VGG16"), [InputSize, InputSize], mode: InterpolationMode.Bilinear, align_corners: false);
        x = (x / 255 - tensor(s_mean, device: _device).view(1, 3, 1, 1)) / tensor(s_deviation, device: _device).view(1, 3, 1, 1);
        foreach (var stage in _stages)
        {
            using var inner = NewDisposeScope();
            foreach (var (weight, bias) in stage)
            {
                var next = conv2d(x, weight, bias, padding: [1, 1]).relu_();
                x.Dispose();
                x = next;
            }
            x = max_pool2d(x, 2, 2).MoveToOuterDisposeScope();
        }
        x = linear(x.flatten(1), _first.Weight, _first.Bias).relu_();
        return linear(x, _second.Weight, _second.Bias).relu_().MoveToOuterDisposeScope();
    }
}
