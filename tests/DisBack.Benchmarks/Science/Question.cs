using System.ComponentModel.DataAnnotations;

namespace DisBack.Benchmarks.Science;

/// <summary>A question to the method: the same experiment in several settings, each with several arms that are compared from the same seeds.</summary>
internal sealed record Question
{
    /// <summary>Its name, the beginning of the names of its trials and of its files.</summary>
    public required string Name { get; init; }

    /// <summary>What is asked, for the report.</summary>
    public required string Title { get; init; }

    /// <summary>The teacher to train first, as the path of its YAML seen from this file; absent where the experiment's is shipped.</summary>
    public string? TrainTeacher { get; init; }

    /// <summary>The experiment, as the path of its YAML seen from this file.</summary>
    public required string Spec { get; init; }

    /// <summary>What all trials replace of it, as with <c>--set</c>.</summary>
    public IReadOnlyList<string> Set { get; init; } = [];

    /// <summary>FIDs whose first time is compared.</summary>
    [MinLength(1)]
    public required IReadOnlyList<double> Fids { get; init; }

    /// <summary>The settings.</summary>
    [MinLength(1)]
    public required IReadOnlyList<Variant> Settings { get; init; }

    /// <summary>The arms. The first one is what the others are compared with.</summary>
    [MinLength(1)]
    public required IReadOnlyList<Variant> Arms { get; init; }
}

/// <summary>A setting or an arm.</summary>
internal sealed record Variant
{
    /// <summary>Its name in tables and figures.</summary>
    public required string Name { get; init; }

    /// <summary>What it replaces of the experiment.</summary>
    public IReadOnlyList<string> Set { get; init; } = [];
}
