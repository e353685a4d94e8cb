using System.Text;

namespace DisBack.Specs.Reading;

/// <summary>Where a value of a spec was written.</summary>
/// <param name="Source">The file as the user named it, or the command-line argument.</param>
/// <param name="Line">The line, counted from 1; 0 for an argument.</param>
/// <param name="Column">The column, counted from 1; 0 for an argument.</param>
public readonly record struct SpecLocation(string Source, long Line = 0, long Column = 0)
{
    /// <inheritdoc/>
    public override string ToString() => Line == 0 ? Source : $"{Source}:{Line}:{Column}";
}

/// <summary>One mistake of a spec: where it is, what is wrong, what was expected, and the nearest valid name.</summary>
/// <param name="Location">Where the mistake was written.</param>
/// <param name="What">What is wrong, without a full stop.</param>
/// <param name="Expected">What would be right, as the end of a phrase that begins with "expected"; null if <paramref name="What"/> says it.</param>
/// <param name="Nearest">The valid name most like the one that was written; null if none is near.</param>
public sealed record SpecProblem(SpecLocation Location, string What, string? Expected = null, string? Nearest = null)
{
    /// <summary>The problem without its location: <c>what; expected ...; did you mean 'x'?</c></summary>
    public string Message
    {
        get
        {
            var message = new StringBuilder(What);
            if (Expected is not null)
            {
                message.Append($"; expected {Expected}");
            }
            if (Nearest is not null)
            {
                message.Append($"; did you mean '{Nearest}'?");
            }
            return message.ToString();
        }
    }

    /// <summary>The problem as one line: <c>file:line:column: what; expected ...; did you mean 'x'?</c></summary>
    public override string ToString() => $"{Location}: {Message}";
}
