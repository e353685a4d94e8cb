using System.Diagnostics.CodeAnalysis;
using System.Globalization;

namespace DisBack.Storage.Metrics;

/// <summary>
/// Where a line of a log lies: it stays there while others are added behind it, and when chunks become columns. As a text, <c>2.17.3</c> is the third line of
/// the chunk 17 of the attempt 2.
/// </summary>
/// <param name="Attempt">The attempt.</param>
/// <param name="Chunk">The number of the chunk.</param>
/// <param name="Line">The number of the line within the chunk, from 1; points of curves count as well.</param>
public readonly record struct LogPosition(int Attempt, int Chunk, int Line) : IComparable<LogPosition>
{
    /// <summary>Whether a text is that of a position.</summary>
    public static bool TryParse([NotNullWhen(true)] string? text, out LogPosition position)
    {
        var parts = text?.Split('.') ?? [];
        if (parts.Length == 3 && Number(parts[0], out var attempt) && Number(parts[1], out var chunk) && Number(parts[2], out var line))
        {
            position = new(attempt, chunk, line);
            return true;
        }
        position = default;
        return false;

        static bool Number(string part, out int number) => int.TryParse(part, NumberStyles.None, CultureInfo.InvariantCulture, out number);
    }

    /// <summary>Their order is that in which the lines were written.</summary>
    public int CompareTo(LogPosition other) => (Attempt, Chunk, Line).CompareTo((other.Attempt, other.Chunk, other.Line));

    /// <inheritdoc/>
    public override string ToString() => string.Create(CultureInfo.InvariantCulture, $"{Attempt}.{Chunk}.{Line}");

    /// <summary>Whether one comes before another.</summary>
    public static bool operator <(LogPosition one, LogPosition other) => one.CompareTo(other) < 0;

    /// <summary>Whether one comes after another.</summary>
    public static bool operator >(LogPosition one, LogPosition other) => one.CompareTo(other) > 0;

    /// <summary>Whether one does not come after another.</summary>
    public static bool operator <=(LogPosition one, LogPosition other) => one.CompareTo(other) <= 0;

    /// <summary>Whether one does not come before another.</summary>
    public static bool operator >=(LogPosition one, LogPosition other) => one.CompareTo(other) >= 0;
}
