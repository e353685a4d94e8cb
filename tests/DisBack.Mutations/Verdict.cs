namespace DisBack.Mutations;

/// <summary>What the tests say of an edit.</summary>
internal enum Verdict
{
    Passed,
    Failed,

    /// <summary>They hang, or the machine was busier than when they ran without an edit.</summary>
    OutOfTime,
}
