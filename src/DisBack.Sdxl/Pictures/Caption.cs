using System.Text;
using System.Text.Json;

namespace DisBack.Sdxl.Pictures;

/// <summary>Captions in the files beside pictures.</summary>
internal static class Caption
{
    /// <summary>The most bytes of a file with a caption; more is something else.</summary>
    public const int MostBytes = 1 << 20;

    private static readonly UTF8Encoding s_utf8 = new(encoderShouldEmitUTF8Identifier: false, throwOnInvalidBytes: true);

    /// <summary>The caption in a text file.</summary>
    /// <exception cref="DisBackException">It is no UTF-8.</exception>
    public static string InText(byte[] bytes, string name)
    {
        try
        {
            return s_utf8.GetString(bytes).TrimStart('\uFEFF').Trim();
        }
        catch (DecoderFallbackException cause)
        {
            throw new DisBackException($"'{name}' is no text in UTF-8: save the caption as such.", cause);
        }
    }

    /// <summary>The caption in a file of JSON, its <c>caption</c> or its <c>text</c>; null if it has none.</summary>
    /// <exception cref="DisBackException">It is no JSON.</exception>
    public static string? InJson(byte[] bytes, string name)
    {
        try
        {
            using var document = JsonDocument.Parse(bytes);
            foreach (var key in new[] { "caption", "text" })
            {
                if (document.RootElement.ValueKind == JsonValueKind.Object && document.RootElement.TryGetProperty(key, out var value)
                    && value.ValueKind == JsonValueKind.String)
                {
                    return value.GetString()!.Trim();
                }
            }
            return null;
        }
        catch (Exception cause) when (cause is JsonException or InvalidOperationException)
        {
            throw new DisBackException($"'{name}' is no JSON with a caption: correct it, or put a text file in its place.", cause);
        }
    }
}
