using static TorchSharp.torch;

namespace DisBack.Diffusion.Features;

/// <summary>A network of features that also tells classes apart.</summary>
public interface IClassifier : IFeatureNetwork
{
    /// <summary>Number of classes.</summary>
    int Classes { get; }

    /// <summary>Logits float32 [N, classes] of features [N, F], without gradients.</summary>
    Tensor Classify(Tensor features);
}
