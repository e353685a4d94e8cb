using System.Text.Json;
using DisBack.Diffusion.Files;
using DisBack.Sdxl.Configuration;
using DisBack.Sdxl.Models;
using DisBack.Specs.Data;
using DisBack.Specs.Files;
using static TorchSharp.torch;

namespace DisBack.Sdxl.Encodings;

/// <summary>Texts as rows of a file: what both text encoders of a model make of them. They compute in float32 whatever the type in the file.</summary>
/// <param name="model">The model.</param>
/// <param name="device">Where it computes.</param>
internal sealed class TextRows(ModelFolder model, Device device)
{
    /// <summary>Texts that are encoded at a time. It is the same everywhere, because the results of other batches differ in their last digits.</summary>
    private const int Batch = 16;

    private static readonly JsonSerializerOptions s_json = new() { PropertyNamingPolicy = JsonNamingPolicy.SnakeCaseLower };

    private readonly PartLoading _loading = new(new ModelSource(model), new(device, ScalarType.Float32));

    /// <summary>The tensors of so many texts.</summary>
    public IReadOnlyDictionary<string, TensorEntry> Tensors(int count, ElementType type)
    {
        var (first, second) = (ConfigOf(ModelPart.TextEncoder), ConfigOf(ModelPart.TextEncoder2));
        return new Dictionary<string, TensorEntry>
        {
            [EmbeddingFacts.Sequence] = new(type, [count, _loading.OpenTokenizers()[0].Length, first.Width + second.Width]),
            [EmbeddingFacts.Pooled] = new(type, [count, second.ProjectionWidth ?? second.Width]),
        };
    }

    /// <summary>What the embeddings are encoded from, as metadata.</summary>
    public KeyValuePair<string, string> Origin(IReadOnlyList<string> texts, CancellationToken cancellation) => new(
        EmbeddingFacts.Origin,
        JsonSerializer.Serialize(
            new EmbeddingOrigin(
                texts.Count,
                ModelDigest.OfTexts(texts),
                ModelDigest.OfTokenizer(model.FolderOf(ModelFolder.Tokenizers[0])),
                ModelDigest.OfTokenizer(model.FolderOf(ModelFolder.Tokenizers[1])),
                ModelDigest.Of(model, ModelPart.TextEncoder, cancellation),
                ModelDigest.Of(model, ModelPart.TextEncoder2, cancellation)),
            s_json));

    /// <summary>Checks every text before any is encoded.</summary>
    /// <param name="texts">The texts.</param>
    /// <param name="what">What they are, for the note: prompts or captions.</param>
    /// <returns>A sentence about those whose ends have no effect.</returns>
    /// <exception cref="DisBackException">One is longer than any prompt; the message has its number.</exception>
    public IReadOnlyList<string> Check(IReadOnlyList<string> texts, string what)
    {
        var tokenizers = _loading.OpenTokenizers();
        var cut = 0;
        for (var i = 0; i < texts.Count; i++)
        {
            try
            {
                cut += tokenizers.Any(tokenizer => tokenizer.Encode(texts[i]).CutOff > 0) ? 1 : 0;
            }
            catch (DisBackException misfit)
            {
                throw new DisBackException($"Number {i + 1:N0} of the {what}: {misfit.Message}", misfit);
            }
        }
        return cut == 0 ? [] : [$"{cut:N0} of {texts.Count:N0} {what} have more than {tokenizers[0].Length - 2} tokens, of which the last have no effect."];
    }

    /// <summary>Encodes texts and writes their rows.</summary>
    /// <exception cref="DisBackException">The model is damaged, a value does not fit the type, or the file cannot be written.</exception>
    public void Write(
        SafetensorsRows file, IReadOnlyList<string> texts, ElementType type, Action<EncodingProgress>? progress, CancellationToken cancellation)
    {
        using var encoder = _loading.LoadPromptEncoder();
        using var untracked = no_grad();
        for (var first = 0; first < texts.Count; first += Batch)
        {
            cancellation.ThrowIfCancellationRequested();
            progress?.Invoke(new(EncodingPhase.Texts, first, texts.Count));
            using var scope = NewDisposeScope();
            using var rows = encoder.Encode([.. texts.Skip(first).Take(Batch)]);
            foreach (var (name, values) in new[] { (EmbeddingFacts.Sequence, rows.Sequence), (EmbeddingFacts.Pooled, rows.Pooled) })
            {
                Finite.Write(
                    file, name, values, type, $"What the model makes of the texts {first + 1:N0} to {Math.Min(first + Batch, texts.Count):N0}");
            }
        }
        progress?.Invoke(new(EncodingPhase.Texts, texts.Count, texts.Count));
    }

    private TextEncoderConfig ConfigOf(ModelPart part) => TextEncoderConfig.Read(model.SettingsOf(part));
}
