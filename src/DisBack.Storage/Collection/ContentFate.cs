namespace DisBack.Storage.Collection;

/// <summary>What a collection of garbage makes of a content.</summary>
public enum ContentFate
{
    /// <summary>Kept: documents refer to it.</summary>
    Referred,

    /// <summary>Kept: nothing refers to it, but it is so young that somebody may be about to.</summary>
    Young,

    /// <summary>Removed: nothing refers to it.</summary>
    Unreferenced,
}
