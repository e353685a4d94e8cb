using DisBack.Specs.Reading;

namespace DisBack.Gateway.Checks;

/// <summary>A mistake of a spec.</summary>
/// <param name="Message">What is wrong, and what would be right.</param>
/// <param name="Line">The line, counted from 1; null where no place shows it.</param>
/// <param name="Column">The column, counted from 1; null where no place shows it.</param>
internal sealed record CheckedProblem(string Message, long? Line, long? Column)
{
    public static CheckedProblem Of(SpecProblem problem) =>
        problem.Location is { Line: > 0 } at ? new(problem.Message, at.Line, at.Column) : new(problem.Message, null, null);
}
