namespace DisBack.Contracts.Documents;

/// <summary>Where documents lie: the Orleans service id, and for each kind the grain type, which is also its state name.</summary>
public static class DocumentNames
{
    /// <summary>The service id of every DisBack installation: the identity of its data.</summary>
    public const string Service = "disback";

    /// <summary>The storage provider that holds all documents.</summary>
    public const string Storage = "documents";

    /// <summary><see cref="SweepDocument"/>.</summary>
    public const string Sweep = "sweep";

    /// <summary><see cref="Documents.SweepPage"/>.</summary>
    public const string SweepPage = "sweep-page";

    /// <summary><see cref="TrialDocument"/>.</summary>
    public const string Trial = "trial";

    /// <summary><see cref="TeacherDocument"/>.</summary>
    public const string Teacher = "teacher";

    /// <summary><see cref="TrajectoryDocument"/>.</summary>
    public const string Trajectory = "trajectory";

    /// <summary><see cref="ModelDocument"/>.</summary>
    public const string Model = "model";

    /// <summary><see cref="DrawingDocument"/>.</summary>
    public const string Drawing = "drawing";
}
