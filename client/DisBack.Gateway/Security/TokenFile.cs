using System.Security.Cryptography;
using System.Text;
using System.Text.Json;
using System.Text.Json.Serialization;
using DisBack.Specs.Files;
using DisBack.Storage;

namespace DisBack.Gateway.Security;

/// <summary>What the holder of a token may do.</summary>
internal enum Role
{
    /// <summary>Read.</summary>
    Viewer,

    /// <summary>Read, submit and command.</summary>
    Operator,
}

/// <summary>A token as the gateway knows it: not the token, but how to recognise it.</summary>
/// <param name="Name">Whose it is.</param>
/// <param name="Role">What its holder may do.</param>
/// <param name="Sha256">SHA-256 of the token's text, 64 lower-case hexadecimal digits.</param>
/// <param name="Created">When it was made.</param>
/// <param name="Expires">When it ends; null is never.</param>
internal sealed record TokenEntry(string Name, Role Role, string Sha256, DateTimeOffset Created, DateTimeOffset? Expires = null);

/// <summary>
/// The file of tokens: JSON with names, roles and hashes. A token has 256 random bits, so nobody can find it from a plain hash; there is no
/// need for salt or for a slow one.
/// </summary>
/// <param name="Tokens">The entries.</param>
internal sealed record TokenFile(IReadOnlyList<TokenEntry> Tokens)
{
    /// <summary>What all tokens begin with, so that one in a log or a repository is recognised as such.</summary>
    public const string Mark = "disback_";

    private const int RandomBytes = 32;

    /// <summary>Thousands of tokens; the file is looked at again every second.</summary>
    private const long MostBytes = 4 << 20;

    // A misspelt "expires" must not be a token for ever.
    private static readonly JsonSerializerOptions s_json = new(StorageJson.Options)
    {
        UnmappedMemberHandling = JsonUnmappedMemberHandling.Disallow,
        RespectRequiredConstructorParameters = true,
    };

    /// <summary>A new token; it is shown to its owner and kept nowhere.</summary>
    public static string NewToken() =>
        Mark + Convert.ToBase64String(RandomNumberGenerator.GetBytes(RandomBytes)).TrimEnd('=').Replace('+', '-').Replace('/', '_');

    /// <summary>What is kept of a token.</summary>
    public static byte[] Hash(string token) => SHA256.HashData(Encoding.UTF8.GetBytes(token));

    /// <summary>Reads a file.</summary>
    /// <exception cref="DisBackException">There is no such file, or it is not one of tokens.</exception>
    public static TokenFile Read(string path) => Parse(ReadBytes(path), path);

    /// <summary>The bytes of a file.</summary>
    /// <exception cref="DisBackException">There is no such file, or it cannot be read.</exception>
    public static byte[] ReadBytes(string path) => File.Exists(path)
        ? RegularFile.ReadAllBytes(path, MostBytes)
        : throw new DisBackException($"There is no tokens file '{path}'; make one with 'DisBack.Gateway token add NAME --role operator --tokens {path}'.");

    /// <summary>The entries in the bytes of a file.</summary>
    /// <exception cref="DisBackException">They are not those of a tokens file.</exception>
    public static TokenFile Parse(ReadOnlySpan<byte> json, string path)
    {
        TokenFile file;
        try
        {
            file = JsonSerializer.Deserialize<TokenFile>(json, s_json) ?? throw new JsonException("it is null");
            if (file.Tokens is null || file.Tokens.Any(token => token is not { Name: not null, Sha256: not null }))
            {
                throw new JsonException("a list, a name or a hash is null");
            }
        }
        catch (Exception e) when (e is JsonException or NotSupportedException)
        {
            throw new DisBackException($"The tokens file '{path}' is malformed ({e.Message.TrimEnd('.')}); correct it, or make a new one with 'token add'.", e);
        }
        if (file.Tokens.FirstOrDefault(token => token.Sha256.Length != 64 || !token.Sha256.All(char.IsAsciiHexDigitLower)) is { } odd)
        {
            throw new DisBackException($"The tokens file '{path}' is malformed (the sha256 of '{odd.Name}' is not 64 lower-case hexadecimal digits); make that "
                + "token anew with 'token remove' and 'token add'.");
        }
        if (file.Tokens.GroupBy(token => token.Name, StringComparer.Ordinal).FirstOrDefault(same => same.Count() > 1) is { } twice)
        {
            throw new DisBackException($"The tokens file '{path}' has the name '{twice.Key}' {twice.Count()} times; give each token a name of its own.");
        }
        return file;
    }

    /// <summary>Changes a file, or makes it: readers see it as it was or as it is to be.</summary>
    /// <exception cref="DisBackException">Another process is changing it, or it is malformed.</exception>
    public static void Change(string path, Func<IReadOnlyList<TokenEntry>, IReadOnlyList<TokenEntry>> change)
    {
        path = Path.GetFullPath(path);
        Directory.CreateDirectory(Path.GetDirectoryName(path)!);
        try
        {
            using var alone = new FileStream(
                $"{path}.lock",
                FileMode.OpenOrCreate,
                FileAccess.ReadWrite,
                FileShare.None,
                bufferSize: 0,
                FileOptions.DeleteOnClose);
            var changed = new TokenFile(change(File.Exists(path) ? Read(path).Tokens : []));
            var temporary = $"{path}~";
            var options = new FileStreamOptions { Mode = FileMode.Create, Access = FileAccess.Write };
            if (!OperatingSystem.IsWindows())
            {
                options.UnixCreateMode = UnixFileMode.UserRead | UnixFileMode.UserWrite;
            }
            using (var stream = new FileStream(temporary, options))
            {
                JsonSerializer.Serialize(stream, changed, s_json);
                stream.Flush(flushToDisk: true);
            }
            File.Move(temporary, path, overwrite: true);
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            throw new DisBackException($"The tokens file '{path}' cannot be changed: {e.Message.TrimEnd('.')}; check its permissions, and that no other "
                + "'token' command is at work.", e);
        }
    }
}
