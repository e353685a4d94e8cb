namespace DisBack.Specs.Backtracking;

/// <summary>Diff-Instruct: what is pushed into an image is D_fake - D_target.</summary>
public sealed record DiffInstructSettings : ScoreMatchingSettings;
