using DisBack.Specs.Networks;
using static TorchSharp.torch;

namespace DisBack.Diffusion.Networks;

/// <summary>The raw network F that a preconditioning turns into a denoiser.</summary>
internal abstract class UNet(string name, UNetSettings settings, DropoutMasks masks) : nn.Module(name)
{
    /// <summary>F(x; noise) for images [B,C,H,W].</summary>
    /// <param name="x">Scaled noisy images.</param>
    /// <param name="noise">The embedding argument c_noise: [B], or [1] for all images.</param>
    /// <param name="class_labels">One-hot labels [B or 1, label_dim]; not null if the network is conditional.</param>
    /// <param name="augment_labels">Augmentation labels [B, augment_dim], or null.</param>
    public abstract Tensor forward(Tensor x, Tensor noise, Tensor? class_labels, Tensor? augment_labels);

    /// <summary>The features between the encoder and the decoder, for the same arguments.</summary>
    public abstract Tensor Encode(Tensor x, Tensor noise, Tensor? class_labels, Tensor? augment_labels);

    /// <summary>The labels of this pass; in training some rows may be blanked so that the network learns the unconditional score too.</summary>
    protected Tensor WithLabelDropout(Tensor labels) => training && settings.LabelDropout > 0
        ? labels * masks.Draw(settings.LabelDropout, labels, labels.size(0), 1)
        : labels;
}
