using static TorchSharp.torch;
using static TorchSharp.torch.nn.functional;

namespace DisBack.Diffusion.Features;

/// <summary>
/// The Inception network that FID is defined with: that of TensorFlow of 2015-12-05, under the tensor names of its conversion for PyTorch
/// (pytorch-fid, pt_inception-2015-12-05). Features are the 2048 averages after the last block.
/// </summary>
/// <remarks>
/// It differs from torchvision's Inception v3: average pooling does not count the padding, the last block pools the maximum, and there are 1008
/// classes. Batch normalisation is folded into the convolutions before it.
/// </remarks>
internal sealed class InceptionV3 : IClassifier
{
    /// <summary>A tensor by which a file of this network is known.</summary>
    public const string FirstTensor = "Conv2d_1a_3x3.conv.weight";

    private const int Rgb = 3, InputSize = 299, ClassCount = 1008;
    private const double Epsilon = 0.001;

    /// <summary>The largest activations, of the first convolutions, before and after.</summary>
    private const long BytesPerImage = 2L * 64 * 149 * 149 * sizeof(float);

    private readonly FeatureWeights _weights;
    private readonly Device _device;
    private readonly int _divisor;
    private readonly List<Tensor> _owned = [];
    private readonly (string Name, Layer Layer)[] _blocks;
    private readonly Tensor _classWeight, _classBias;

    /// <summary>Builds the network of a file.</summary>
    /// <param name="weights">The file's tensors.</param>
    /// <param name="device">Where it runs.</param>
    /// <param name="digest">SHA-256 of the file.</param>
    /// <param name="divisor">By how much every number of channels is divided: 1 for the published network.</param>
    /// <exception cref="DisBackException">A tensor is missing, unknown, of another shape or type, or not finite.</exception>
    internal InceptionV3(FeatureWeights weights, Device device, string digest, int divisor = 1)
    {
        (_weights, _device, Digest, _divisor) = (weights, device, digest, divisor);
        using var scope = NewDisposeScope();
        using var noGrad = no_grad();
        _blocks =
        [
            ("Stem", Chain(
                Convolution("Conv2d_1a_3x3", Rgb, 32, 3, stride: 2),
                Convolution("Conv2d_2a_3x3", 32, 32, 3),
                Convolution("Conv2d_2b_3x3", 32, 64, 3, padding: 1),
                MaxPool,
                Convolution("Conv2d_3b_1x1", 64, 80, 1),
                Convolution("Conv2d_4a_3x3", 80, 192, 3),
                MaxPool)),
            A("Mixed_5b", 192, 32),
            A("Mixed_5c", 256, 64),
            A("Mixed_5d", 288, 64),
            B("Mixed_6a"),
            C("Mixed_6b", 128),
            C("Mixed_6c", 160),
            C("Mixed_6d", 160),
            C("Mixed_6e", 192),
            D("Mixed_7a"),
            E("Mixed_7b", 1280, AveragePool),
            E("Mixed_7c", 2048, x => max_pool2d(x, 3, 1, 1)),
        ];
        (_classWeight, _classBias) = (weights.Take("fc.weight", ClassCount, Scaled(2048)), weights.Take("fc.bias", ClassCount));
        // The counters are those of training, and the auxiliary classifier took part in training alone.
        weights.RequireAllTaken(mayRemain: name => name.EndsWith(".num_batches_tracked", StringComparison.Ordinal)
            || name.StartsWith("AuxLogits.", StringComparison.Ordinal));
        _owned.AddRange([_classWeight, _classBias]);
        _owned.ForEach(tensor => tensor.DetachFromDisposeScope());
    }

    /// <summary>From activations to the next ones.</summary>
    private delegate Tensor Layer(Tensor x);

    public string Digest { get; }

    public Tensor Extract(Tensor images) => ExtractionPasses.Run(images, BytesPerImage, _device, part => Pooled(part));

    public int Classes => ClassCount;

    public Tensor Classify(Tensor features)
    {
        using var untracked = no_grad();
        using var there = features.to(_device);
        return linear(there, _classWeight, _classBias);
    }

    /// <summary>The features of images, with a look at the activations after each block.</summary>
    internal Tensor Pooled(Tensor images, Action<string, Tensor>? observe = null)
    {
        using var scope = NewDisposeScope();
        using var noGrad = no_grad();
        var x = (PictureInput.ResizeAsTensorFlow(PictureInput.Levels(images, "The Inception network"), InputSize) - 128) / 128;
        foreach (var (name, block) in _blocks)
        {
            var next = block(x);
            x.Dispose();
            x = next;
            observe?.Invoke(name, x);
        }
        return x.mean([2, 3]).MoveToOuterDisposeScope();
    }

    public void Dispose() => _owned.ForEach(tensor => tensor.Dispose());

    private static Tensor MaxPool(Tensor x) => max_pool2d(x, 3, 2);

    private static Tensor AveragePool(Tensor x) => avg_pool2d(x, 3, 1, 1, count_include_pad: false);

    /// <summary>One layer after the other.</summary>
    private static Layer Chain(params Layer[] layers) => x =>
    {
        using var scope = NewDisposeScope();
        var result = layers[0](x);
        foreach (var layer in layers[1..])
        {
            var next = layer(result);
            result.Dispose();
            result = next;
        }
        return result.MoveToOuterDisposeScope();
    };

    /// <summary>Several layers on the same input, their channels one after the other.</summary>
    private static Layer Branches(params Layer[] layers) => x =>
    {
        using var scope = NewDisposeScope();
        return cat([.. layers.Select(layer => layer(x))], 1).MoveToOuterDisposeScope();
    };

    private (string, Layer) A(string name, int from, int pooled) => (name, Branches(
        Convolution($"{name}.branch1x1", from, 64, 1),
        Chain(Convolution($"{name}.branch5x5_1", from, 48, 1), Convolution($"{name}.branch5x5_2", 48, 64, 5, padding: 2)),
        Chain(
            Convolution($"{name}.branch3x3dbl_1", from, 64, 1),
            Convolution($"{name}.branch3x3dbl_2", 64, 96, 3, padding: 1),
            Convolution($"{name}.branch3x3dbl_3", 96, 96, 3, padding: 1)),
        Chain(AveragePool, Convolution($"{name}.branch_pool", from, pooled, 1))));

    private (string, Layer) B(string name) => (name, Branches(
        Convolution($"{name}.branch3x3", 288, 384, 3, stride: 2),
        Chain(
            Convolution($"{name}.branch3x3dbl_1", 288, 64, 1),
            Convolution($"{name}.branch3x3dbl_2", 64, 96, 3, padding: 1),
            Convolution($"{name}.branch3x3dbl_3", 96, 96, 3, stride: 2)),
        MaxPool));

    private (string, Layer) C(string name, int inner) => (name, Branches(
        Convolution($"{name}.branch1x1", 768, 192, 1),
        Chain(
            Convolution($"{name}.branch7x7_1", 768, inner, 1),
            Row($"{name}.branch7x7_2", inner, inner, 7),
            Column($"{name}.branch7x7_3", inner, 192, 7)),
        Chain(
            Convolution($"{name}.branch7x7dbl_1", 768, inner, 1),
            Column($"{name}.branch7x7dbl_2", inner, inner, 7),
            Row($"{name}.branch7x7dbl_3", inner, inner, 7),
            Column($"{name}.branch7x7dbl_4", inner, inner, 7),
            Row($"{name}.branch7x7dbl_5", inner, 192, 7)),
        Chain(AveragePool, Convolution($"{name}.branch_pool", 768, 192, 1))));

    private (string, Layer) D(string name) => (name, Branches(
        Chain(Convolution($"{name}.branch3x3_1", 768, 192, 1), Convolution($"{name}.branch3x3_2", 192, 320, 3, stride: 2)),
        Chain(
            Convolution($"{name}.branch7x7x3_1", 768, 192, 1),
            Row($"{name}.branch7x7x3_2", 192, 192, 7),
            Column($"{name}.branch7x7x3_3", 192, 192, 7),
            Convolution($"{name}.branch7x7x3_4", 192, 192, 3, stride: 2)),
        MaxPool));

    private (string, Layer) E(string name, int from, Layer pool) => (name, Branches(
        Convolution($"{name}.branch1x1", from, 320, 1),
        Chain(
            Convolution($"{name}.branch3x3_1", from, 384, 1),
            Branches(Row($"{name}.branch3x3_2a", 384, 384, 3), Column($"{name}.branch3x3_2b", 384, 384, 3))),
        Chain(
            Convolution($"{name}.branch3x3dbl_1", from, 448, 1),
            Convolution($"{name}.branch3x3dbl_2", 448, 384, 3, padding: 1),
            Branches(Row($"{name}.branch3x3dbl_3a", 384, 384, 3), Column($"{name}.branch3x3dbl_3b", 384, 384, 3))),
        Chain(pool, Convolution($"{name}.branch_pool", from, 192, 1))));

    private Layer Convolution(string name, int from, int to, int kernel, int stride = 1, int padding = 0) =>
        Convolution(name, from, to, (kernel, kernel), stride, (padding, padding));

    private Layer Row(string name, int from, int to, int kernel) => Convolution(name, from, to, (1, kernel), 1, (0, kernel / 2));

    private Layer Column(string name, int from, int to, int kernel) => Convolution(name, from, to, (kernel, 1), 1, (kernel / 2, 0));

    /// <summary>Convolution, batch normalisation with the statistics of training, and ReLU.</summary>
    private Layer Convolution(string name, int from, int to, (int Height, int Width) kernel, int stride, (int Height, int Width) padding)
    {
        using var scope = NewDisposeScope();
        var outputs = Scaled(to);
        var weight = _weights.Take($"{name}.conv.weight", outputs, Scaled(from), kernel.Height, kernel.Width);
        var variance = _weights.Take($"{name}.bn.running_var", outputs);
        if (variance.min().item<float>() < 0)
        {
            throw new DisBackException($"Tensor '{name}.bn.running_var' has a negative variance: the file is damaged, so fetch it again.");
        }
        var scale = _weights.Take($"{name}.bn.weight", outputs) / (variance + Epsilon).sqrt();
        var bias = _weights.Take($"{name}.bn.bias", outputs) - _weights.Take($"{name}.bn.running_mean", outputs) * scale;
        weight *= scale.view(-1, 1, 1, 1);
        _owned.AddRange([weight.MoveToOuterDisposeScope(), bias.MoveToOuterDisposeScope()]);
        return x =>
        {
            using var inner = NewDisposeScope();
            return conv2d(x, weight, bias, strides: [stride, stride], padding: [padding.Height, padding.Width]).relu_().MoveToOuterDisposeScope();
        };
    }

    private int Scaled(int channels) => channels == Rgb ? Rgb : channels / _divisor;
}
