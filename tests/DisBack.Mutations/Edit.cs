using Microsoft.CodeAnalysis;
using Microsoft.CodeAnalysis.Text;

namespace DisBack.Mutations;

/// <summary>One place of a file with other text.</summary>
/// <param name="Tree">The file.</param>
/// <param name="Change">What stands where instead.</param>
/// <param name="Shown">The expression or statement around it, which a reader recognises.</param>
internal sealed record Edit(SyntaxTree Tree, TextChange Change, TextSpan Shown)
{
    private SourceText Text => Tree.GetText();

    /// <summary>Counted from one.</summary>
    public int Line => Text.Lines.GetLineFromPosition(Change.Span.Start).LineNumber + 1;

    public string Before => OneLine(Text.ToString(Shown));

    /// <summary>Empty if it is left out.</summary>
    public string After => OneLine(
        Text.ToString(TextSpan.FromBounds(Shown.Start, Change.Span.Start)) + Change.NewText + Text.ToString(TextSpan.FromBounds(Change.Span.End, Shown.End)));

    /// <summary>What a comment calls it that says why nothing changes.</summary>
    public string Words => After is "" or ";" ? $"Same without '{Before.TrimEnd(',')}':" : $"Same with '{After}':";

    /// <summary>The file with the edit.</summary>
    public SyntaxTree Edited => Tree.WithChangedText(Text.WithChanges(Change));

    /// <summary>Whether a comment in its line, or right above that, gives the reason why the edit changes nothing.</summary>
    public bool IsExcused
    {
        get
        {
            var own = Text.Lines[Line - 1].ToString();
            var above = Enumerable.Range(2, Math.Max(0, Line - 1)).Select(back => Line - back).TakeWhile(index => index >= 0)
                .Select(index => Text.Lines[index].ToString().Trim()).TakeWhile(line => line.StartsWith("//", StringComparison.Ordinal)).Reverse();
            return OneLine(string.Join(' ', above.Select(line => line[2..]).Append(own))).Contains(Words, StringComparison.Ordinal);
        }
    }

    private static string OneLine(string text) => string.Join(' ', text.Split((char[]?)null, StringSplitOptions.RemoveEmptyEntries));
}
