using DisBack.Diffusion.Files;
using DisBack.Sdxl.Models;
using DisBack.Specs.Files;
using static TorchSharp.torch;

namespace DisBack.Sdxl.Encodings;

/// <summary>
/// Encodes prompts once, so that no run needs the text encoders: <c>encoder_hidden_states</c> [N, tokens, width] and <c>text_embeds</c> [N, width] in one
/// safetensors file, and in its metadata what they were encoded from.
/// </summary>
/// <param name="model">The model whose text encoders are used.</param>
/// <param name="device">Where they compute.</param>
public sealed class PromptEncoding(ModelFolder model, Device device)
{
    /// <summary>Encodes prompts and writes the file, which has its name when it is complete. A file of the same inputs that is there already is kept.</summary>
    /// <param name="prompts">One prompt at least.</param>
    /// <param name="output">The file to make or replace.</param>
    /// <param name="type">Half or single precision, of what is stored; it is computed in single precision.</param>
    /// <param name="progress">Told what is done.</param>
    /// <param name="cancellation">Stops the work; nothing is left under the name.</param>
    /// <exception cref="DisBackException">A prompt is longer than any prompt, the model is damaged, or the file cannot be written.</exception>
    public EncodedFile Write(
        IReadOnlyList<string> prompts,
        string output,
        ElementType type = ElementType.F16,
        Action<EncodingProgress>? progress = null,
        CancellationToken cancellation = default)
    {
        ArgumentOutOfRangeException.ThrowIfZero(prompts.Count, nameof(prompts));
        var texts = new TextRows(model, device);
        var tensors = texts.Tensors(prompts.Count, type);
        var notes = texts.Check(prompts, "prompts");
        var metadata = new Dictionary<string, string>([texts.Origin(prompts, cancellation)]);
        var wasThere = EncodedFile.IsThere(output, tensors, metadata);
        if (!wasThere)
        {
            using var file = SafetensorsRows.Create(output, tensors, metadata);
            texts.Write(file, prompts, type, progress, cancellation);
            file.Complete();
        }
        return new(prompts.Count, EncodedFile.Address(output, progress, cancellation), wasThere, notes);
    }
}
