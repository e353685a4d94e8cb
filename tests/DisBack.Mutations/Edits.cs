using Microsoft.CodeAnalysis;
using Microsoft.CodeAnalysis.CSharp;
using Microsoft.CodeAnalysis.CSharp.Syntax;
using Microsoft.CodeAnalysis.Text;

namespace DisBack.Mutations;

/// <summary>The small mistakes that a file might have. Some do not compile, which the compiler finds out.</summary>
internal static class Edits
{
    private static readonly Dictionary<SyntaxKind, string> s_operators = new()
    {
        [SyntaxKind.LessThanToken] = "<=",
        [SyntaxKind.LessThanEqualsToken] = "<",
        [SyntaxKind.GreaterThanToken] = ">=",
        [SyntaxKind.GreaterThanEqualsToken] = ">",
        [SyntaxKind.EqualsEqualsToken] = "!=",
        [SyntaxKind.ExclamationEqualsToken] = "==",
        [SyntaxKind.PlusToken] = "-",
        [SyntaxKind.MinusToken] = "+",
        [SyntaxKind.AsteriskToken] = "/",
        [SyntaxKind.SlashToken] = "*",
        [SyntaxKind.PercentToken] = "*",
        [SyntaxKind.AmpersandAmpersandToken] = "||",
        [SyntaxKind.BarBarToken] = "&&",
        [SyntaxKind.PlusEqualsToken] = "-=",
        [SyntaxKind.MinusEqualsToken] = "+=",
        [SyntaxKind.AsteriskEqualsToken] = "/=",
        [SyntaxKind.SlashEqualsToken] = "*=",
        [SyntaxKind.PlusPlusToken] = "--",
        [SyntaxKind.MinusMinusToken] = "++",
    };

    private static readonly Dictionary<string, string> s_methods = new()
    {
        ["Max"] = "Min", ["Min"] = "Max", ["Any"] = "All", ["All"] = "Any", ["First"] = "Last", ["Last"] = "First",
    };

    /// <summary>Calls that give back what they are called on in another form.</summary>
    private static readonly HashSet<string> s_forms = ["ConfigureAwait", "AsEnumerable", "ToList", "ToArray", "ToImmutableArray"];

    private static readonly string[] s_disposals = [".Dispose();", ".DisposeAsync();"];

    /// <summary>Those of a file in the order of its text.</summary>
    public static IEnumerable<Edit> Of(SyntaxTree tree) =>
        // What an exception says is no behaviour, and attributes speak to the compiler.
        tree.GetRoot().DescendantNodes(node => node is not (AttributeListSyntax or ThrowStatementSyntax or ThrowExpressionSyntax))
            .SelectMany(node => Of(node).Select(change => new Edit(tree, change, IsListed(change, node) ? change.Span : node.Span)))
            .DistinctBy(edit => edit.Change)
            .OrderBy(edit => edit.Change.Span.Start);

    private static IEnumerable<TextChange> Of(SyntaxNode node)
    {
        var isCondition = node is ExpressionSyntax && node.Parent switch
        {
            IfStatementSyntax parent => parent.Condition == node,
            ConditionalExpressionSyntax parent => parent.Condition == node,
            WhenClauseSyntax => true,
            _ => false,
        };
        var isOfLoop = node is ExpressionSyntax && node.Parent switch
        {
            WhileStatementSyntax parent => parent.Condition == node,
            DoStatementSyntax parent => parent.Condition == node,
            ForStatementSyntax parent => parent.Condition == node,
            _ => false,
        };
        // One that always holds is a loop without end.
        string[] wholes = isCondition ? ["true", "false"] : isOfLoop && !node.IsKind(SyntaxKind.TrueLiteralExpression) ? ["false"] : [];
        return wholes.Select(whole => new TextChange(node.Span, whole)).Concat(node switch
        {
            // Never or always is more than the contrary.
            _ when isCondition && node.Kind() is SyntaxKind.LogicalNotExpression or SyntaxKind.IsPatternExpression or SyntaxKind.EqualsExpression or
                SyntaxKind.NotEqualsExpression => [],
            BinaryExpressionSyntax either when node.IsKind(SyntaxKind.CoalesceExpression) => [With(node, $"({either.Left})"), With(node, $"({either.Right})")],
            BinaryExpressionSyntax both => Other(both.OperatorToken),
            AssignmentExpressionSyntax change => Other(change.OperatorToken),
            PostfixUnaryExpressionSyntax change => Other(change.OperatorToken),
            PrefixUnaryExpressionSyntax { OperatorToken.Text.Length: 1 } change => [new(change.OperatorToken.Span, "")],
            PrefixUnaryExpressionSyntax change => Other(change.OperatorToken),
            LiteralExpressionSyntax when node.IsKind(SyntaxKind.TrueLiteralExpression) => [With(node, "false")],
            LiteralExpressionSyntax when node.IsKind(SyntaxKind.FalseLiteralExpression) => [With(node, "true")],
            // A shifted number is a size that somebody chose: one more or less changes no behaviour.
            LiteralExpressionSyntax when node.Parent.IsKind(SyntaxKind.LeftShiftExpression) => [],
            LiteralExpressionSyntax when node.IsKind(SyntaxKind.NumericLiteralExpression) => [With(node, $"({node} + 1)")],
            InvocationExpressionSyntax { Expression: MemberAccessExpressionSyntax called } when !s_forms.Contains(called.Name.Identifier.Text) =>
                s_methods.TryGetValue(called.Name.Identifier.Text, out var other)
                    ? [new(called.Name.Identifier.Span, other), With(node, called.Expression.ToString())]
                    : [With(node, called.Expression.ToString())],
            // The collector does it later; leaks have tests of their own.
            ExpressionStatementSyntax statement when s_disposals.Any(call => statement.ToString().EndsWith(call, StringComparison.Ordinal)) => [],
            ExpressionStatementSyntax or ThrowStatementSyntax or BreakStatementSyntax or ContinueStatementSyntax => [With(node, ";")],
            ReturnStatementSyntax { Expression: null } => [With(node, ";")],
            ReturnStatementSyntax { Expression: { } answer and not LiteralExpressionSyntax } => [With(answer, "default!")],
            ArrowExpressionClauseSyntax { Expression: { } answer and not LiteralExpressionSyntax } => [With(answer, "default!")],
            IsPatternExpressionSyntax { Pattern: not UnaryPatternSyntax } test => [With(test.Pattern, $"not ({test.Pattern})")],
            UnaryPatternSyntax not => [With(node, $"({not.Pattern})")],
            BinaryPatternSyntax both => [With(node, both.Left.ToString()), With(node, both.Right.ToString())],
            RelationalPatternSyntax relation => Other(relation.OperatorToken),
            SubpatternSyntax { Pattern: not (VarPatternSyntax or DiscardPatternSyntax) } part => [With(part.Pattern, "_")],
            InitializerExpressionSyntax { Parent: WithExpressionSyntax or BaseObjectCreationExpressionSyntax } values => Without(values.Expressions),
            CollectionExpressionSyntax items => Without(items.Elements),
            // Without its last arm a switch throws all the same.
            SwitchExpressionSyntax choice => Without(choice.Arms).SkipLast(choice.Arms[^1].Expression is ThrowExpressionSyntax ? 1 : 0),
            _ => [],
        });
    }

    private static TextChange With(SyntaxNode node, string text) => new(node.Span, text);

    private static IEnumerable<TextChange> Other(SyntaxToken token) => s_operators.TryGetValue(token.Kind(), out var other) ? [new(token.Span, other)] : [];

    /// <summary>Each item left out, with the comma that follows it.</summary>
    private static IEnumerable<TextChange> Without<T>(SeparatedSyntaxList<T> items)
        where T : SyntaxNode =>
        items.Select((item, index) => new TextChange(
            index < items.SeparatorCount ? TextSpan.FromBounds(item.SpanStart, items.GetSeparator(index).Span.End) : item.Span, ""));

    private static bool IsListed(TextChange change, SyntaxNode node) =>
        change.NewText == "" && node is InitializerExpressionSyntax or CollectionExpressionSyntax or SwitchExpressionSyntax;
}
