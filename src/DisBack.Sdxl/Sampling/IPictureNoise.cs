using static TorchSharp.torch;

namespace DisBack.Sdxl.Sampling;

/// <summary>The noise of a batch of pictures.</summary>
internal interface IPictureNoise : IDisposable
{
    /// <summary>The next unit normal noise of every picture, float32 [count,C,H,W] on the CPU: first that to begin with, then that between steps.</summary>
    Tensor Next();
}
