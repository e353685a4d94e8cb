using System.Numerics;
using DisBack.Specs.Training;
using static TorchSharp.torch;

namespace DisBack.Diffusion.Augmentation;

/// <summary>
/// EDM's augmentation pipe with the operations that its training uses (Karras et al. 2022, Appendix F.2, after Karras et al. 2020): flips, isotropic scaling,
/// rotation, anisotropic scaling and translation, each on some images only, and for every image a label that says what was done to it.
/// </summary>
/// <param name="settings">How often and how far.</param>
public sealed class AugmentPipe(AugmentationSettings settings)
{
    private const int Normals = 4;
    private const int Uniforms = 10;

    /// <summary>Augments a batch; both results are on the device of the images.</summary>
    /// <param name="images">Float32 [B,C,H,W]; gradients reach them. On CUDA devices libtorch adds that gradient in no fixed order.</param>
    /// <param name="generator">A CPU generator, from which as much is drawn for each image, whatever is done to it.</param>
    /// <returns>
    /// Images [B,C,H,W] and their labels, float32 [B,9]: mirrored left to right (1 or 0), top to bottom, the size's logarithm in standard deviations, cos - 1
    /// and sin of the rotation, the stretching's logarithm in standard deviations times cos and sin of its direction, the translation along x and y in
    /// standard deviations. A label of zeros means an image as it is, which the pipe returns to within rounding. As published, a stretching and the
    /// shrinking in the opposite direction have one label.
    /// </returns>
    public (Tensor Images, Tensor Labels) Apply(Tensor images, Generator generator)
    {
        using var scope = NewDisposeScope();
        var count = (int)images.size(0);
        var size = new Vector2(images.size(3), images.size(2));
        var normals = randn([count, Normals], float32, generator: generator).data<float>().ToArray();
        var uniforms = rand([count, Uniforms], float32, generator: generator).data<float>().ToArray();
        var labels = new float[count * AugmentationSettings.LabelLength];
        var sources = new Matrix3x2[count];
        for (var i = 0; i < count; i++)
        {
            sources[i] = Draw(
                size,
                normals.AsSpan(i * Normals, Normals),
                uniforms.AsSpan(i * Uniforms, Uniforms),
                labels.AsSpan(i * AugmentationSettings.LabelLength, AugmentationSettings.LabelLength));
        }
        // A copy, because the network multiplies it: see AffineWarp.
        var told = tensor(labels, [count, AugmentationSettings.LabelLength]).clone().SentTo(images.device);
        var flipped = Flipped(Flipped(images, told, 0, dimension: 3), told, 1, dimension: 2);
        return (AffineWarp.Of(flipped, sources).MoveToOuterDisposeScope(), told.MoveToOuterDisposeScope());
    }

    /// <summary>What is done to one image.</summary>
    /// <param name="size">Its width and height in pixels.</param>
    /// <param name="normal">Normal draws.</param>
    /// <param name="uniform">Uniform draws.</param>
    /// <param name="label">Filled in.</param>
    /// <returns>For a point of the result, where it comes from in the flipped image, both in pixels from the middle.</returns>
    private Matrix3x2 Draw(Vector2 size, ReadOnlySpan<float> normal, ReadOnlySpan<float> uniform, Span<float> label)
    {
        var probability = (float)settings.Probability;
        // The published multiplier of the first flip is so large that it depends on its coin alone.
        var mirrored = probability > 0 && uniform[0] < 0.5f;
        var upended = uniform[1] < probability && uniform[2] < 0.5f;
        var scale = uniform[3] < probability ? normal[0] : 0;
        var angle = uniform[4] < probability ? Angle(uniform[5]) : 0;
        var stretch = uniform[6] < probability ? normal[1] : 0;
        var along = uniform[7] < (float)settings.StretchTurnProbability ? Angle(uniform[8]) : 0;
        var move = uniform[9] < probability ? new Vector2(normal[2], normal[3]) : Vector2.Zero;

        label[0] = mirrored ? 1 : 0;
        label[1] = upended ? 1 : 0;
        label[2] = scale;
        (label[3], label[4]) = (MathF.Cos(angle) - 1, MathF.Sin(angle));
        (label[5], label[6]) = (stretch * MathF.Cos(along), stretch * MathF.Sin(along));
        (label[7], label[8]) = (move.X, move.Y);

        // The inverse of scaling, turning, stretching and then moving is undone from the last to the first; row vectors apply the leftmost factor first.
        var (larger, longer) = (float.Exp2(scale * (float)settings.ScaleStd), float.Exp2(stretch * (float)settings.StretchStd));
        return Matrix3x2.CreateTranslation(-move * size * (float)settings.TranslationStd)
            * Matrix3x2.CreateRotation(along) * Matrix3x2.CreateScale(1 / longer, longer) * Matrix3x2.CreateRotation(-along)
            * Matrix3x2.CreateRotation(angle)
            * Matrix3x2.CreateScale(1 / larger);
    }

    private static float Angle(float uniform) => (2 * uniform - 1) * MathF.PI;

    private static Tensor Flipped(Tensor images, Tensor labels, long index, long dimension) =>
        where(labels.narrow(1, index, 1).view(-1, 1, 1, 1) == 1, images.flip(dimension), images);
}
