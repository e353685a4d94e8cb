using DisBack.Contracts.Grains;

namespace DisBack.Gateway.Notifications;

/// <summary>What notifications are about; each name is that of a table.</summary>
internal enum Subject
{
    /// <summary>Trainings of students.</summary>
    Runs,

    /// <summary>Searches of many runs.</summary>
    Sweeps,

    /// <summary>Recordings.</summary>
    Trajectories,

    /// <summary>Trainings of teachers, and weights that were imported.</summary>
    Teachers,
}

/// <summary>The names of a <see cref="Subject"/>.</summary>
internal static class SubjectNames
{
    /// <summary>The table, which is also its part of an address of the dashboard.</summary>
    public static string Table(this Subject subject) => subject.ToString().ToLowerInvariant();

    /// <summary>What one of them is called in a notification.</summary>
    public static string Singular(this Subject subject) => subject switch
    {
        Subject.Runs => "run",
        Subject.Sweeps => "sweep",
        Subject.Trajectories => "trajectory",
        _ => "teacher",
    };

    /// <summary>What the table of events calls its runs; null of sweeps, which have no events.</summary>
    public static string? EventKind(this Subject subject) => subject switch
    {
        Subject.Runs => RunKinds.Of(RunKind.Backtracking).Label,
        Subject.Trajectories => RunKinds.Of(RunKind.Recording).Label,
        Subject.Teachers => RunKinds.Of(RunKind.Teacher).Label,
        _ => null,
    };
}
