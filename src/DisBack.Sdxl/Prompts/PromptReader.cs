using DisBack.Sdxl.Networks.Text;
using DisBack.Sdxl.Tokens;
using static TorchSharp.torch;

namespace DisBack.Sdxl.Prompts;

/// <summary>A tokenizer and the text encoder that has been trained with it.</summary>
internal sealed class PromptReader : IDisposable
{
    private readonly ClipTokenizer _tokenizer;
    private readonly ClipTextEncoder _network;

    /// <exception cref="DisBackException">The tokenizer has ids or places that the network has not.</exception>
    public PromptReader(ClipTokenizer tokenizer, ClipTextEncoder network)
    {
        (_tokenizer, _network) = (tokenizer, network);
        if (tokenizer.VocabularySize > network.Config.VocabularySize || tokenizer.Length > network.Config.Positions)
        {
            throw new DisBackException($"The tokenizer has {tokenizer.VocabularySize:N0} tokens and prompts of {tokenizer.Length:N0}, but the text encoder has "
                + $"room for {network.Config.VocabularySize:N0} and {network.Config.Positions:N0}: take both from one model.");
        }
    }

    /// <summary>Frees the text encoder.</summary>
    public void Dispose() => _network.Dispose();

    /// <summary>Encodes a batch of prompts.</summary>
    public TextEncoding Encode(IReadOnlyList<string> prompts)
    {
        using var scope = NewDisposeScope();
        long[] ids = [.. prompts.SelectMany(prompt => _tokenizer.Encode(prompt).Ids)];
        var encoding = _network.forward(tensor(ids, [prompts.Count, _tokenizer.Length], device: _network.parameters().First().device));
        return new(encoding.Sequence.MoveToOuterDisposeScope(), encoding.Pooled.MoveToOuterDisposeScope());
    }
}
