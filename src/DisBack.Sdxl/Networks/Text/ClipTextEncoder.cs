using DisBack.Diffusion.TextToImage.Layers;
using DisBack.Sdxl.Configuration;
using static TorchSharp.torch;

namespace DisBack.Sdxl.Networks.Text;

/// <summary>One of SDXL's text encoders: <c>CLIPTextModel</c> or, with a projection, <c>CLIPTextModelWithProjection</c> of transformers.</summary>
internal sealed class ClipTextEncoder : nn.Module
{
    private readonly ClipTextTransformer text_model;
    private readonly Linear? text_projection;

    public ClipTextEncoder(TextEncoderConfig config, Placement placement)
        : base(nameof(ClipTextEncoder))
    {
        Config = config;
        text_model = new(config, placement);
        text_projection = config.ProjectionWidth is { } width ? new(config.Width, width, placement, bias: false) : null;
        RegisterComponents();
    }

    /// <summary>Tensors of files of weights that are no parameters: the numbers from 0, which some versions of transformers have stored.</summary>
    public static IReadOnlySet<string> NotParameters { get; } = new HashSet<string>(["text_model.embeddings.position_ids"], StringComparer.Ordinal);

    /// <summary>What it is built from.</summary>
    public TextEncoderConfig Config { get; }

    /// <summary>Encodes ids [B, N] of type int64, where it has its parameters.</summary>
    public TextEncoding forward(Tensor ids)
    {
        using var scope = NewDisposeScope();
        var (hidden, last) = states(ids);
        // The end mark has the largest id of all, and argmax finds its first place: padding may be end marks as well.
        var end = ids.argmax(1, keepdim: true).unsqueeze(2).expand(-1, -1, last.shape[2]);
        var pooled = last.gather(1, end).squeeze(1);
        return new(hidden[^2].MoveToOuterDisposeScope(), (text_projection?.forward(pooled) ?? pooled).MoveToOuterDisposeScope());
    }

    /// <summary>The state after the embeddings and after each layer, and the last of them normalised, each [B, N, width].</summary>
    internal (IReadOnlyList<Tensor> Hidden, Tensor Last) states(Tensor ids) => text_model.forward(ids);
}
