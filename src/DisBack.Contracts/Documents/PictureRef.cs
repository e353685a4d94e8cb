namespace DisBack.Contracts.Documents;

/// <summary>A picture that a drawing has made.</summary>
/// <param name="Content">The PNG, which says in its texts what it was drawn from.</param>
/// <param name="Prompt">What it shows, an index of the request's prompts.</param>
/// <param name="Seed">The seed of its noise, which draws it again alone.</param>
[GenerateSerializer, Immutable, Alias("disback.PictureRef.v1")]
public sealed record PictureRef([property: Id(0)] ContentRef Content, [property: Id(1)] int Prompt, [property: Id(2)] long Seed);
