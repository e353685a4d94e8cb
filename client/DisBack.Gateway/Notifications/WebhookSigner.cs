using System.Globalization;
using System.Security.Cryptography;
using System.Text;

namespace DisBack.Gateway.Notifications;

/// <summary>Signs what is posted as Standard Webhooks say, so that a receiver knows who sent it, and when.</summary>
internal sealed class WebhookSigner
{
    /// <summary>What a secret in base64 begins with.</summary>
    public const string Mark = "whsec_";

    /// <summary>The least that Standard Webhooks allow.</summary>
    private const int FewestBytes = 24;

    private readonly byte[][] _keys;

    private WebhookSigner(byte[][] keys) => _keys = keys;

    /// <summary>A signer with the secrets of a text.</summary>
    /// <param name="text">A secret in each line: <c>whsec_</c> and base64, or any other text as it is.</param>
    /// <returns>Null if there is none, or if one is too short to be one or no base64.</returns>
    public static WebhookSigner? Parse(string text)
    {
        var keys = text.Split('\n', StringSplitOptions.TrimEntries | StringSplitOptions.RemoveEmptyEntries).Select(KeyOf).ToArray();
        return keys.Length > 0 && keys.All(key => key.Length >= FewestBytes) ? new WebhookSigner(keys) : null;
    }

    /// <summary>The value of <c>webhook-signature</c>.</summary>
    public string Sign(string id, DateTimeOffset time, ReadOnlySpan<byte> body)
    {
        byte[] signed = [.. Encoding.UTF8.GetBytes($"{id}.{SecondsOf(time)}."), .. body];
        return string.Join(' ', _keys.Select(key => $"v1,{Convert.ToBase64String(HMACSHA256.HashData(key, signed))}"));
    }

    /// <summary>The value of <c>webhook-timestamp</c>.</summary>
    public static string SecondsOf(DateTimeOffset time) => time.ToUnixTimeSeconds().ToString(CultureInfo.InvariantCulture);

    private static byte[] KeyOf(string secret)
    {
        if (!secret.StartsWith(Mark, StringComparison.Ordinal))
        {
            return Encoding.UTF8.GetBytes(secret);
        }
        var key = new byte[secret.Length];
        return Convert.TryFromBase64String(secret[Mark.Length..], key, out var length) ? key[..length] : [];
    }
}
