using System.Globalization;
using Superpower;
using Superpower.Model;
using Superpower.Parsers;
using Superpower.Tokenizers;

namespace DisBack.ReadModel.Filters;

/// <summary>
/// Reads filters: comparisons of columns with values, <c>in (...)</c>, <c>like</c>, <c>is null</c>, and <c>not</c>, <c>and</c>, <c>or</c> with parentheses.
/// </summary>
internal static class FilterParser
{
    /// <summary>Longer than anybody writes, and short enough that a parser which calls itself stays shallow.</summary>
    private const int Longest = 4096;

    private const int Deepest = 64;

    private static readonly TextParser<Unit> s_number =
        from sign in Character.In('+', '-').OptionalOrDefault()
        from whole in Character.Digit.Many()
        from fraction in Character.EqualTo('.').IgnoreThen(Character.Digit.Many()).OptionalOrDefault([])
        where whole.Length + fraction.Length > 0
        from exponent in Span.EqualToIgnoreCase("e").IgnoreThen(Character.In('+', '-').Optional()).IgnoreThen(Character.Digit.AtLeastOnce())
            .Try().OptionalOrDefault([])
        select Unit.Value;

    private static readonly TextParser<Unit> s_name =
        from first in Character.Letter.Or(Character.EqualTo('_'))
        from rest in Character.LetterOrDigit.Or(Character.In('_', '.', '/', '-')).IgnoreMany()
        select Unit.Value;

    private static readonly TextParser<Unit> s_text =
        from open in Character.EqualTo('\'')
        from inside in Span.EqualTo("''").Value(Unit.Value).Try().Or(Character.Except('\'').Value(Unit.Value)).IgnoreMany()
        from close in Character.EqualTo('\'')
        select Unit.Value;

    private static readonly Tokenizer<FilterToken> s_tokens = new TokenizerBuilder<FilterToken>()
        .Ignore(Span.WhiteSpace)
        .Match(s_text, FilterToken.Text)
        .Match(s_number.IgnoreThen(Character.In('s', 'm', 'h', 'd')), FilterToken.Duration, requireDelimiters: true)
        .Match(s_number, FilterToken.Number, requireDelimiters: true)
        .Match(Span.EqualTo("!=").Or(Span.EqualTo("<>")).Try().Or(Span.EqualTo("<=").Try()).Or(Span.EqualTo(">=").Try())
            .Or(Span.EqualTo("=")).Or(Span.EqualTo("<")).Or(Span.EqualTo(">")), FilterToken.Comparison)
        .Match(Character.EqualTo('('), FilterToken.Open)
        .Match(Character.EqualTo(')'), FilterToken.Close)
        .Match(Character.EqualTo(','), FilterToken.Comma)
        .Match(Span.EqualToIgnoreCase("and"), FilterToken.And, requireDelimiters: true)
        .Match(Span.EqualToIgnoreCase("or"), FilterToken.Or, requireDelimiters: true)
        .Match(Span.EqualToIgnoreCase("not"), FilterToken.Not, requireDelimiters: true)
        .Match(Span.EqualToIgnoreCase("in"), FilterToken.In, requireDelimiters: true)
        .Match(Span.EqualToIgnoreCase("is"), FilterToken.Is, requireDelimiters: true)
        .Match(Span.EqualToIgnoreCase("null"), FilterToken.Null, requireDelimiters: true)
        .Match(Span.EqualToIgnoreCase("like"), FilterToken.Like, requireDelimiters: true)
        .Match(Span.EqualToIgnoreCase("true"), FilterToken.True, requireDelimiters: true)
        .Match(Span.EqualToIgnoreCase("false"), FilterToken.False, requireDelimiters: true)
        .Match(s_name, FilterToken.Name, requireDelimiters: true)
        .Build();

    private static readonly TokenListParser<FilterToken, ColumnName> s_column =
        Token.EqualTo(FilterToken.Name).Select(name => new ColumnName(name.ToStringValue(), PositionOf(name))).Named("the name of a column");

    private static readonly TokenListParser<FilterToken, Literal> s_literal =
        Token.EqualTo(FilterToken.Text).Select(TextOf)
            .Or(Token.EqualTo(FilterToken.Number).Select(NumberOf))
            .Or(Token.EqualTo(FilterToken.Duration).Select(DurationOf))
            .Or(Token.EqualTo(FilterToken.True).Select(word => (Literal)new Literal.Truth(true, PositionOf(word))))
            .Or(Token.EqualTo(FilterToken.False).Select(word => (Literal)new Literal.Truth(false, PositionOf(word))))
            .Named("a value");

    private static readonly TokenListParser<FilterToken, Func<ColumnName, Condition>> s_test =
        (from comparison in Token.EqualTo(FilterToken.Comparison)
         from value in s_literal
         select (Func<ColumnName, Condition>)(column => new Condition.Comparison(column, ComparatorOf(comparison.ToStringValue()), value)))
        .Or(from word in Token.EqualTo(FilterToken.Is)
            from not in Token.EqualTo(FilterToken.Not).OptionalOrDefault()
            from absent in Token.EqualTo(FilterToken.Null)
            select (Func<ColumnName, Condition>)(column => Negated(not, new Condition.IsAbsent(column))))
        .Or(from not in Token.EqualTo(FilterToken.Not).OptionalOrDefault()
            from test in
                (from word in Token.EqualTo(FilterToken.Like)
                 from value in s_literal
                 select (Func<ColumnName, Condition>)(column => new Condition.Comparison(column, Comparator.Like, value)))
                .Or(from word in Token.EqualTo(FilterToken.In)
                    from open in Token.EqualTo(FilterToken.Open)
                    from values in s_literal.AtLeastOnceDelimitedBy(Token.EqualTo(FilterToken.Comma))
                    from close in Token.EqualTo(FilterToken.Close)
                    select (Func<ColumnName, Condition>)(column => new Condition.OneOf(column, values)))
            select (Func<ColumnName, Condition>)(column => Negated(not, test(column))))
        .Named("a comparison");

    private static readonly TokenListParser<FilterToken, Condition> s_operand =
        (from open in Token.EqualTo(FilterToken.Open)
         from inner in Parse.Ref(() => s_condition!)
         from close in Token.EqualTo(FilterToken.Close)
         select inner)
        .Or(from not in Token.EqualTo(FilterToken.Not)
            from inner in Parse.Ref(() => s_operand!)
            select (Condition)new Condition.Not(inner))
        .Or(from column in s_column
            from test in s_test
            select test(column));

    private static readonly TokenListParser<FilterToken, Condition> s_conjunction =
        Parse.Chain(Token.EqualTo(FilterToken.And), s_operand, (_, left, right) => new Condition.And(left, right));

    private static readonly TokenListParser<FilterToken, Condition> s_condition =
        Parse.Chain(Token.EqualTo(FilterToken.Or), s_conjunction, (_, left, right) => new Condition.Or(left, right));

    /// <summary>The tree of a filter.</summary>
    /// <exception cref="DisBackException">It is not one; the message says at which position.</exception>
    public static Condition Read(string filter)
    {
        if (filter.Length > Longest)
        {
            throw new DisBackException($"The filter has {filter.Length} characters; at most {Longest} are read.");
        }
        var words = s_tokens.TryTokenize(filter);
        if (!words.HasValue)
        {
            // What the tokenizer has to say is of its own kinds of words.
            var rest = filter[words.ErrorPosition.Absolute..];
            throw Wrong(words.ErrorPosition, rest[0] is '"' or '\''
                ? "a text stands between single quotes, as in method = 'dmd2'"
                : $"'{rest.Split(' ')[0]}' is no column, value or comparison");
        }
        RefuseDepth(words.Value);
        var tree = s_condition.AtEnd().TryParse(words.Value);
        return tree.HasValue ? tree.Value : throw Wrong(tree.ErrorPosition, tree.FormatErrorMessageFragment());
    }

    private static void RefuseDepth(TokenList<FilterToken> words)
    {
        var (open, nots) = (0, 0);
        foreach (var word in words)
        {
            open += word.Kind switch { FilterToken.Open => 1, FilterToken.Close => -1, _ => 0 };
            nots = word.Kind == FilterToken.Not ? nots + 1 : 0;
            if (open > Deepest || nots > Deepest)
            {
                throw Wrong(word.Position, $"conditions are nested more than {Deepest} deep");
            }
        }
    }

    private static DisBackException Wrong(Position position, string what) =>
        new($"The filter is wrong at position {(position.Absolute + 1).ToString(CultureInfo.InvariantCulture)}: {what.TrimEnd('.')}.");

    private static int PositionOf(Token<FilterToken> word) => word.Position.Absolute + 1;

    private static Condition Negated(Token<FilterToken> not, Condition condition) => not.HasValue ? new Condition.Not(condition) : condition;

    private static Comparator ComparatorOf(string sign) => sign switch
    {
        "=" => Comparator.Equal,
        "<" => Comparator.Less,
        "<=" => Comparator.LessOrEqual,
        ">" => Comparator.Greater,
        ">=" => Comparator.GreaterOrEqual,
        _ => Comparator.NotEqual,
    };

    private static Literal TextOf(Token<FilterToken> word) =>
        new Literal.Text(word.ToStringValue()[1..^1].Replace("''", "'", StringComparison.Ordinal), PositionOf(word));

    private static Literal NumberOf(Token<FilterToken> word) =>
        new Literal.Number(double.Parse(word.ToStringValue(), NumberStyles.Float, CultureInfo.InvariantCulture), PositionOf(word));

    private static Literal DurationOf(Token<FilterToken> word)
    {
        var text = word.ToStringValue();
        var count = double.Parse(text[..^1], NumberStyles.Float, CultureInfo.InvariantCulture);
        var seconds = count * text[^1] switch { 's' => 1, 'm' => 60, 'h' => 3600, _ => 86400 };
        return Math.Abs(seconds) <= TimeSpan.FromDays(36500).TotalSeconds
            ? new Literal.Duration(TimeSpan.FromSeconds(seconds), PositionOf(word))
            : throw Wrong(word.Position, $"{text} is longer than a hundred years");
    }
}
