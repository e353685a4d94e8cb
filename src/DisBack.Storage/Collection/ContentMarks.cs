using System.Buffers;
using System.Text;

namespace DisBack.Storage.Collection;

/// <summary>Which of the stored contents the texts of documents mention. It knows nothing of the fields of documents, so that it can forget none.</summary>
/// <param name="stored">The digests of all stored contents.</param>
internal sealed class ContentMarks(IEnumerable<string> stored)
{
    private const int DigestLength = 64;

    private static readonly SearchValues<byte> s_digits = SearchValues.Create("0123456789abcdef"u8);

    private readonly Dictionary<string, Mark?> _marks = stored.ToDictionary(digest => digest, _ => (Mark?)null, StringComparer.Ordinal);

    /// <summary>Marks what a text mentions: wherever 64 hexadecimal digits in a row are the digest of a stored content.</summary>
    /// <param name="document">Whose text it is.</param>
    /// <param name="text">The text, whether or not it is sound.</param>
    public void Add(string document, ReadOnlySpan<byte> text)
    {
        var marks = _marks.GetAlternateLookup<ReadOnlySpan<char>>();
        var found = new HashSet<string>(StringComparer.Ordinal);
        Span<char> window = stackalloc char[DigestLength];
        for (var rest = text; !rest.IsEmpty;)
        {
            var start = rest.IndexOfAny(s_digits);
            if (start < 0)
            {
                break;
            }
            rest = rest[start..];
            var length = rest.IndexOfAnyExcept(s_digits) is >= 0 and var end ? end : rest.Length;
            // Every place of a longer row: before a digest there may be an escaped character, which ends in digits too.
            for (var i = 0; i + DigestLength <= length; i++)
            {
                Encoding.ASCII.GetChars(rest.Slice(i, DigestLength), window);
                if (marks.TryGetValue(window, out var digest, out _))
                {
                    found.Add(digest);
                }
            }
            rest = rest[length..];
        }
        foreach (var digest in found)
        {
            var mark = _marks[digest];
            _marks[digest] = new Mark(mark?.Document ?? document, (mark?.Documents ?? 0) + 1);
        }
    }

    /// <summary>The first document that mentions a content, and how many do; null if none does.</summary>
    public Mark? Of(string digest) => _marks[digest];

    /// <summary>Who mentions a content.</summary>
    public sealed record Mark(string Document, int Documents);
}
