namespace DisBack.Sdxl.Encodings;

/// <summary>What the embeddings of a file were encoded from: the field <c>embeddings</c> of its metadata.</summary>
/// <param name="Prompts">How many texts there are.</param>
/// <param name="PromptList">Digest of the texts, in their order.</param>
/// <param name="Tokenizer">Digest of the first tokenizer.</param>
/// <param name="Tokenizer2">Digest of the second one.</param>
/// <param name="TextEncoder">Digest of the first text encoder.</param>
/// <param name="TextEncoder2">Digest of the second one.</param>
internal sealed record EmbeddingOrigin(
    int Prompts, string PromptList, string Tokenizer, string Tokenizer2, string TextEncoder, string TextEncoder2);
