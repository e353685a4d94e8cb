using Superpower.Display;

namespace DisBack.ReadModel.Filters;

/// <summary>The words of a filter, as messages name them.</summary>
internal enum FilterToken
{
    [Token(Description = "the name of a column")] Name,
    [Token(Description = "a text in single quotes")] Text,
    [Token(Description = "a number")] Number,
    [Token(Description = "a time such as 7d")] Duration,
    [Token(Description = "a comparison")] Comparison,
    [Token(Example = "(")] Open,
    [Token(Example = ")")] Close,
    [Token(Example = ",")] Comma,
    [Token(Example = "and")] And,
    [Token(Example = "or")] Or,
    [Token(Example = "not")] Not,
    [Token(Example = "in")] In,
    [Token(Example = "is")] Is,
    [Token(Example = "null")] Null,
    [Token(Example = "like")] Like,
    [Token(Example = "true")] True,
    [Token(Example = "false")] False,
}
