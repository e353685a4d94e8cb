using System.Security.Cryptography;
using DisBack.Gateway.Configuration;
using Microsoft.Extensions.Logging;

namespace DisBack.Gateway.Security;

/// <summary>
/// The tokens that count now. The file is looked at again when a token is checked and the last look is a second old; it is small, and its bytes tell
/// of a change on every file system, where times and notifications do not.
/// </summary>
internal sealed partial class TokenBook
{
    private static readonly TimeSpan s_age = TimeSpan.FromSeconds(1);

    private readonly string _path;
    private readonly TimeProvider _time;
    private readonly ILogger<TokenBook> _logger;
    private readonly Lock _gate = new();
    private byte[] _bytes;
    private (TokenEntry Entry, byte[] Hash)[] _tokens;
    private long _looked;

    /// <exception cref="DisBackException">There is no tokens file, or it is malformed.</exception>
    public TokenBook(GatewaySettings settings, TimeProvider time, ILogger<TokenBook> logger)
    {
        _path = settings.Tokens.File is { Length: > 0 } file ? Path.GetFullPath(file)
            : throw new DisBackException("Tokens:File names no file, and without tokens nobody could be let in; make one with 'DisBack.Gateway token add NAME "
                + "--role operator --tokens FILE' and name it.");
        (_time, _logger) = (time, logger);
        _bytes = TokenFile.ReadBytes(_path);
        _tokens = Prepared(TokenFile.Parse(_bytes, _path));
        _looked = time.GetTimestamp();
    }

    /// <summary>The entry of a token; null if it is unknown or has expired.</summary>
    public TokenEntry? Find(string token)
    {
        var hash = TokenFile.Hash(token);
        TokenEntry? found = null;
        // Every entry is compared, and each in constant time: how long it takes does not depend on what is in the file.
        foreach (var (entry, known) in Current())
        {
            if (CryptographicOperations.FixedTimeEquals(hash, known))
            {
                found = entry;
            }
        }
        return found is { Expires: { } end } && end <= _time.GetUtcNow() ? null : found;
    }

    private (TokenEntry Entry, byte[] Hash)[] Current()
    {
        lock (_gate)
        {
            if (_time.GetElapsedTime(_looked) < s_age)
            {
                return _tokens;
            }
            _looked = _time.GetTimestamp();
            try
            {
                var bytes = TokenFile.ReadBytes(_path);
                if (!bytes.AsSpan().SequenceEqual(_bytes))
                {
                    _tokens = Prepared(TokenFile.Parse(bytes, _path));
                    _bytes = bytes;
                    LogReloaded(_path, _tokens.Length);
                }
            }
            catch (DisBackException e)
            {
                // A slip of an editor must not lock everybody out.
                LogUnusable(_path, e.Message);
            }
            return _tokens;
        }
    }

    private static (TokenEntry Entry, byte[] Hash)[] Prepared(TokenFile file) => [.. file.Tokens.Select(token => (token, Convert.FromHexString(token.Sha256)))];

    [LoggerMessage(Level = LogLevel.Information, Message = "The tokens file {Path} has changed; it has {Count} tokens.")]
    private partial void LogReloaded(string path, int count);

    [LoggerMessage(Level = LogLevel.Error, Message = "The tokens file {Path} cannot be used, and the tokens it had before still count: {Reason}")]
    private partial void LogUnusable(string path, string reason);
}
