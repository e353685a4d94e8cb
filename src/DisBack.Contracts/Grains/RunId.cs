namespace DisBack.Contracts.Grains;

/// <summary>Which run: that of a trial, of a trajectory or of a teacher.</summary>
/// <param name="Kind">What it trains.</param>
/// <param name="Owner">The key of what owns it: trial id, trajectory key or teacher's name.</param>
public readonly record struct RunId(RunKind Kind, string Owner)
{
    /// <summary>The run of a trial.</summary>
    public static RunId Trial(string id) => new(RunKind.Backtracking, id);

    /// <summary>The run that records a trajectory.</summary>
    public static RunId Trajectory(string key) => new(RunKind.Recording, key);

    /// <summary>The run that trains a teacher.</summary>
    public static RunId Teacher(string name) => new(RunKind.Teacher, name);

    /// <summary>The name under which people know it.</summary>
    public override string ToString() => RunKinds.Of(Kind).Noun + Owner;
}
