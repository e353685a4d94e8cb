namespace DisBack.Contracts.Grains;

/// <summary>What a slot is taken for; each kind has one kind of owner.</summary>
[GenerateSerializer, Alias("disback.RunKind.v1")]
public enum RunKind
{
    /// <summary>A teacher from a data set; owned by <see cref="ITeacherGrain"/>.</summary>
    Teacher,

    /// <summary>Stage 1, degradation recording; owned by <see cref="ITrajectoryGrain"/>.</summary>
    Recording,

    /// <summary>Stage 2, distribution backtracking; owned by <see cref="ITrialGrain"/>.</summary>
    Backtracking,

    /// <summary>
    /// Pictures of prompts, which take a slot as a run does and are none, so that <see cref="RunKinds"/> has no line for them; owned by
    /// <see cref="IDrawingGrain"/>.
    /// </summary>
    Drawing,
}
