namespace DisBack.Sdxl.Drawing;

/// <summary>
/// What the denoiser is told of a picture's size (arXiv 2307.01952, section 2.2): SDXL learned from pictures of all sizes and crops, and draws what looks like
/// one of these. All in pixels, heights before widths.
/// </summary>
/// <param name="OriginalHeight">Height of the picture before it was scaled; a small one draws blurred pictures.</param>
/// <param name="OriginalWidth">Its width.</param>
/// <param name="CropTop">What was cut off at the top; above 0 draws objects that are cut off.</param>
/// <param name="CropLeft">What was cut off at the left.</param>
/// <param name="TargetHeight">Height of what was left.</param>
/// <param name="TargetWidth">Its width.</param>
public sealed record SizeCondition(int OriginalHeight, int OriginalWidth, int CropTop, int CropLeft, int TargetHeight, int TargetWidth)
{
    /// <summary>A whole picture of its own size.</summary>
    public static SizeCondition Of(int height, int width) => new(height, width, 0, 0, height, width);

    /// <summary>The six numbers in the order in which the denoiser takes them.</summary>
    internal float[] TimeIds => [OriginalHeight, OriginalWidth, CropTop, CropLeft, TargetHeight, TargetWidth];
}
