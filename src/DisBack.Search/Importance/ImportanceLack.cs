namespace DisBack.Search.Importance;

/// <summary>Why nothing can be told of an axis.</summary>
public enum ImportanceLack
{
    /// <summary>It can.</summary>
    Nothing,

    /// <summary>There are fewer trials than <see cref="OneWayAnalysis.FewestTrials"/>.</summary>
    FewTrials,

    /// <summary>All trials have one value of the axis.</summary>
    OneGroup,

    /// <summary>A value of the axis has fewer trials than <see cref="OneWayAnalysis.FewestPerGroup"/>.</summary>
    SmallGroup,

    /// <summary>All trials have one result.</summary>
    NoVariance,
}
