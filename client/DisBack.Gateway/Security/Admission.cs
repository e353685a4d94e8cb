namespace DisBack.Gateway.Security;

/// <summary>Who is let in.</summary>
internal enum Admission
{
    /// <summary>Whoever has a token of the tokens file.</summary>
    Tokens,

    /// <summary>Every process of this machine, as an operator; pages in its browsers are not.</summary>
    ThisMachine,
}
