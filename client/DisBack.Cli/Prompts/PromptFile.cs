using System.Text;
using DisBack.Specs.Files;

namespace DisBack.Cli.Prompts;

/// <summary>A text file with a prompt on each line.</summary>
internal static class PromptFile
{
    private const long MostBytes = 64L << 20;

    /// <summary>Its prompts, in their order; empty lines are none.</summary>
    /// <exception cref="DisBackException">It cannot be read, is too large or no UTF-8, or has no prompt.</exception>
    public static IReadOnlyList<string> Read(string path)
    {
        try
        {
            var text = new UTF8Encoding(encoderShouldEmitUTF8Identifier: false, throwOnInvalidBytes: true).GetString(RegularFile.ReadAllBytes(path, MostBytes));
            string[] prompts = [.. text.TrimStart('\uFEFF').Split('\n', StringSplitOptions.TrimEntries | StringSplitOptions.RemoveEmptyEntries)];
            return prompts.Length > 0 ? prompts : throw new DisBackException($"'{path}' has no prompt: write one on each line.");
        }
        catch (DecoderFallbackException cause)
        {
            throw new DisBackException($"'{path}' is no text in UTF-8: save it as such, with a prompt on each line.", cause);
        }
    }
}
