namespace DisBack.Specs.Backtracking;

/// <summary>Variational score distillation: what is pushed into an image is eps_target - eps_fake, that is (D_fake - D_target) / sigma.</summary>
public sealed record VsdSettings : ScoreMatchingSettings;
