namespace DisBack.Fuzz.Running;

/// <summary>An input that a reader did not take as it should.</summary>
/// <param name="Reader">The reader.</param>
/// <param name="Input">The input's number.</param>
/// <param name="What">The exception's type, or which budget was exceeded.</param>
/// <param name="Where">The first line of the stack in the product; what was measured, for a budget.</param>
/// <param name="Detail">The whole exception.</param>
internal sealed record Finding(string Reader, long Input, string What, string Where, string Detail)
{
    private const string Product = "DisBack.";

    public static Finding Of(string reader, long input, Exception exception)
    {
        var cause = exception is { Source: Product + "Fuzz", InnerException: { } inner } ? inner : exception;
        var stack = cause.StackTrace?.Split('\n', StringSplitOptions.TrimEntries) ?? [];
        var where = stack.FirstOrDefault(line => line.Contains($"at {Product}", StringComparison.Ordinal)) ?? stack.FirstOrDefault() ?? "";
        return new(reader, input, cause.GetType().Name, where.Split(" in ")[0], exception.ToString());
    }
}
