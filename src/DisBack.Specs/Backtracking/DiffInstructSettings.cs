using System.ComponentModel;

namespace DisBack.Specs.Backtracking;

/// <summary>Diff-Instruct: what is pushed into an image is D_fake - D_target, that is Eq. (8) with w = sigma^2.</summary>
[Description("Diff-Instruct: what is pushed into an image is D_fake - D_target.")]
public sealed record DiffInstructSettings : ScoreMatchingSettings;
