namespace DisBack.Storage.Collection;

/// <summary>What becomes of one content, and why.</summary>
/// <param name="Content">The content.</param>
/// <param name="Age">How long ago it was stored, or stored again.</param>
/// <param name="Fate">What becomes of it.</param>
/// <param name="Document">The first document that refers to it, for people: <c>trial smoke-01234567/0000</c>; null if none does.</param>
/// <param name="Documents">How many documents refer to it.</param>
public sealed record ContentVerdict(ContentRef Content, TimeSpan Age, ContentFate Fate, string? Document, int Documents);
