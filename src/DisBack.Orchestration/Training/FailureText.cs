using System.Runtime.InteropServices;
using System.Text;
using System.Text.RegularExpressions;

namespace DisBack.Orchestration.Training;

/// <summary>
/// A failure as the log of its attempt tells it: the sentence of the outcome, then each exception with its stack trace, outermost first. Files are named
/// without the folders of the machine that built them, and what would let a reader into a store is blotted out.
/// </summary>
internal static partial class FailureText
{
    /// <summary>Of exceptions within exceptions, at most.</summary>
    private const int Deepest = 10;

    public static string Of(Exception failure)
    {
        var text = new StringBuilder(FailureCauses.MessageOf(failure));
        Add(text, failure, 0);
        return WithoutSecrets(SourceFolders().Replace(text.ToString(), " in ${file}:line "));
    }

    /// <summary>A text without signatures, keys and passwords in addresses and connection strings.</summary>
    public static string WithoutSecrets(string text) => Secrets().Replace(text, "${name}=***");

    private static void Add(StringBuilder text, Exception failure, int depth)
    {
        var message = failure is ExternalException ? FailureCauses.MessageOf(failure) : failure.Message.ReplaceLineEndings("\n");
        text.Append(depth == 0 ? "\n" : "\ncaused by ").Append(failure.GetType().FullName).Append(": ").Append(message);
        if (failure.StackTrace is { } trace)
        {
            text.Append('\n').Append(trace.ReplaceLineEndings("\n"));
        }
        if (depth == Deepest)
        {
            return;
        }
        IEnumerable<Exception> causes = failure is AggregateException several ? several.InnerExceptions
            : failure.InnerException is { } cause ? [cause] : [];
        foreach (var inner in causes)
        {
            Add(text, inner, depth + 1);
        }
    }

    [GeneratedRegex(@" in [^\r\n]*[/\\](?<file>[^/\\\r\n]+):line ", RegexOptions.ExplicitCapture)]
    private static partial Regex SourceFolders();

    [GeneratedRegex(
        @"\b(?<name>sig|AccountKey|SharedAccessSignature|SharedAccessKey|Password|pwd)=[^&;\s""']+", RegexOptions.ExplicitCapture | RegexOptions.IgnoreCase)]
    private static partial Regex Secrets();
}
