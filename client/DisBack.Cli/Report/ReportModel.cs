namespace DisBack.Cli.Report;

/// <summary>Everything a report shows, in the order in which it shows it. Empty lists leave their section out.</summary>
internal sealed record ReportModel
{
    public required string Title { get; init; }

    /// <summary>The status, for example <c>completed</c>.</summary>
    public required string Status { get; init; }

    /// <summary>One line under the title: what was distilled, how, and when.</summary>
    public string Summary { get; init; } = "";

    /// <summary>The few figures that answer whether it worked, shown large.</summary>
    public IReadOnlyList<ReportFigure> Headlines { get; init; } = [];

    /// <summary>All figures: FID at each point, steps, wall time, rates, machine.</summary>
    public IReadOnlyList<ReportFigure> Figures { get; init; } = [];

    public IReadOnlyList<ReportPicture> Pictures { get; init; } = [];

    public IReadOnlyList<ReportChart> Charts { get; init; } = [];

    /// <summary>What is missing in the charts because it could not be read: a sentence each.</summary>
    public IReadOnlyList<string> Damage { get; init; } = [];

    /// <summary>The trajectory, from the exact teacher to the most degraded network.</summary>
    public IReadOnlyList<ReportNode> Nodes { get; init; } = [];

    /// <summary>The command that repeats the run.</summary>
    public string Command { get; init; } = "";

    /// <summary>The spec as it ran, in YAML.</summary>
    public string Spec { get; init; } = "";

    /// <summary>Digests of what went in and what came out.</summary>
    public IReadOnlyList<ReportFigure> Digests { get; init; } = [];
}

/// <summary>A name and its value, ready to be read.</summary>
internal sealed record ReportFigure(string Name, string Value);

/// <summary>A PNG and what it shows.</summary>
internal sealed record ReportPicture(string Caption, byte[] Png);

/// <summary>Curves over one axis of steps.</summary>
/// <param name="Title">What is drawn.</param>
/// <param name="Curves">At least one; positive values that span more than a factor of twenty are drawn on a logarithmic axis.</param>
/// <param name="Marks">Steps at which the target was switched, drawn as dashed lines.</param>
/// <param name="Stepped">Whether values hold until the next point, as a target index does, instead of being joined.</param>
internal sealed record ReportChart(string Title, IReadOnlyList<ReportCurve> Curves, IReadOnlyList<long> Marks, bool Stepped = false);

/// <summary>Points in order of their steps; values that are not finite are left out.</summary>
/// <param name="Name">What the legend calls it.</param>
/// <param name="Points">The measurements.</param>
/// <param name="Joined">Whether a line between them means anything; two measurements at the ends of a run are no curve.</param>
internal sealed record ReportCurve(string Name, IReadOnlyList<(long Step, double Value)> Points, bool Joined = true);

/// <summary>A node of the trajectory.</summary>
/// <param name="Index">0 is the exact teacher.</param>
/// <param name="Step">The recording step after which it was kept.</param>
/// <param name="Loss">Recording loss at that step, if known.</param>
/// <param name="Bytes">Size of its file.</param>
/// <param name="Digest">SHA-256 of its file.</param>
internal sealed record ReportNode(int Index, long Step, double? Loss, long Bytes, string Digest);
