namespace DisBack.Gateway.Checks;

/// <summary>What a spec describes.</summary>
internal enum SpecKind
{
    /// <summary>One run.</summary>
    Experiment,

    /// <summary>Many, by its section <c>search</c>.</summary>
    Sweep,
}
