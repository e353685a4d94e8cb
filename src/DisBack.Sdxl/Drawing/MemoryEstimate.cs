using DisBack.Diffusion.TextToImage.Layers;
using DisBack.Sdxl.Memory;
using DisBack.Sdxl.Sampling;
using TorchSharp;

namespace DisBack.Sdxl.Drawing;

/// <summary>What each phase of a drawing takes of memory, in bytes.</summary>
/// <param name="Sizes">The model's.</param>
/// <param name="Placement">Where it computes, and in which type.</param>
/// <param name="Request">What is drawn.</param>
/// <param name="KeepsLoaded">Whether networks stay in memory after their phase, and for the next request before it.</param>
internal sealed record MemoryEstimate(ModelSizes Sizes, Placement Placement, PictureRequest Request, bool KeepsLoaded)
{
    /// <summary>What a process takes besides: the runtime and libtorch, 250 MiB where it was measured, and kernels that oneDNN compiles, 14 MiB.</summary>
    private const long Process = 264L << 20;

    private const int Colours = 3;

    /// <summary>Pictures that are sampled at a time.</summary>
    public int Batch => Math.Min(Request.Batch, Request.Count);

    private long Element => Placement.Type.ElementSize();

    private long DecoderElement => Sizes.Autoencoder.ForceUpcast ? sizeof(float) : Element;

    private long TextWeights => Element * Sizes.TextParameters;

    // Adapters may be those of text encoders too, but nearly all of their elements are the denoiser's.
    private long UNetWeights => (Element * Sizes.UNetParameters) + (Sizes.KeepsAdapters ? sizeof(float) * Sizes.Adapters : 0);

    private long DecoderWeights => DecoderElement * Sizes.DecoderParameters;

    /// <summary>A tensor of a file, at its widest, which is converted.</summary>
    private long Read => sizeof(float) * Sizes.LargestParameter;

    /// <summary>While adapters are merged: the product of their factors, the weights in float32, and the sum.</summary>
    private long Merged => Sizes.Adapters > 0 && !Sizes.KeepsAdapters ? 3 * Read : 0;

    private long Tokens => Sizes.Texts.Max(text => text.Positions);

    private long Height => Request.Height / PictureRequest.SideStep;

    private long Width => Request.Width / PictureRequest.SideStep;

    private bool IsGuided => Request.Sampling is SamplingPlan.Teacher { Guidance: var scale } && Guidance.IsOn(scale);

    /// <summary>What the text encoders made of all prompts and of what guidance leads away from.</summary>
    private long Embeddings =>
        Element * (Request.Prompts.Count + (IsGuided ? 1L : 0)) * ((Tokens * Sizes.UNet.ContextWidth) + Sizes.UNet.PooledWidth);

    /// <summary>The latents of a picture, in float32.</summary>
    private long Latents => sizeof(float) * Sizes.UNet.LatentChannels * Height * Width;

    private long AllLatents => Latents * Request.Prompts.Count * Request.Count;

    private long Picture => sizeof(float) * Colours * (long)Request.Height * Request.Width;

    /// <summary>The text encoders are loaded, and used prompt by prompt; then the embeddings are joined.</summary>
    public PhaseMemory Prompts()
    {
        var encoding = Embeddings + Math.Max(Embeddings, Element * Sizes.Texts.Max(TextMemory.Peak));
        return Phase(DrawingPhase.Prompts, TextWeights, Math.Max(encoding, Math.Max(Read, Merged)), Read);
    }

    /// <summary>The denoiser is loaded.</summary>
    public PhaseMemory Loading() => Phase(DrawingPhase.Denoiser, UNetWeights, Embeddings + Math.Max(Read, Merged), Read);

    /// <summary>The denoiser is used.</summary>
    public PhaseMemory Sampling()
    {
        var rows = Batch * (IsGuided ? 2 : 1);
        // The noise, the sample, its scaled copy and both halves of guidance.
        var sampler = Latents * (3 + (IsGuided ? 2 : 0)) * Batch;
        var work = Embeddings + sampler + (Element * UNetMemory.Peak(Sizes.UNet, rows, Height, Width, Tokens));
        return Phase(DrawingPhase.Sampling, UNetWeights, work, 0, AllLatents);
    }

    /// <summary>The decoder is loaded and used, picture by picture.</summary>
    /// <param name="side">Side in latents of the largest square that is decoded whole.</param>
    public PhaseMemory Decoding(int side)
    {
        var work = Embeddings + Math.Max(Read, DecoderElement * DecoderMemory.Peak(Sizes.Autoencoder, Height, Width, side));
        return Phase(DrawingPhase.Decoding, DecoderWeights, work, Math.Max(Read, Picture), AllLatents);
    }

    /// <param name="phase">Which.</param>
    /// <param name="weights">Of the network that it needs.</param>
    /// <param name="work">On the device.</param>
    /// <param name="host">In the process, only where it is not the device.</param>
    /// <param name="kept">In the process, always.</param>
    private PhaseMemory Phase(DrawingPhase phase, long weights, long work, long host, long kept = 0)
    {
        var loaded = KeepsLoaded ? TextWeights + UNetWeights + DecoderWeights : weights;
        return Placement.Device.type == DeviceType.CPU ? new(phase, loaded, Process + work + kept, 0) : new(phase, loaded, work, Process + host + kept);
    }
}
