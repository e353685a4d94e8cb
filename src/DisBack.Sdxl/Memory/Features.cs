namespace DisBack.Sdxl.Memory;

/// <summary>The shape of features [B,C,H,W], or of as many tokens [B,HW,C].</summary>
internal readonly record struct Features(long Rows, long Channels, long Height, long Width)
{
    /// <summary>oneDNN convolves blocks of so many channels.</summary>
    private const long Block = 16;

    /// <summary>Their number.</summary>
    public long Elements => Rows * Channels * Height * Width;

    /// <summary>Half the resolution, rounded up.</summary>
    public Features Halved => this with { Height = (Height + 1) / 2, Width = (Width + 1) / 2 };

    private Features Blocked => this with { Channels = (Channels + Block - 1) / Block * Block };

    /// <summary>
    /// Elements at the peak of a convolution with this result, which is among them. oneDNN copies the features into blocks of 16 channels, unless there are
    /// fewer, and the weights too; it computes such blocks, and copies them into the result when those of the features are freed. cuDNN does much the same in
    /// its workspace.
    /// </summary>
    /// <param name="entering">What is convolved.</param>
    /// <param name="kernel">Side of the kernel.</param>
    public long ConvolvedFrom(Features entering, int kernel)
    {
        var (input, output) = (entering.Channels < Block ? 0 : entering.Blocked.Elements, Blocked);
        var weights = entering.Blocked.Channels * output.Channels * kernel * kernel;
        return weights + output.Elements + Math.Max(input, Elements);
    }
}
