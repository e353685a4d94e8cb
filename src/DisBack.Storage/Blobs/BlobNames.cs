using System.Text;

namespace DisBack.Storage.Blobs;

/// <summary>Blob names, and how they become file names.</summary>
internal static class BlobNames
{
    /// <summary>Temporary files start with this character, which <see cref="ToRelativePath"/> never writes.</summary>
    public const char TemporaryMark = '~';

    /// <summary>The start of the names of documents, whose changes a folder names.</summary>
    public const string Documents = "state/";

    private const char Escape = '=';
    private const int LongestFileName = 255;

    /// <summary>Refuses names that a folder or an Azure container could not hold or would silently change into another.</summary>
    public static void Check(string name)
    {
        if (name.Length is 0 or > 1024 || name.Any(c => c is '\\' || char.IsControl(c)) || name.Split('/').Any(segment => segment.All(c => c == '.')))
        {
            throw new StorageException(
                $"'{name}' cannot name a blob; a name is 1 to 1,024 characters of segments separated by '/', none empty or of dots alone, without backslashes "
                    + "and control characters.");
        }
    }

    /// <summary>
    /// The path below the root, one directory per segment. Everything but letters, digits and a few safe signs becomes <c>=XX</c> per UTF-8
    /// byte; <c>%</c> stays, so that names that hold percent escapes stay readable.
    /// </summary>
    public static string ToRelativePath(string name)
    {
        Check(name);
        var path = string.Join(Path.DirectorySeparatorChar, name.Split('/').Select(EscapeSegment));
        return path.Split(Path.DirectorySeparatorChar).All(file => file.Length <= LongestFileName)
            ? path
            : throw new StorageException($"'{name}' has a segment of more than {LongestFileName} characters, which no file system holds; use a shorter name.");
    }

    /// <summary>The inverse of <see cref="ToRelativePath"/>.</summary>
    public static string FromRelativePath(string path)
    {
        if (!path.Contains(Escape, StringComparison.Ordinal))
        {
            return path.Replace(Path.DirectorySeparatorChar, '/');
        }
        var bytes = new List<byte>(path.Length);
        for (var i = 0; i < path.Length; i++)
        {
            if (path[i] == Escape && i + 2 < path.Length
                && byte.TryParse(path.AsSpan(i + 1, 2), System.Globalization.NumberStyles.HexNumber, null, out var value))
            {
                bytes.Add(value);
                i += 2;
            }
            else
            {
                bytes.Add((byte)(path[i] == Path.DirectorySeparatorChar ? '/' : path[i]));
            }
        }
        return Encoding.UTF8.GetString([.. bytes]);
    }

    private static string EscapeSegment(string segment)
    {
        var escaped = new StringBuilder(segment.Length);
        foreach (var value in Encoding.UTF8.GetBytes(segment))
        {
            var c = (char)value;
            if (char.IsAsciiLetterOrDigit(c) || "-_.%+@,".Contains(c, StringComparison.Ordinal))
            {
                escaped.Append(c);
            }
            else
            {
                escaped.Append(System.Globalization.CultureInfo.InvariantCulture, $"{Escape}{value:X2}");
            }
        }
        return escaped.ToString();
    }
}
