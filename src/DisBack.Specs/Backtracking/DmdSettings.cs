namespace DisBack.Specs.Backtracking;

/// <summary>DMD's normalised distribution matching: what is pushed into an image is (D_fake - D_target) over the mean |x0 - D_target| of the sample.</summary>
public sealed record DmdSettings : ScoreMatchingSettings;
