namespace DisBack.Contracts.Documents;

/// <summary>Metrics that the orchestration treats specially.</summary>
public static class MetricNames
{
    /// <summary>Fréchet distance of the student's samples to the reference; lower is better, and the best one is kept.</summary>
    public const string Fid = "fid";

    /// <summary>The part of the student's samples that the classifier of the features takes for the class that they were to show.</summary>
    public const string Accuracy = "accuracy";

    /// <summary>Whether the lowest value of a metric is worth remembering: every Fréchet distance, also those on fewer samples (<c>fid/...</c>).</summary>
    public static bool LowerIsBetter(string name) => name == Fid || name.StartsWith("fid/", StringComparison.Ordinal);
}
