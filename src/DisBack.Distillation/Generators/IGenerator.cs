using DisBack.Diffusion.Conditions;
using DisBack.Specs.Networks;
using static TorchSharp.torch;

namespace DisBack.Distillation.Generators;

/// <summary>The student's generator G: latents and a condition to samples. It owns its network.</summary>
/// <remarks>
/// What a sample is made from beside its condition is its latents: one draw for a one-step generator; with several steps, the fresh noise of each
/// step too, so that the generator is a function all the same.
/// </remarks>
public interface IGenerator : IDisposable
{
    /// <summary>The network whose parameters are trained and averaged.</summary>
    nn.Module Network { get; }

    /// <summary>The shape of the latents z ~ N(0, I) of one sample; with several steps its first dimension is theirs.</summary>
    IReadOnlyList<long> LatentShape { get; }

    /// <summary>Steps in which it makes a sample.</summary>
    int Steps => 1;

    /// <summary>The shape of one sample, which is that of the teacher's.</summary>
    SampleShape SampleShape { get; }

    /// <summary>Number of classes that it is conditional on; 0 is none.</summary>
    int Classes { get; }

    /// <summary>Samples x0 [B,C,H,W]; with gradients, of the last step, where the caller enables them.</summary>
    /// <param name="latents">z [B,...]; those of fewer than <see cref="Steps"/> steps make what that many steps have made.</param>
    /// <param name="condition">What the samples are to show, B rows, or null.</param>
    Tensor Generate(Tensor latents, Condition? condition);

    /// <summary>What a file of the generator holds: its tensors, live and in the caller's dispose scope, and the metadata that says what they are.</summary>
    (IReadOnlyList<(string Name, Tensor Value)> Tensors, IReadOnlyDictionary<string, string> Metadata) ToFile();
}
